#include "apps/sfv/table_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "apps/sfv/table_columns.h"

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& rows, std::span<const TableColumn> columns) {
  size_t width = 5;
  for (const Json& row : rows) width = std::max(width, row["label"].get<std::string>().size());
  const auto line = [&](const std::string& label, const auto& value_of) {
    std::string text = label + std::string(width - label.size(), ' ');
    for (const TableColumn& column : columns) {
      const std::string value = value_of(column);
      text += std::string(value.size() < 9 ? 9 - value.size() : 1, ' ') + value;
    }
    return text + "\n";
  };
  std::string text = line("clips", [](const TableColumn& column) { return std::string(column.title); });
  for (const Json& row : rows) {
    text += line(row["label"].get<std::string>(),
                 [&](const TableColumn& column) { return cell_of(row, column); });
  }
  return text;
}

}  // namespace

std::string table_text(const Json& rows) {
  const std::span<const TableColumn> overlay = overlay_columns(rows);
  return text_of(rows, model_columns()) + (overlay.empty() ? "" : "\n" + text_of(rows, overlay));
}

}  // namespace sfv::cli
