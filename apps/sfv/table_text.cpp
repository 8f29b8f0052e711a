#include "apps/sfv/table_text.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string cell(const Json& row, const char* key, const char* format, double factor = 1) {
  if (!row.contains(key) || !row[key].is_number()) return "-";
  char text[32];
  std::snprintf(text, sizeof(text), format, row[key].get<double>() * factor);
  return text;
}

}  // namespace

std::string table_text(const Json& rows) {
  size_t width = 5;
  for (const Json& row : rows) width = std::max(width, row["label"].get<std::string>().size());
  const auto line = [&](const std::string& label, const std::vector<std::string>& cells) {
    std::string text = label + std::string(width - label.size(), ' ');
    for (const std::string& value : cells)
      text += std::string(value.size() < 9 ? 9 - value.size() : 1, ' ') + value;
    return text + "\n";
  };
  std::string text = line("clips", {"steps", "FD", "energy", "of real", "speed", "KS", "static", "lost",
                                    "spread", "last std", "s/clip"});
  for (const Json& row : rows) {
    text += line(row["label"].get<std::string>(),
                 {cell(row, "steps", "%.0f"), cell(row, "frechet_distance", "%.4f"),
                  cell(row, "gradient_energy", "%.1f"), cell(row, "gradient_energy_share", "%.2f"),
                  cell(row, "speed", "%.2f"), cell(row, "speed_distance", "%.2f"),
                  cell(row, "static_share", "%.1f%%", 100), cell(row, "lost_share", "%.1f%%", 100),
                  cell(row, "end_spread", "%.2f"), cell(row, "last_frame_spread", "%.2f"),
                  cell(row, "seconds_per_clip", "%.3f")});
  }
  return text;
}

}  // namespace sfv::cli
