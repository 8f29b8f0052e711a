#include "apps/sfv/output_folder.h"

#include <algorithm>

#include "sfv/core/error.h"

namespace sfv::cli {

namespace fs = std::filesystem;

OutputFolder::OutputFolder(const fs::path& path) {
  std::error_code error;
  std::vector<fs::path> missing;
  for (fs::path at = path; !at.empty() && !fs::exists(at, error); at = at.parent_path()) {
    missing.push_back(at);
    if (at == at.parent_path()) break;
  }
  std::reverse(missing.begin(), missing.end());
  for (const fs::path& folder : missing) {
    // Another process of the same batch may have made it meanwhile: not ours to remove.
    if (fs::create_directory(folder, error)) created_.push_back(folder);
    if (error) {
      remove_created();
      throw system_error(error.value(), "[output] cannot make the folder " + folder.string());
    }
  }
}

OutputFolder::~OutputFolder() {
  remove_created();
}

void OutputFolder::remove_created() {
  std::error_code ignored;
  // Fails, as it should, for a folder that something else was put into.
  for (auto folder = created_.rbegin(); folder != created_.rend(); ++folder) fs::remove(*folder, ignored);
}

}  // namespace sfv::cli
