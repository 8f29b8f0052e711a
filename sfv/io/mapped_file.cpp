#include "sfv/io/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::io {
namespace {

std::string kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

// Closes on every way out; the mapping outlives the descriptor.
struct Descriptor {
  int fd;
  ~Descriptor() { ::close(fd); }
};

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  const std::string where = concat("[open] ", path.string());
  // O_NONBLOCK: opening a pipe without a writer would wait for ever.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    // A socket or a device without a driver cannot be opened at all; it is still "not a file".
    SFV_CHECK(errno != ENXIO && errno != ENODEV, kInvalidFile, where,
              ": expected a file, found a device or a socket");
    throw system_error(errno, where);
  }
  const Descriptor descriptor{fd};
  struct stat status = {};
  if (::fstat(fd, &status) != 0) throw system_error(errno, where);
  SFV_CHECK(S_ISREG(status.st_mode), kInvalidFile, where, ": expected a file, found ",
            kind_of(status.st_mode));
  if (status.st_size == 0) return;
  const auto size = static_cast<size_t>(status.st_size);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (data == MAP_FAILED) throw system_error(errno, where + ": mapping into memory");
  data_ = static_cast<const std::byte*>(data);
  size_ = size;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

void read_ahead(std::span<const std::byte> bytes) {
#if defined(MADV_POPULATE_READ)
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto first = reinterpret_cast<uintptr_t>(bytes.data());
  const uintptr_t begin = first / page * page;
  ::madvise(reinterpret_cast<void*>(begin), first + bytes.size() - begin, MADV_POPULATE_READ);
#else
  static_cast<void>(bytes);
#endif
}

}  // namespace sfv::io
