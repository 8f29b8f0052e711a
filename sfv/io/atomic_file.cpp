#include "sfv/io/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <string>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/io/sync_folder.h"

namespace sfv::io {
namespace {

constexpr size_t kMaxNameBytes = 255;          // NAME_MAX of every common file system
constexpr size_t kMaxWrite = size_t{1} << 30;  // Linux writes at most 2 GiB - 4 KiB a call

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

// Beside the final name, so that rename() stays inside one file system; hidden; the ending is kept for
// libraries that look at it.
std::filesystem::path temporary_name(const std::filesystem::path& path, uint32_t random) {
  const std::string ending = path.extension().string();
  const std::string tag = concat(".tmp", ::getpid(), "-", std::hex, random);
  const size_t used = 1 + tag.size() + ending.size();
  std::string stem = path.stem().string();
  stem.resize(std::min(stem.size(), used < kMaxNameBytes ? kMaxNameBytes - used : 0));
  return folder_of(path) / concat(".", stem, tag, ending);
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  const std::string where = concat("[write] ", path_.string());
  SFV_CHECK(path_.has_filename(), kInvalidArgument, where, ": expected the name of a file");
  struct stat status = {};
  if (::stat(path_.c_str(), &status) == 0) {
    // rename() would put a plain file in place of /dev/null.
    SFV_CHECK(S_ISREG(status.st_mode), kInvalidArgument, where, ": expected the name of a file, found a ",
              S_ISDIR(status.st_mode) ? "folder" : "device or pipe");
  }
  // A random_device only spreads the names; O_EXCL is what keeps two writers apart.
  std::random_device random;
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::filesystem::path candidate = temporary_name(path_, random());
    // Mode 0666: the kernel applies the umask, and only here can that be done without a race.
    fd_ = ::open(candidate.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ >= 0) {
      temporary_ = std::move(candidate);
      return;
    }
    if (errno != EEXIST) break;
  }
  throw system_error(errno, where);
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::exchange(other.fd_, -1)) {}

void AtomicFile::write(std::span<const std::byte> bytes) {
  SFV_CHECK(fd_ >= 0, kInternal, "[write] ", path_.string(), ": written to after commit()");
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), std::min(bytes.size(), kMaxWrite));
    if (written < 0) {
      if (errno == EINTR) continue;
      throw system_error(errno, concat("[write] ", path_.string()));
    }
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void AtomicFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text)));
}

void AtomicFile::commit() {
  const std::string where = concat("[write] ", path_.string());
  SFV_CHECK(fd_ >= 0, kInternal, where, ": commit() called twice");
  if (::fsync(fd_) != 0) throw system_error(errno, where);
  // A full quota on a network file system shows only at close().
  if (::close(std::exchange(fd_, -1)) != 0) throw system_error(errno, where);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw system_error(errno, where);
  temporary_.clear();
  sync_folder(folder_of(path_));
}

}  // namespace sfv::io
