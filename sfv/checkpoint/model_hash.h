#pragma once

#include <string>

#include "sfv/checkpoint/model_files.h"

namespace sfv::checkpoint {

/// SHA-256 over the model's config texts and, of each weight file, the names, types, shapes and places of the
/// tensors, the size, and 4 KiB from each of up to 16 tensors: different models differ, and one of 5 GB needs
/// no reading through. Paths and times play no part.
[[nodiscard]] std::string hash_model(const ModelFiles& model);

}  // namespace sfv::checkpoint
