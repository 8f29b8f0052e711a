#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace sfv::io {

/// A regular file mapped read-only into memory; pages are read when touched and may be dropped by the system.
/// Movable, not copyable. An empty file gives an empty span. Should another process shorten the file
/// meanwhile, touching the lost part ends the process (SIGBUS), as with every mapping; replacing it by rename
/// is safe.
class MappedFile {
 public:
  /// Errors: kNotFound, kPermission, kInvalidFile (a folder, a device, a pipe), kIo; all name the path.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

/// Has the system bring mapped bytes into memory now, in order, rather than page by page when they are first
/// touched. They may be dropped again; where the system cannot, nothing happens.
void read_ahead(std::span<const std::byte> bytes);

}  // namespace sfv::io
