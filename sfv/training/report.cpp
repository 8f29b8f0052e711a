#include "sfv/training/report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/io/atomic_file.h"
#include "sfv/io/chart_svg.h"
#include "sfv/io/html_page.h"
#include "sfv/io/mapped_file.h"
#include "sfv/training/checkpoint_folder.h"
#include "sfv/training/metrics_log.h"
#include "sfv/training/report_samples.h"
#include "sfv/training/run_folder.h"

namespace sfv::training {
namespace {

constexpr size_t kMaxTextBytes = size_t{1} << 20;
constexpr size_t kMaxNotes = 200;

bool has_file(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

/// A text file of the run; nothing if it is not there. Cut after kMaxTextBytes.
std::optional<std::string> read_text(const std::filesystem::path& path) {
  if (!has_file(path)) return std::nullopt;
  const io::MappedFile file(path);
  const auto bytes = file.bytes().first(std::min(file.bytes().size(), kMaxTextBytes));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

/// One chart for each first part of the names: "loss/generator" and "loss/r1" share "loss".
std::vector<std::pair<std::string, std::vector<io::Curve>>> group_curves(
    const std::vector<MetricsLine>& lines) {
  std::vector<std::pair<std::string, std::vector<io::Curve>>> charts;
  const auto find = [](auto& list, const std::string& name, auto key) {
    return std::find_if(list.begin(), list.end(), [&](const auto& item) { return key(item) == name; });
  };
  for (const MetricsLine& line : lines) {
    for (const Metric& metric : line.metrics) {
      const size_t slash = metric.name.find('/');
      const std::string title = metric.name.substr(0, slash);
      const std::string name = slash == std::string::npos ? metric.name : metric.name.substr(slash + 1);
      auto chart = find(charts, title, [](const auto& item) { return item.first; });
      if (chart == charts.end()) chart = charts.insert(charts.end(), {title, {}});
      auto curve = find(chart->second, name, [](const io::Curve& item) { return item.name; });
      if (curve == chart->second.end()) curve = chart->second.insert(chart->second.end(), {name, {}});
      curve->points.push_back({static_cast<double>(line.step), metric.value});
    }
  }
  return charts;
}

std::string charts_section(const std::vector<MetricsLine>& lines) {
  std::string charts;
  for (const auto& [title, curves] : group_curves(lines)) charts += io::chart_svg(title, curves);
  return charts.empty() ? "" : "<h2>Curves</h2>\n<div class=\"charts\">\n" + charts + "</div>\n";
}

std::string notes_section(const std::vector<MetricsLine>& lines) {
  std::vector<std::string> notes;
  for (const MetricsLine& line : lines) {
    if (line.note.empty()) continue;
    const bool is_alarm = line.note.starts_with("alarm: ");
    notes.push_back(concat(is_alarm ? "<li class=\"alarm\">" : "<li>", "<b>", line.step, "</b>",
                           io::html_text(line.note), "</li>\n"));
  }
  if (notes.empty()) return {};
  const size_t first = notes.size() - std::min(notes.size(), kMaxNotes);
  std::string out = concat("<h2>Notes</h2>\n<ol class=\"notes\">\n",
                           first > 0 ? concat("<li>", first, " older ones left out</li>\n") : "");
  for (size_t i = first; i < notes.size(); ++i) out += notes[i];
  return out + "</ol>\n";
}

std::string samples_section(const std::filesystem::path& run) {
  const std::string samples = report_samples(run);
  return samples.empty() ? "" : "<h2>Samples</h2>\n" + samples;
}

std::string text_section(const std::string& title, const std::optional<std::string>& text) {
  return text ? concat("<h2>", title, "</h2>\n<pre>", io::html_text(*text), "</pre>\n") : "";
}

std::string duration_text(double seconds) {
  std::array<char, 64> text{};
  const auto whole = static_cast<long long>(std::clamp(seconds, 0.0, 1e12));
  std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  return text.data();
}

std::string summary(const std::filesystem::path& run, const std::vector<MetricsLine>& lines) {
  std::string out;
  if (!lines.empty()) {
    int64_t step = 0;
    for (const MetricsLine& line : lines) step = std::max(step, line.step);
    out += concat("Step ", step);
    // Time between two lines of one sitting; the night between two sittings is no training time.
    constexpr double kLongestStep = 3600;
    double seconds = 0;
    for (size_t i = 1; i < lines.size(); ++i) {
      const double passed = lines[i].time - lines[i - 1].time;
      if (std::isfinite(passed) && passed > 0 && passed < kLongestStep) seconds += passed;
    }
    out += concat(" · ", duration_text(seconds), " of training");
  }
  const std::vector<Checkpoint> checkpoints = list_checkpoints(run);
  if (!checkpoints.empty())
    out += concat(out.empty() ? "" : " · ", "newest checkpoint ", checkpoints.back().step);
  return out;
}

}  // namespace

std::string make_report(const std::filesystem::path& run) {
  SFV_CHECK(has_file(run / kMetricsName) || has_file(run / kRecipeName), kNotFound, "[report] ", run.string(),
            ": expected a run folder with ", kMetricsName, " or ", kRecipeName);
  const std::vector<MetricsLine> lines =
      has_file(run / kMetricsName) ? read_metrics(run / kMetricsName) : std::vector<MetricsLine>();
  std::filesystem::path folder = std::filesystem::absolute(run).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  return io::html_page(folder.filename().string(), summary(run, lines),
                       concat(notes_section(lines), charts_section(lines), samples_section(run),
                              text_section("Recipe", read_text(run / kRecipeName)),
                              text_section("Environment", read_text(run / kEnvironmentName))));
}

std::filesystem::path write_report(const std::filesystem::path& run) {
  const std::string page = make_report(run);
  std::filesystem::path path = run / kReportName;
  io::AtomicFile file(path);
  file.write(page);
  file.commit();
  return path;
}

}  // namespace sfv::training
