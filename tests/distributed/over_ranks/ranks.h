#pragma once

#include "sfv/distributed/ranks.h"

namespace sfv::distributed::testing {

/// The ranks that run this test program together: every test is run by all of them, in step.
[[nodiscard]] Ranks& ranks();

}  // namespace sfv::distributed::testing
