// diffusers' and transformers' naming of weight files: STEM[.VARIANT].safetensors for one file,
// STEM.safetensors.index[.VARIANT].json for shards.
#include "sfv/checkpoint/component_files.h"

#include <set>
#include <system_error>

#include "sfv/core/check.h"
#include "sfv/io/json_config.h"

namespace sfv::checkpoint {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> variants_for(torch::Dtype wanted) {
  if (wanted == torch::kFloat16) return {"fp16", "", "bf16"};
  if (wanted == torch::kBFloat16) return {"bf16", "fp16", ""};
  return {"", "fp16", "bf16"};
}

// A link whose target is gone counts as there: opening it says so.
bool is_there(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  return status.type() != fs::file_type::not_found && status.type() != fs::file_type::none;
}

void check_link(const fs::path& path) {
  std::error_code error;
  SFV_CHECK(!fs::is_symlink(fs::symlink_status(path, error)) || fs::exists(path, error), kNotFound,
            "[load_model] ", path.string(),
            " is a link to a file that is not there; was the download interrupted? download again");
}

std::shared_ptr<const io::TensorFile> open_weights(const fs::path& path) {
  check_link(path);
  return io::SafetensorsFile::open(path);
}

std::string first_of(const std::vector<std::string>& names) {
  constexpr size_t kShown = 20;
  std::string text;
  for (size_t i = 0; i < names.size() && i < kShown; ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > kShown ? concat(text, " and ", names.size() - kShown, " more") : text;
}

ComponentFiles open_shards(const fs::path& index) {
  check_link(index);
  const io::JsonConfig json = io::JsonConfig::load(index);
  const auto map = json.get_object("weight_map");
  SFV_CHECK(map, kInvalidFile, "[load_model] ", index.string(),
            ": has no weight_map, which names each tensor's file");
  std::set<std::string> names;
  for (const std::string& tensor : map->keys()) {
    const std::string file = map->get_string(tensor).value_or("");
    const bool is_plain = !file.empty() && file != "." && file != ".." &&
                          file.find_first_of(std::string("/\\\0", 3)) == std::string::npos;
    SFV_CHECK(is_plain, kInvalidFile, "[load_model] ", index.string(), ": ", tensor, " is in \"", file,
              "\"; expected the name of a file in the same folder");
    names.insert(file);
  }
  SFV_CHECK(!names.empty(), kInvalidFile, "[load_model] ", index.string(), ": names no tensors");
  ComponentFiles files{.index = index, .shards = {}};
  std::vector<std::string> absent, unlisted;
  size_t stored = 0;
  for (const std::string& name : names) {
    files.shards.push_back(open_weights(index.parent_path() / name));
    for (const auto& [tensor, info] : files.shards.back()->tensors()) {
      ++stored;
      if (map->get_string(tensor) != name) unlisted.push_back(concat(tensor, " in ", name));
    }
  }
  for (const std::string& tensor : map->keys()) {
    const std::string file = *map->get_string(tensor);
    const auto place = static_cast<size_t>(std::distance(names.begin(), names.find(file)));
    if (!files.shards[place]->tensors().contains(tensor)) absent.push_back(concat(tensor, " of ", file));
  }
  SFV_CHECK(absent.empty() && unlisted.empty(), kInvalidFile, "[load_model] ", index.string(),
            " and its shards do not agree: ", absent.size(), " tensors absent (", first_of(absent), "), ",
            unlisted.size(), " not listed (", first_of(unlisted), ") of ", stored);
  return files;
}

}  // namespace

ComponentFiles open_component(const fs::path& folder, const std::string& stem, torch::Dtype wanted) {
  for (const std::string& variant : variants_for(wanted)) {
    const std::string dotted = variant.empty() ? "" : "." + variant;
    const fs::path whole = folder / (stem + dotted + ".safetensors");
    if (is_there(whole)) return {.index = {}, .shards = {open_weights(whole)}};
    const fs::path index = folder / (stem + ".safetensors.index" + dotted + ".json");
    if (is_there(index)) return open_shards(index);
  }
  const bool has_pickle = is_there(folder / (stem + ".bin")) || is_there(folder / "pytorch_model.bin");
  throw Error(
      ErrorCode::kNotFound,
      concat("[load_model] ", folder.string(), ": expected ", stem, ".safetensors, ", stem,
             ".fp16.safetensors, or shards with ", stem, ".safetensors.index.json; found none of them",
             has_pickle
                 ? ", only a .bin file, which can hold programs and is not read; get the safetensors files"
                 : ""));
}

}  // namespace sfv::checkpoint
