// A test program of several processes: tests/distributed/run_ranks.py starts it by mpirun or as torchrun
// would.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <exception>
#include <memory>

#include "sfv/distributed/open_ranks.h"
#include "tests/distributed/over_ranks/ranks.h"

namespace sfv::distributed::testing {
namespace {

std::unique_ptr<Ranks> all;

}  // namespace

Ranks& ranks() {
  return *all;
}

}  // namespace sfv::distributed::testing

int main(int argc, char** argv) {
  using sfv::distributed::testing::all;
  ::testing::InitGoogleTest(&argc, argv);
  // One rank out of step would leave the others waiting: an unexpected exception ends all.
  GTEST_FLAG_SET(catch_exceptions, false);
  at::set_num_threads(1);
  try {
    all = sfv::distributed::open_ranks();
    if (all->size() < 2) {
      std::fprintf(stderr, "expected several ranks; start this by tests/distributed/run_ranks.py\n");
      return 1;
    }
    std::printf("rank %d of %d, by %s\n", static_cast<int>(all->rank()), static_cast<int>(all->size()),
                all->backend().c_str());
    const int failed = RUN_ALL_TESTS();
    all.reset();
    return failed;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "unexpected: %s\n", error.what());
    std::fflush(stderr);
    if (all) all->end_all(1);
    return 1;
  }
}
