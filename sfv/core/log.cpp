#include "sfv/core/log.h"

#include <mutex>
#include <utility>

namespace sfv {
namespace {

std::mutex& sink_mutex() {
  static std::mutex mutex;
  return mutex;
}

LogSink& sink() {
  static LogSink current;
  return current;
}

void log(LogLevel level, const std::string& message) {
  LogSink copy;
  {
    const std::lock_guard lock(sink_mutex());
    copy = sink();
  }
  if (copy) copy(level, message);
}

}  // namespace

LogSink set_log_sink(LogSink next) {
  const std::lock_guard lock(sink_mutex());
  return std::exchange(sink(), std::move(next));
}

void log_info(const std::string& message) {
  log(LogLevel::kInfo, message);
}
void log_warning(const std::string& message) {
  log(LogLevel::kWarning, message);
}

}  // namespace sfv
