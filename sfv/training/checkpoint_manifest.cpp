#include "sfv/training/checkpoint_manifest.h"

#include <algorithm>
#include <string>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/io/atomic_file.h"
#include "sfv/io/hash.h"
#include "sfv/io/json_config.h"
#include "sfv/io/json_reader.h"
#include "sfv/io/utf8.h"

namespace sfv::training {
namespace {

constexpr const char* kName = "manifest.json";
constexpr int64_t kVersion = 1;

/// Every file below `folder` but the manifest, relative to it, sorted.
std::vector<std::string> list_files(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    const std::filesystem::file_status status = at->symlink_status(error);
    if (error) break;
    if (std::filesystem::is_directory(status)) continue;
    SFV_CHECK(std::filesystem::is_regular_file(status), kInvalidFile, "[checkpoint] ", at->path().string(),
              ": expected a file or folder, found a link, device or pipe");
    std::string name = at->path().lexically_relative(folder).generic_string();
    if (name != kName) files.push_back(std::move(name));
  }
  if (error) throw system_error(error.value(), concat("[checkpoint] ", folder.string(), ": listing"));
  std::sort(files.begin(), files.end());
  return files;
}

/// A name that stays below the folder: no way up, no root.
bool is_inside(const std::string& name) {
  const std::filesystem::path path(name);
  return !name.empty() && path.is_relative() &&
         std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".." || part == "."; });
}

void verify_file(const std::filesystem::path& folder, const std::string& name, const io::JsonConfig& entry) {
  const std::string where = concat("[checkpoint] ", (folder / name).string(), ": ");
  SFV_CHECK(is_inside(name), kInvalidFile, "[checkpoint] ", entry.name(),
            ": expected a path below the folder");
  entry.allow_only({"size", "sha256"});
  const auto size = entry.get_int("size");
  const auto hash = entry.get_string("sha256");
  SFV_CHECK(size && hash, kInvalidFile, "[checkpoint] ", entry.name(), ": expected size and sha256");
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::symlink_status(folder / name, error);
  SFV_CHECK(std::filesystem::is_regular_file(status), kInvalidFile, where, "expected a file of ", *size,
            " bytes, found ", std::filesystem::exists(status) ? "something else" : "none");
  const auto found = static_cast<int64_t>(std::filesystem::file_size(folder / name, error));
  SFV_CHECK(!error && found == *size, kInvalidFile, where, "expected ", *size, " bytes, found ", found);
  const std::string found_hash = io::sha256_file(folder / name);
  SFV_CHECK(found_hash == *hash, kInvalidFile, where, "expected the SHA-256 ", io::printable(*hash),
            ", found ", found_hash, "; the file was changed or the disk is failing");
}

}  // namespace

void write_manifest(const std::filesystem::path& folder, int64_t step) {
  std::string text = concat("{\n  \"version\": ", kVersion, ",\n  \"step\": ", step, ",\n  \"files\": {");
  std::string_view separator = "\n    ";
  for (const std::string& name : list_files(folder)) {
    text += separator;
    io::append_json_string(text, name);
    text += concat(": {\"size\": ", std::filesystem::file_size(folder / name), ", \"sha256\": \"",
                   io::sha256_file(folder / name), "\"}");
    separator = ",\n    ";
  }
  io::AtomicFile file(folder / kName);
  file.write(text + "\n  }\n}\n");
  file.commit();
}

int64_t verify_manifest(const std::filesystem::path& folder) {
  std::error_code error;
  SFV_CHECK(std::filesystem::is_directory(folder, error), kNotFound, "[checkpoint] ", folder.string(),
            ": there is no such folder");
  SFV_CHECK(std::filesystem::exists(folder / kName, error), kInvalidFile, "[checkpoint] ", folder.string(),
            ": has no ", kName, "; it was not finished, or is no checkpoint");
  const io::JsonConfig manifest = io::JsonConfig::load(folder / kName);
  const auto version = manifest.get_int("version");
  SFV_CHECK(version == kVersion, kInvalidFile, "[checkpoint] ", manifest.name(), ": expected version ",
            kVersion, ", found ", version ? std::to_string(*version) : "none");
  const auto step = manifest.get_int("step");
  const auto files = manifest.get_object("files");
  SFV_CHECK(step && *step >= 0 && files, kInvalidFile, "[checkpoint] ", manifest.name(),
            ": expected step (>= 0) and files");
  for (const std::string& name : files->keys()) {
    const auto entry = files->get_object(name);
    SFV_CHECK(entry, kInvalidFile, "[checkpoint] ", manifest.name(), ": ", io::printable(name),
              ": expected size and sha256, found null");
    verify_file(folder, name, *entry);
  }
  return *step;
}

}  // namespace sfv::training
