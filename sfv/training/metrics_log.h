#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sfv/core/rgb_image.h"
#include "sfv/io/append_file.h"
#include "sfv/io/event_file.h"

namespace sfv::training {

/// One figure of a step. Names as TensorBoard groups them: "loss/generator", "accuracy/real/block0_spatial".
struct Metric {
  std::string name;
  double value = 0;

  [[nodiscard]] bool operator==(const Metric&) const = default;
};

/// What a run reports: RUN/metrics.jsonl, one JSON object a line, and, if wanted, the same in TensorBoard's
/// event file. Each call is handed to the system at once. Lines: {"step": 12, "time": 1700000000.25, "NAME":
/// VALUE, …}; a value that is not finite is null; notes are {"step": …, "time": …, "note": "text"}.
class MetricsLog {
 public:
  /// keep: the finished step that a run goes on from; what was reported of later steps is cut off both files.
  /// Empty: a new run, both files start anew. A last line that is not whole goes, too; any other line that is
  /// no such object is told to the log and left out. Errors: kNotFound, kPermission, kNoSpace, kIo.
  MetricsLog(const std::filesystem::path& run, std::optional<int64_t> keep, bool with_event_file);

  /// Errors of all: kInvalidArgument for a name that is empty, not UTF-8, "step", "time" or "note";
  /// kNoSpace, kIo.
  void write(int64_t step, std::span<const Metric> metrics);
  /// An alarm in words, for instance.
  void note(int64_t step, std::string_view text);
  /// To the event file alone; png: the file's bytes.
  void image(int64_t step, std::string_view name, int64_t width, int64_t height,
             std::span<const std::byte> png);
  /// Both survive a power cut from here on: before a checkpoint of this step is named.
  void sync();

 private:
  std::unique_ptr<io::AppendFile> file_;
  std::unique_ptr<io::EventFile> events_;
};

/// A line of metrics.jsonl.
struct MetricsLine {
  int64_t step = 0;
  double time = 0;              // seconds since 1970
  std::string note;             // empty for figures
  std::vector<Metric> metrics;  // not finite: NaN
};

/// Every whole line of a metrics file; broken ones are left out. Errors: kNotFound, kPermission, kIo.
[[nodiscard]] std::vector<MetricsLine> read_metrics(const std::filesystem::path& path);

/// One line without its end; nothing if it is none.
[[nodiscard]] std::optional<MetricsLine> parse_metrics_line(std::string_view line);

}  // namespace sfv::training
