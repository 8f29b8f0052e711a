#include "sfv/training/metrics_log.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/core/log.h"
#include "sfv/io/atomic_file.h"
#include "sfv/io/json_reader.h"
#include "sfv/io/mapped_file.h"
#include "sfv/io/toml_config.h"
#include "sfv/io/utf8.h"
#include "sfv/training/run_folder.h"

namespace sfv::training {
namespace {

constexpr size_t kMaxLineBytes = size_t{1} << 20;

double system_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string time_text() {
  // Milliseconds: more digits say nothing about a training step.
  return io::number_text(std::round(system_time() * 1000) / 1000);
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Calls use(line) for every line that ends, without its end; returns what follows the last.
template <typename Use>
std::string_view for_each_line(std::string_view text, Use use) {
  for (size_t end = 0; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
    use(text.substr(0, end));
  }
  return text;
}

/// Writes the lines up to step `keep` in place of the file. Returns its new size.
uint64_t cut_back(const std::filesystem::path& path, int64_t keep) {
  const io::MappedFile old(path);
  io::AtomicFile file(path);
  std::string kept;
  size_t broken = 0;
  for_each_line(text_of(old.bytes()), [&](std::string_view line) {
    const auto parsed = parse_metrics_line(line);
    if (!parsed) ++broken;
    if (parsed && parsed->step <= keep) kept.append(line).append("\n");
  });
  if (broken > 0) log_warning(concat("[metrics] ", path.string(), ": left out ", broken, " broken lines"));
  file.write(kept);
  file.commit();
  return kept.size();
}

void read_number(io::JsonReader& reader, double& value) {
  if (reader.peek() == io::JsonReader::Kind::kNull) {
    reader.read_null();
    value = std::numeric_limits<double>::quiet_NaN();
    return;
  }
  const std::string_view digits = reader.read_number();
  value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
}

}  // namespace

MetricsLog::MetricsLog(const std::filesystem::path& run, std::optional<int64_t> keep, bool with_event_file) {
  const std::filesystem::path path = run / kMetricsName;
  std::error_code ignored;
  const uint64_t size = keep && std::filesystem::exists(path, ignored) ? cut_back(path, *keep) : 0;
  file_ = std::make_unique<io::AppendFile>(path, size);
  if (with_event_file) events_ = std::make_unique<io::EventFile>(run / kEventFileName, keep);
}

void MetricsLog::write(int64_t step, std::span<const Metric> metrics) {
  std::string line = concat("{\"step\": ", step, ", \"time\": ", time_text());
  for (const Metric& metric : metrics) {
    const bool is_free = metric.name != "step" && metric.name != "time" && metric.name != "note";
    SFV_CHECK(is_free && !metric.name.empty() && io::find_invalid_utf8(metric.name) == metric.name.size(),
              kInvalidArgument, "[metrics] expected a name in UTF-8 other than step, time and note, found ",
              io::printable(metric.name));
    line += ", ";
    io::append_json_string(line, metric.name);
    line += ": " + (std::isfinite(metric.value) ? io::number_text(metric.value) : std::string("null"));
  }
  file_->append(line + "}\n");
  if (events_ == nullptr) return;
  for (const Metric& metric : metrics) events_->scalar(metric.name, step, metric.value);
}

void MetricsLog::note(int64_t step, std::string_view text) {
  SFV_CHECK(io::find_invalid_utf8(text) == text.size(), kInvalidArgument,
            "[metrics] expected a note in UTF-8");
  std::string line = concat("{\"step\": ", step, ", \"time\": ", time_text(), ", \"note\": ");
  io::append_json_string(line, text);
  file_->append(line + "}\n");
  if (events_ != nullptr) events_->text("notes", step, text);
}

void MetricsLog::image(int64_t step, std::string_view name, int64_t width, int64_t height,
                       std::span<const std::byte> png) {
  if (events_ != nullptr) events_->image(name, step, width, height, png);
}

void MetricsLog::sync() {
  file_->sync();
  if (events_ != nullptr) events_->sync();
}

std::optional<MetricsLine> parse_metrics_line(std::string_view line) {
  if (line.size() > kMaxLineBytes || io::find_invalid_utf8(line) != line.size()) return std::nullopt;
  try {
    io::JsonReader reader(line, {.where = "[metrics]", .reason = "metrics", .max_depth = 1});
    MetricsLine result;
    bool has_step = false;
    std::string key;
    reader.begin_object();
    while (reader.next_key(key)) {
      if (key == "note") {
        result.note = reader.read_string();
      } else if (key == "step") {
        const std::string_view digits = reader.read_number();
        const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), result.step);
        has_step = parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
      } else if (key == "time") {
        read_number(reader, result.time);
      } else {
        result.metrics.push_back({key, 0});
        read_number(reader, result.metrics.back().value);
      }
    }
    reader.finish();
    return has_step ? std::optional(std::move(result)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::vector<MetricsLine> read_metrics(const std::filesystem::path& path) {
  const io::MappedFile file(path);
  std::vector<MetricsLine> lines;
  for_each_line(text_of(file.bytes()), [&](std::string_view line) {
    if (auto parsed = parse_metrics_line(line)) lines.push_back(*std::move(parsed));
  });
  return lines;
}

}  // namespace sfv::training
