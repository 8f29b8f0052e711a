#pragma once

#include <string>
#include <vector>

#include "sfv/core/progress.h"

namespace sfv::cli {

/// "0:07", "12:30", "1:02:03"; "?" for a negative time. Seconds are rounded up.
[[nodiscard]] std::string format_seconds(double seconds);
/// "212 GFLOP/s", "1.3 TFLOP/s"; empty for 0 (unknown).
[[nodiscard]] std::string format_rate(double operations_per_s);

/// The bar for a terminal of `columns` columns, never longer than columns - 1 and without line end. label:
/// what is being made, "[2/5] cat.jpg". details: figures beside, the most important first. On a narrow
/// terminal the rate goes first, then the bar, then the label; with details the bar, the label, then the last
/// of the details.
[[nodiscard]] std::string progress_bar(const ProgressUpdate& update, const std::string& label, int columns,
                                       const std::vector<std::string>& details = {});

/// The same as plain words, for logs.
[[nodiscard]] std::string progress_line(const ProgressUpdate& update, const std::string& label,
                                        const std::vector<std::string>& details = {});

}  // namespace sfv::cli
