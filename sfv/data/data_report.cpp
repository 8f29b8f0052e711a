// A data report as text and as JSON.
#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "sfv/core/check.h"
#include "sfv/data/data_check.h"
#include "sfv/io/json_reader.h"

namespace sfv::data {
namespace {

constexpr int64_t kBarWidth = 40;
constexpr int64_t kBucketsPerBar = 32;

/// Up to three decimals, no zeros at the end, always with a point.
std::string number(double value) {
  if (!std::isfinite(value)) return "0";
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << std::fixed << std::setprecision(3) << value;
  std::string text = out.str();
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::vector<const CheckedItem*> usable_items(const DataReport& report) {
  std::vector<const CheckedItem*> usable;
  for (const CheckedItem& item : report.items) {
    if (item.reason.empty()) usable.push_back(&item);
  }
  return usable;
}

/// "1920x1080 (6), 640x360 (4)": the most frequent first.
template <typename Key>
std::string tally(const std::vector<const CheckedItem*>& items, const Key& key) {
  std::map<std::string, int64_t> counts;
  for (const CheckedItem* item : items) ++counts[key(*item)];
  std::vector<std::pair<std::string, int64_t>> sorted(counts.begin(), counts.end());
  std::ranges::sort(sorted, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  constexpr size_t kMost = 8;
  std::string text;
  int64_t others = 0;
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i >= kMost) {
      others += sorted[i].second;
    } else {
      text += concat(text.empty() ? "" : ", ", sorted[i].first, " (", sorted[i].second, ")");
    }
  }
  if (others > 0) text += concat(", others (", others, ")");
  return text;
}

using Histogram = std::array<int64_t, 256 / kBucketsPerBar>;

Histogram motion_histogram(const std::vector<const CheckedItem*>& items) {
  Histogram histogram{};
  for (const CheckedItem* item : items)
    ++histogram[static_cast<size_t>(std::clamp<int64_t>(item->motion, 0, 255) / kBucketsPerBar)];
  return histogram;
}

std::string histogram_text(const Histogram& histogram) {
  const int64_t most = std::max<int64_t>(*std::max_element(histogram.begin(), histogram.end()), 1);
  std::ostringstream out;
  for (size_t i = 0; i < histogram.size(); ++i) {
    const int64_t low = static_cast<int64_t>(i) * kBucketsPerBar;
    const int64_t bar = (histogram[i] * kBarWidth + most - 1) / most;
    out << "  " << std::setw(3) << low << "-" << std::setw(3) << low + kBucketsPerBar - 1 << " "
        << std::string(static_cast<size_t>(bar), '#') << (bar > 0 ? " " : "") << histogram[i] << "\n";
  }
  return out.str();
}

double total_duration(const std::vector<const CheckedItem*>& items) {
  double total = 0;
  for (const CheckedItem* item : items) total += item->duration;
  return total;
}

int64_t total_starts(const std::vector<const CheckedItem*>& items) {
  int64_t total = 0;
  for (const CheckedItem* item : items) total += item->starts;
  return total;
}

std::string usable_text(const DataReport& report, const std::vector<const CheckedItem*>& usable) {
  std::vector<double> durations;
  for (const CheckedItem* item : usable) durations.push_back(item->duration);
  std::sort(durations.begin(), durations.end());
  std::ostringstream out;
  out << "sizes: "
      << tally(usable, [](const CheckedItem& item) { return concat(item.width, "x", item.height); })
      << "\nframes per second: " << tally(usable, [](const CheckedItem& item) { return number(item.fps); })
      << "\ndurations: " << number(total_duration(usable)) << " s in all, shortest "
      << number(durations.front()) << " s, median " << number(durations[durations.size() / 2])
      << " s, longest " << number(durations.back()) << " s\nstarts: a clip of " << report.timing.frames
      << " frames at " << number(report.timing.fps) << " per second can start at " << total_starts(usable)
      << " frames\nmotion (bucket: items):\n"
      << histogram_text(motion_histogram(usable));
  return out.str();
}

std::string quoted(const std::string& text) {
  std::string out;
  io::append_json_string(out, text);
  return out;
}

std::string item_json(const CheckedItem& item) {
  std::string json =
      concat("    {\"path\": ", quoted(item.name), ", \"usable\": ", item.reason.empty() ? "true" : "false");
  if (!item.reason.empty()) return json + concat(", \"reason\": ", quoted(item.reason), "}");
  return json + concat(", \"cut\": ", item.is_cut ? "true" : "false", ", \"width\": ", item.width,
                       ", \"height\": ", item.height, ", \"fps\": ", number(item.fps),
                       ", \"duration\": ", number(item.duration), ", \"starts\": ", item.starts,
                       ", \"motion\": ", item.motion, "}");
}

}  // namespace

std::string to_text(const DataReport& report) {
  const std::vector<const CheckedItem*> usable = usable_items(report);
  const size_t broken = report.items.size() - usable.size();
  std::string text =
      concat("items: ", report.items.size(), ", usable ", usable.size(), ", broken ", broken, "\n");
  if (!usable.empty()) text += usable_text(report, usable);
  for (const CheckedItem* item : usable) {
    if (item->is_cut)
      text += concat("cut short: ", item->name, ": holds less than it says; used up to there\n");
  }
  for (const CheckedItem& item : report.items) {
    if (!item.reason.empty()) text += concat("broken: ", item.name, ": ", item.reason, "\n");
  }
  return text;
}

std::string to_json(const DataReport& report) {
  const std::vector<const CheckedItem*> usable = usable_items(report);
  std::string histogram;
  for (const int64_t count : motion_histogram(usable))
    histogram += concat(histogram.empty() ? "" : ", ", count);
  std::string json =
      concat("{\n  \"frames\": ", report.timing.frames, ",\n  \"fps\": ", number(report.timing.fps),
             ",\n  \"usable\": ", usable.size(), ",\n  \"broken\": ", report.items.size() - usable.size(),
             ",\n  \"duration\": ", number(total_duration(usable)), ",\n  \"starts\": ", total_starts(usable),
             ",\n  \"motion_histogram\": [", histogram, "],\n  \"items\": [\n");
  for (size_t i = 0; i < report.items.size(); ++i) {
    json += item_json(report.items[i]) + (i + 1 < report.items.size() ? ",\n" : "\n");
  }
  return json + "  ]\n}\n";
}

}  // namespace sfv::data
