#include "sfv/core/work.h"
