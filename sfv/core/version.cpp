#include "sfv/core/version.h"

namespace sfv {

std::string_view version() {
  return SFV_VERSION;
}

}  // namespace sfv
