#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/sfv/eval_row.h"

namespace sfv::cli {

/// A row with its name and how it was made.
struct TableRow {
  std::string label;
  nlohmann::ordered_json made_by;  // model, weights_sha256, sampler, steps; empty: a row of real clips
  RowData data;
};

/// The numbers of each row. real_a: the clips whose first frames the models were given; real_b: as many
/// others. A row's frechet_distance is that to real_b, as is the floor, real_a's own; frechet_distance_to_a
/// is beside it. Shares are of real_a.
[[nodiscard]] nlohmann::ordered_json summarize_rows(const RowData& real_a, const RowData& real_b,
                                                    const std::vector<TableRow>& rows);

/// The first clips of every row under each other.
[[nodiscard]] RgbImage make_table_sheet(const std::vector<TableRow>& rows, double fps);

}  // namespace sfv::cli
