#include "sfv/checkpoint/model_folder_writer.h"

#include <system_error>

#include "sfv/core/check.h"
#include "sfv/io/atomic_file.h"

namespace sfv::checkpoint {
namespace {

// Before anything is computed: hours of work must not end at a name that is taken.
const std::filesystem::path& checked(const std::filesystem::path& out) {
  std::error_code error;
  const bool is_free = !std::filesystem::exists(out, error) ||
                       (std::filesystem::is_directory(out, error) && std::filesystem::is_empty(out, error));
  SFV_CHECK(is_free, kAlreadyExists, "[write_model] ", out.string(),
            " exists; remove it or give another name");
  return out;
}

}  // namespace

ModelFolderWriter::ModelFolderWriter(const std::filesystem::path& out, const ConfigTexts& texts)
    : folder_(checked(out)) {
  for (const auto& [relative, text] : texts) {
    const std::filesystem::path path = folder_.path() / relative;
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) throw system_error(error.value(), concat("[write_model] ", path.parent_path().string()));
    io::AtomicFile file(path);
    file.write(text.text() + "\n");
    file.commit();
  }
}

}  // namespace sfv::checkpoint
