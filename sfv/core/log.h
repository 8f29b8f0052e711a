#pragma once

#include <functional>
#include <string>

namespace sfv {

enum class LogLevel { kInfo, kWarning };

using LogSink = std::function<void(LogLevel, const std::string&)>;

/// Where the library's few messages go. The library itself never prints: without a sink they are dropped.
/// Thread-safe. Returns the sink that was set before.
LogSink set_log_sink(LogSink sink);

void log_info(const std::string& message);
void log_warning(const std::string& message);

}  // namespace sfv
