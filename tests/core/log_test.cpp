#include "sfv/core/log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace sfv {
namespace {

using Message = std::pair<LogLevel, std::string>;

TEST(Log, GoesToTheSinkAndIsDroppedWithoutOne) {
  std::vector<Message> messages;
  LogSink before =
      set_log_sink([&](LogLevel level, const std::string& text) { messages.emplace_back(level, text); });
  log_info("one");
  log_warning("two");
  const LogSink mine = set_log_sink(nullptr);
  EXPECT_TRUE(mine);
  log_info("dropped");
  set_log_sink(std::move(before));
  EXPECT_EQ(messages, (std::vector<Message>{{LogLevel::kInfo, "one"}, {LogLevel::kWarning, "two"}}));
}

TEST(Log, ASinkMayLogAndReplaceItself) {
  int count = 0;
  LogSink before = set_log_sink([&](LogLevel, const std::string& text) {
    ++count;
    if (text == "outer") log_info("inner");
    if (text == "last") set_log_sink(nullptr);
  });
  log_info("outer");
  log_info("last");
  log_info("dropped");
  set_log_sink(std::move(before));
  EXPECT_EQ(count, 3);
}

TEST(Log, IsThreadSafe) {
  std::atomic<int> count = 0;
  LogSink before = set_log_sink([&](LogLevel, const std::string&) { ++count; });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int j = 0; j < 1000; ++j) log_info("x");
    });
  }
  for (std::thread& thread : threads) thread.join();
  set_log_sink(std::move(before));
  EXPECT_EQ(count, 4000);
}

}  // namespace
}  // namespace sfv
