#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sfv/core/trace_recorder.h"

namespace sfv::io {

/// The spans in Chrome's trace format ("X" events, times in microseconds, args.gflop the counted work), which
/// chrome://tracing and ui.perfetto.dev open. process: its name there.
[[nodiscard]] std::string chrome_trace(const std::vector<RecordedSpan>& spans, const std::string& process);

/// The same as a file, whole or not at all. Errors: those of AtomicFile.
void write_chrome_trace(const std::vector<RecordedSpan>& spans, const std::string& process,
                        const std::filesystem::path& path);

}  // namespace sfv::io
