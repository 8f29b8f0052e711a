// The cache's layout is huggingface_hub's: models--ORG--NAME/refs/main holds the name of a folder in
// snapshots/.
#include "sfv/checkpoint/model_place.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/io/mapped_file.h"

namespace sfv::checkpoint {
namespace {

namespace fs = std::filesystem;

fs::file_status status_of(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error && status.type() != fs::file_type::not_found) {
    throw system_error(error.value(), concat("[load_model] ", path.string()));
  }
  return status;
}

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Every folder that huggingface_hub would use as its cache, the one that it would use first.
std::vector<fs::path> cache_folders() {
  std::vector<fs::path> folders;
  const auto add = [&](const std::string& base, const char* below) {
    if (base.empty()) return;
    const fs::path folder = fs::path(base) / below;
    if (std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(folder);
  };
  add(environment("HF_HUB_CACHE"), "");
  add(environment("HUGGINGFACE_HUB_CACHE"), "");
  add(environment("HF_HOME"), "hub");
  add(environment("XDG_CACHE_HOME"), "huggingface/hub");
  add(environment("HOME"), ".cache/huggingface/hub");
  return folders;
}

bool is_word(std::string_view text) {
  const auto is_allowed = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; };
  return !text.empty() && text != "." && text != ".." && std::all_of(text.begin(), text.end(), is_allowed);
}

bool is_hub_name(const std::string& name) {
  const size_t slash = name.find('/');
  return slash != std::string::npos && is_word(name.substr(0, slash)) && is_word(name.substr(slash + 1));
}

std::string read_revision(const fs::path& reference) {
  const io::MappedFile file(reference);
  std::string text(reinterpret_cast<const char*>(file.bytes().data()),
                   std::min<size_t>(file.bytes().size(), 256));
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  SFV_CHECK(is_word(text), kInvalidFile, "[load_model] ", reference.string(),
            " expected the name of a folder in snapshots, found \"", text, "\"; download the model again");
  return text;
}

// The snapshot in one cache folder; notes what was looked at when there is none.
fs::path find_snapshot(const fs::path& cache, const std::string& name, std::string& looked_at) {
  std::string folder = "models--" + name;
  folder.replace(folder.find('/'), 1, "--");
  const fs::path repository = cache / folder;
  looked_at += "\n  " + repository.string();
  if (!fs::is_directory(status_of(repository))) return {};
  const fs::path reference = repository / "refs" / "main";
  if (fs::exists(status_of(reference))) {
    const fs::path snapshot = repository / "snapshots" / read_revision(reference);
    if (fs::is_directory(status_of(snapshot))) return snapshot;
    looked_at += " (" + snapshot.string() + ", which refs/main names, is not there)";
    return {};
  }
  // Downloads of one commit by its number leave no reference.
  std::error_code error;
  std::vector<fs::path> snapshots;
  for (const auto& entry : fs::directory_iterator(repository / "snapshots", error))
    snapshots.push_back(entry.path());
  if (snapshots.size() == 1) return snapshots.front();
  looked_at += concat(" (no refs/main, ", snapshots.size(), " snapshots)");
  return {};
}

}  // namespace

ModelPlace find_model(const std::string& name) {
  SFV_CHECK(!name.empty(), kInvalidArgument,
            "[load_model] expected a model folder, a file or org/name, got nothing");
  const fs::file_status status = status_of(name);
  if (fs::is_directory(status)) return {.path = name, .is_folder = true};
  if (fs::is_regular_file(status)) return {.path = name, .is_folder = false};
  SFV_CHECK(!fs::exists(status), kInvalidFile, "[load_model] ", name,
            " expected a folder or a file, found a device or pipe");
  std::string looked_at = "\n  " + fs::absolute(name).lexically_normal().string();
  if (!is_hub_name(name)) {
    throw Error(
        ErrorCode::kNotFound,
        concat("[load_model] ", name, " is not there; looked at", looked_at,
               "\nGive a model folder, a single svd*.safetensors file, or org/name of a downloaded model"));
  }
  for (const fs::path& cache : cache_folders()) {
    const fs::path snapshot = find_snapshot(cache, name, looked_at);
    if (!snapshot.empty()) return {.path = snapshot, .is_folder = true};
  }
  throw Error(ErrorCode::kNotFound,
              concat("[load_model] ", name, " is neither a path nor a downloaded model; looked at", looked_at,
                     "\nDownload it with: hf download ", name));
}

}  // namespace sfv::checkpoint
