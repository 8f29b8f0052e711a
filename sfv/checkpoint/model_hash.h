#pragma once

#include <string>

#include "sfv/checkpoint/model_files.h"

namespace sfv::checkpoint {

/// SHA-256 over the model's config texts and, of each weight file, the header (names, types, shapes, places)
/// and the size: two different models differ, and a model of 5 GB needs no reading through. Paths and times
/// play no part.
[[nodiscard]] std::string hash_model(const ModelFiles& model);

}  // namespace sfv::checkpoint
