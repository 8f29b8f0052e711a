#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

namespace sfv::io {

/// A file that only grows: every piece is handed to the system at once, so that a killed process loses none
/// that append() returned from.
class AppendFile {
 public:
  /// Opens or makes the file and cuts it to its first `size` bytes. Errors: kInvalidArgument if it is
  /// shorter, or is a folder; kNotFound (no such folder), kPermission, kNoSpace, kIo; all name the path.
  AppendFile(std::filesystem::path path, uint64_t size);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  /// On an error the file is cut back to what it was. Errors: kNoSpace, kIo.
  void append(std::string_view bytes);
  /// Survives a power cut from here on. Errors: kNoSpace, kIo.
  void sync();

 private:
  std::filesystem::path path_;
  uint64_t size_;
  int fd_ = -1;
};

}  // namespace sfv::io
