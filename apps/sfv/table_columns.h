#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

namespace sfv::cli {

/// A column of the table of `sfv eval models`, wherever it is shown; docs/evaluation.md says what each means.
struct TableColumn {
  const char* title;
  const char* key;     // of a row as summarize_rows makes it
  const char* format;  // of a double, printf's
  double factor = 1;
};

/// What every row has, or may have.
[[nodiscard]] std::span<const TableColumn> model_columns();
/// What is measured of clips that play over their first frame; none where `rows` are of others.
[[nodiscard]] std::span<const TableColumn> overlay_columns(const nlohmann::ordered_json& rows);

/// The column's number in this row; "-" where it has none.
[[nodiscard]] std::string cell_of(const nlohmann::ordered_json& row, const TableColumn& column);

}  // namespace sfv::cli
