#include "sfv/core/cancel.h"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "tests/error_of.h"

namespace sfv {
namespace {

CancelToken signalled;

TEST(CancelToken, ThrowsOnlyOnceCancelled) {
  CancelToken token;
  token.throw_if_cancelled();
  EXPECT_FALSE(token.is_cancelled());
  EXPECT_EQ(token.reason(), 0);
  token.cancel();
  EXPECT_TRUE(token.is_cancelled());
  EXPECT_EQ(token.reason(), 0);
  EXPECT_EQ(error_of([&] { token.throw_if_cancelled(); }).code(), ErrorCode::kCancelled);
}

TEST(CancelToken, TellsTheReason) {
  CancelToken token;
  token.cancel(SIGTERM);
  EXPECT_EQ(token.reason(), SIGTERM);
}

TEST(CancelToken, IsSetFromASignalHandler) {
  const auto before = std::signal(SIGUSR1, [](int number) { signalled.cancel(number); });
  std::raise(SIGUSR1);
  std::signal(SIGUSR1, before);
  EXPECT_EQ(signalled.reason(), SIGUSR1);
}

TEST(CancelToken, IsSeenByOtherThreads) {
  CancelToken token;
  std::thread worker([&] {
    while (!token.is_cancelled()) std::this_thread::yield();
  });
  token.cancel();
  worker.join();
  EXPECT_TRUE(token.is_cancelled());
}

}  // namespace
}  // namespace sfv
