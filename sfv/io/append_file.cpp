#include "sfv/io/append_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::io {
namespace {

std::string where(const std::filesystem::path& path) {
  return concat("[write] ", path.string());
}

}  // namespace

AppendFile::AppendFile(std::filesystem::path path, uint64_t size) : path_(std::move(path)), size_(size) {
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) throw system_error(errno, where(path_));
  struct stat status = {};
  const bool known = ::fstat(fd_, &status) == 0;
  const bool fits = known && S_ISREG(status.st_mode) && static_cast<uint64_t>(status.st_size) >= size;
  const bool ready = fits && ::ftruncate(fd_, static_cast<off_t>(size)) == 0 &&
                     ::lseek(fd_, static_cast<off_t>(size), SEEK_SET) >= 0;
  if (ready) return;
  const int error_number = errno;
  ::close(fd_);
  SFV_CHECK(!known || fits, kInvalidArgument, where(path_), ": expected a file of at least ", size, " bytes");
  throw system_error(error_number, where(path_));
}

AppendFile::~AppendFile() {
  ::close(fd_);
}

void AppendFile::append(std::string_view bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      const int error_number = errno;
      // Half a piece would hide all that follow it.
      const bool is_cut = ::ftruncate(fd_, static_cast<off_t>(size_)) == 0 &&
                          ::lseek(fd_, static_cast<off_t>(size_), SEEK_SET) >= 0;
      throw system_error(error_number, where(path_) + (is_cut ? "" : " (half a piece was written)"));
    }
    rest.remove_prefix(static_cast<size_t>(written));
  }
  size_ += bytes.size();
}

void AppendFile::sync() {
  if (::fdatasync(fd_) != 0) throw system_error(errno, where(path_));
}

}  // namespace sfv::io
