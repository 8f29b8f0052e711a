#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sfv::cli {

/// Where bundled models may lie, seen from the program's file: beside it, in a checkout it was built in, and
/// where `cmake --install` puts them.
[[nodiscard]] std::vector<std::filesystem::path> bundled_model_folders(const std::filesystem::path& program);

/// The first folder (natural order) below these with a model_index.json and weights of a UNet; empty: none.
[[nodiscard]] std::filesystem::path find_bundled_model(const std::vector<std::filesystem::path>& folders);

/// The model when neither -m nor SFV_MODEL names one: the bundled one. Errors: kNotFound listing the places
/// looked at and what to do.
[[nodiscard]] std::string default_model();

/// A line for who named no model: which one runs, what it can do (the description in its sfv.json), and where
/// general motion comes from.
[[nodiscard]] std::string bundled_model_note(const std::filesystem::path& model);

}  // namespace sfv::cli
