#pragma once

#include <filesystem>

namespace sfv::io {

/// A new folder beside `target`, hidden, removed with everything in it unless it was renamed to its target.
class TemporaryFolder {
 public:
  /// target: where the content is to go; only its parent must exist. Errors: kNotFound, kPermission,
  /// kNoSpace, kIo.
  explicit TemporaryFolder(std::filesystem::path target);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return temporary_; }
  /// Gives the folder its final name, in one step. Errors: kAlreadyExists when something is there that is not
  /// an empty folder, kPermission, kIo.
  void commit();
  /// Leaves the folder where it is, for good.
  void release() { temporary_.clear(); }

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
};

}  // namespace sfv::io
