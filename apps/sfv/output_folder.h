#pragma once

#include <filesystem>
#include <vector>

namespace sfv::cli {

/// Makes a folder, and those above it, for a file to be written into; takes the new ones away again if
/// nothing was kept.
class OutputFolder {
 public:
  /// Errors: kPermission, kNoSpace, kNotFound, kAlreadyExists (a file has that name), kIo; all name the path.
  explicit OutputFolder(const std::filesystem::path& path);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// The file is written: the folders stay.
  void keep() { created_.clear(); }

 private:
  void remove_created();

  std::vector<std::filesystem::path> created_;  // outermost first
};

}  // namespace sfv::cli
