#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace sfv::cli {

/// The rows of `sfv eval models` (see summarize_rows) as a table for people; "-" for what a row does not
/// have.
[[nodiscard]] std::string table_text(const nlohmann::ordered_json& rows);

}  // namespace sfv::cli
