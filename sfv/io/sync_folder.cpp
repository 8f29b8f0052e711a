#include "sfv/io/sync_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "sfv/core/check.h"

namespace sfv::io {
namespace {

void sync_file(const std::filesystem::path& path) {
  const std::string where = concat("[write] ", path.string(), ": syncing");
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw system_error(errno, where);
  const int result = ::fsync(fd);
  const int error_number = errno;
  // A full quota on a network file system shows only here.
  const int closed = ::close(fd);
  if (result != 0) throw system_error(error_number, where);
  if (closed != 0) throw system_error(errno, where);
}

}  // namespace

void sync_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  const int result = ::fsync(fd);
  const int error_number = errno;
  ::close(fd);
  // Some file systems cannot sync a folder and say EINVAL or EROFS; its files are complete all the same.
  if (result != 0 && error_number != EINVAL && error_number != EROFS) {
    throw system_error(error_number, concat("[write] ", folder.string(), ": syncing the folder"));
  }
}

void sync_tree(const std::filesystem::path& folder) {
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    const std::filesystem::file_status status = at->symlink_status(error);
    if (error) break;
    if (std::filesystem::is_directory(status)) {
      sync_folder(at->path());
    } else {
      SFV_CHECK(std::filesystem::is_regular_file(status), kInvalidFile, "[write] ", at->path().string(),
                ": expected a file or folder, found a link, device or pipe");
      sync_file(at->path());
    }
  }
  if (error) throw system_error(error.value(), concat("[write] ", folder.string(), ": listing"));
  sync_folder(folder);
}

}  // namespace sfv::io
