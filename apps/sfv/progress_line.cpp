#include "apps/sfv/progress_line.h"

#include <algorithm>
#include <cmath>

#include "apps/sfv/text_format.h"

namespace sfv::cli {
namespace {

constexpr double kMaxSeconds = 359999;  // 99:59:59
constexpr int kMinBar = 10;             // characters between the brackets
constexpr int kMaxBar = 40;

std::string percent(double fraction) {
  // 100 % is shown only when all is done.
  return format("%3d%%", static_cast<int>(std::floor(std::clamp(fraction, 0.0, 1.0) * 100)));
}

std::string time_left(const ProgressUpdate& update) {
  return update.seconds_left < 0 ? "" : format_seconds(update.seconds_left) + " left";
}

std::string bar(double fraction, int width) {
  const auto full = static_cast<size_t>(std::clamp(fraction, 0.0, 1.0) * width);
  std::string text(1, '[');
  text.append(full, '#').append(static_cast<size_t>(width) - full, '-').push_back(']');
  return text;
}

// Columns a UTF-8 text takes, counting a code point as one.
int columns_of(const std::string& text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string shorten(const std::string& text, int columns) {
  if (columns_of(text) <= columns) return text;
  size_t at = 0;
  for (int used = 0; at < text.size(); ++at) {
    if ((text[at] & 0xC0) != 0x80 && ++used > columns) break;
  }
  return text.substr(0, at);
}

std::string join(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? a + b : a + "  " + b;
}

// Figures matter more than the bar: it is there when they all fit, and else they are left out from the end.
std::string figures_bar(const ProgressUpdate& update, const std::vector<std::string>& details,
                        const std::string& head, const std::string& tail, int room) {
  std::string whole = tail;
  for (const std::string& detail : details) whole = join(whole, detail);
  const int left = room - columns_of(join(head, whole)) - 4;
  if (left >= kMinBar) return join(join(head, bar(update.fraction, std::min(left, kMaxBar))), whole);
  std::string line = join(head, tail);
  if (columns_of(line) > room) line = join(update.stage, tail);
  for (const std::string& detail : details) {
    const std::string longer = join(line, detail);
    if (columns_of(longer) > room) break;
    line = longer;
  }
  return shorten(line, room);
}

}  // namespace

std::string format_seconds(double seconds) {
  if (!(seconds >= 0)) return "?";
  const auto whole = static_cast<long>(std::ceil(std::min(seconds, kMaxSeconds)));
  if (whole >= 3600) return format("%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  return format("%ld:%02ld", whole / 60, whole % 60);
}

std::string format_rate(double operations_per_s) {
  if (!(operations_per_s > 0)) return "";
  if (operations_per_s >= 1e12) return format("%.1f TFLOP/s", operations_per_s / 1e12);
  if (operations_per_s >= 1e9) return format("%.0f GFLOP/s", operations_per_s / 1e9);
  return format("%.0f MFLOP/s", operations_per_s / 1e6);
}

std::string progress_bar(const ProgressUpdate& update, const std::string& label, int columns,
                         const std::vector<std::string>& details) {
  const int room = std::max(columns - 1, 0);
  const std::string stage = update.stage;
  const std::string tail = join(percent(update.fraction), time_left(update));
  const std::string rate = format_rate(update.operations_per_s);
  const std::string head = join(label, stage);
  if (!details.empty()) return figures_bar(update, details, head, tail, room);
  // From the richest to the barest; the first that fits.
  const int whole = room - columns_of(join(join(head, tail), rate)) - 4;
  if (whole >= kMinBar)
    return join(join(join(head, bar(update.fraction, std::min(whole, kMaxBar))), tail), rate);
  const int without_rate = room - columns_of(join(head, tail)) - 4;
  if (without_rate >= kMinBar)
    return join(join(head, bar(update.fraction, std::min(without_rate, kMaxBar))), tail);
  if (columns_of(join(head, tail)) <= room) return join(head, tail);
  return shorten(join(stage, tail), room);
}

std::string progress_line(const ProgressUpdate& update, const std::string& label,
                          const std::vector<std::string>& details) {
  std::string line = join(join(join(join(label, update.stage), percent(update.fraction)), time_left(update)),
                          format_rate(update.operations_per_s));
  for (const std::string& detail : details) line = join(line, detail);
  return line;
}

}  // namespace sfv::cli
