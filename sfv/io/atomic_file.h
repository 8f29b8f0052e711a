#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace sfv::io {

/// A file that appears whole or not at all: written beside its final name, synced, then renamed over it.
/// The destructor removes what was not committed.
class AtomicFile {
 public:
  /// The file gets the permissions that the umask leaves. Errors: kInvalidArgument (the name is a folder or a
  /// device), kNotFound (no such folder), kPermission, kNoSpace, kIo; all name the path. So do those of
  /// write() and commit().
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  /// For libraries that write by name or need to seek: the path of the temporary file.
  [[nodiscard]] const std::filesystem::path& temporary_path() const { return temporary_; }
  /// Syncs and renames. Nothing may be written after it.
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int fd_ = -1;
};

}  // namespace sfv::io
