#include "apps/sfv/table_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string cell(const Json& row, const char* key, const char* format, double factor = 1) {
  if (!row.contains(key) || !row[key].is_number()) return "-";
  char text[32];
  std::snprintf(text, sizeof(text), format, row[key].get<double>() * factor);
  return text;
}

struct Column {
  const char* title;
  const char* key;
  const char* format;
  double factor = 1;
};

constexpr std::array<Column, 11> kColumns = {{{"steps", "steps", "%.0f"},
                                              {"FD", "frechet_distance", "%.4f"},
                                              {"energy", "gradient_energy", "%.1f"},
                                              {"of real", "gradient_energy_share", "%.2f"},
                                              {"speed", "speed", "%.2f"},
                                              {"KS", "speed_distance", "%.2f"},
                                              {"static", "static_share", "%.1f%%", 100},
                                              {"lost", "lost_share", "%.1f%%", 100},
                                              {"spread", "end_spread", "%.2f"},
                                              {"last std", "last_frame_spread", "%.2f"},
                                              {"s/clip", "seconds_per_clip", "%.3f"}}};

// Of what plays over its first frame.
constexpr std::array<Column, 8> kOverlayColumns = {{{"covered", "covered", "%.3f"},
                                                    {"contrast", "contrast", "%.3f"},
                                                    {"coherence", "coherence", "%.3f"},
                                                    {"fall", "fall", "%.2f"},
                                                    {"drift", "drift", "%.2f"},
                                                    {"slope", "fall_slope_share", "%.2f"},
                                                    {"frame 0", "first_psnr", "%.1fdB"},
                                                    {"behind", "background_psnr", "%.1fdB"}}};

std::string text_of(const Json& rows, std::span<const Column> columns) {
  size_t width = 5;
  for (const Json& row : rows) width = std::max(width, row["label"].get<std::string>().size());
  const auto line = [&](const std::string& label, const auto& value_of) {
    std::string text = label + std::string(width - label.size(), ' ');
    for (const Column& column : columns) {
      const std::string value = value_of(column);
      text += std::string(value.size() < 9 ? 9 - value.size() : 1, ' ') + value;
    }
    return text + "\n";
  };
  std::string text = line("clips", [](const Column& column) { return std::string(column.title); });
  for (const Json& row : rows) {
    text += line(row["label"].get<std::string>(),
                 [&](const Column& column) { return cell(row, column.key, column.format, column.factor); });
  }
  return text;
}

}  // namespace

std::string table_text(const Json& rows) {
  const bool is_overlay = !rows.empty() && rows.front().contains("covered");
  return text_of(rows, kColumns) + (is_overlay ? "\n" + text_of(rows, kOverlayColumns) : "");
}

}  // namespace sfv::cli
