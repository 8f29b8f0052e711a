#include "apps/sfv/table_columns.h"

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace sfv::cli {

std::span<const TableColumn> model_columns() {
  static constexpr std::array<TableColumn, 11> kColumns = {{{"steps", "steps", "%.0f"},
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
  return kColumns;
}

std::span<const TableColumn> overlay_columns(const nlohmann::ordered_json& rows) {
  static constexpr std::array<TableColumn, 8> kColumns = {{{"covered", "covered", "%.3f"},
                                                           {"contrast", "contrast", "%.3f"},
                                                           {"coherence", "coherence", "%.3f"},
                                                           {"fall", "fall", "%.2f"},
                                                           {"drift", "drift", "%.2f"},
                                                           {"slope", "fall_slope_share", "%.2f"},
                                                           {"frame 0", "first_psnr", "%.1fdB"},
                                                           {"behind", "background_psnr", "%.1fdB"}}};
  const bool is_overlay = !rows.empty() && rows.front().contains("covered");
  return is_overlay ? std::span<const TableColumn>(kColumns) : std::span<const TableColumn>();
}

std::string cell_of(const nlohmann::ordered_json& row, const TableColumn& column) {
  if (!row.contains(column.key) || !row[column.key].is_number()) return "-";
  std::array<char, 32> text = {};
  std::snprintf(text.data(), text.size(), column.format, row[column.key].get<double>() * column.factor);
  return text.data();
}

}  // namespace sfv::cli
