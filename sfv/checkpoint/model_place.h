#pragma once

#include <filesystem>
#include <string>

namespace sfv::checkpoint {

/// Where a model lies: a folder in diffusers' layout or a single safetensors file.
struct ModelPlace {
  std::filesystem::path path;
  bool is_folder = false;
};

/// Finds the model that the user named: a path, or org/name in the local Hugging Face cache (HF_HUB_CACHE,
/// HF_HOME, XDG_CACHE_HOME, ~/.cache/huggingface), revision main. Never goes online. Errors: kNotFound
/// listing every place looked at and, for org/name, the download command; kInvalidFile for a cache that
/// points outside itself; kPermission, kIo.
[[nodiscard]] ModelPlace find_model(const std::string& name);

}  // namespace sfv::checkpoint
