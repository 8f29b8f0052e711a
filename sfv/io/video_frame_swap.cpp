// How a finished set of frames takes the place of another.
#include "sfv/io/video_frame_swap.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iterator>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sfv/core/check.h"

namespace sfv::io {
namespace {

namespace fs = std::filesystem;

/// The folder itself, not a link to it. Errors: kNotFound, kIo.
fs::path real_folder(const FrameNames& names) {
  std::error_code error;
  fs::path folder = fs::canonical(names.folder().empty() ? fs::path(".") : names.folder(), error);
  if (error) throw system_error(error.value(), "[write_video] " + names.folder().string());
  return folder;
}

std::map<int64_t, fs::path> existing_files(const FrameNames& names) {
  std::map<int64_t, fs::path> frames = names.existing();
  for (const auto& [number, path] : frames) {
    std::error_code ignored;  // what cannot be asked is no folder that could be moved
    SFV_CHECK(!fs::is_directory(fs::symlink_status(path, ignored)), kAlreadyExists, "[write_video] ",
              path.string(), ": expected a frame, found a folder; choose another name or move it away");
  }
  return frames;
}

bool is_mount_point(const fs::path& folder) {
  struct statx status = {};
  return ::statx(AT_FDCWD, folder.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status) != 0 ||
         (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

bool holds_working_directory(const fs::path& folder) {
  std::error_code error;
  const fs::path relative = fs::current_path(error).lexically_relative(folder);
  return error || relative.empty() || *relative.begin() != "..";
}

/// Renames that can be taken back.
class Moves {
 public:
  void add(const fs::path& from, const fs::path& to) {
    steps_.emplace_back(from, to);
    if (::rename(from.c_str(), to.c_str()) == 0) return;
    const int error = errno;
    steps_.pop_back();
    throw system_error(error, "[write_video] " + to.string());
  }
  /// The last first. False when something could not go back.
  [[nodiscard]] bool take_back() const {
    bool done = true;
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step)
      done = ::rename(step->second.c_str(), step->first.c_str()) == 0 && done;
    return done;
  }

 private:
  std::vector<std::pair<fs::path, fs::path>> steps_;
};

/// False, with nothing changed, where the kernel says that `folder` is in use as a mount point.
bool exchange(const fs::path& fresh, const fs::path& folder) {
  if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) == 0) return true;
  if (errno == EBUSY || errno == EXDEV) return false;
  if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
    throw system_error(errno, "[write_video] " + folder.string());
  TemporaryFolder aside(folder);
  Moves moves;
  try {
    moves.add(folder, aside.path());
    moves.add(fresh, folder);
    moves.add(aside.path(), fresh);
  } catch (const Error&) {
    if (!moves.take_back()) aside.release();
    throw;
  }
  return true;
}

}  // namespace

bool can_swap_folder(const FrameNames& names) {
  const fs::path folder = real_folder(names);
  struct stat status = {};
  if (::stat(folder.c_str(), &status) != 0) throw system_error(errno, "[write_video] " + folder.string());
  const size_t frames = existing_files(names).size();
  std::error_code error;
  const auto entries = std::distance(fs::directory_iterator(folder, error), fs::directory_iterator());
  return !error && static_cast<size_t>(entries) == frames &&
         (::geteuid() == 0 || ::geteuid() == status.st_uid) && !is_mount_point(folder) &&
         !holds_working_directory(folder) && ::access(folder.c_str(), W_OK | X_OK) == 0 &&
         ::access(folder.parent_path().c_str(), W_OK | X_OK) == 0;
}

bool swap_folder(TemporaryFolder& fresh, const FrameNames& names) {
  const fs::path folder = real_folder(names);
  struct stat status = {};
  if (::stat(folder.c_str(), &status) != 0 ||
      ::chown(fresh.path().c_str(), status.st_uid, status.st_gid) != 0 ||
      ::chmod(fresh.path().c_str(), status.st_mode & 07777) != 0 || !exchange(fresh.path(), folder)) {
    return false;
  }
  // From here on `fresh` is the old folder.
  std::error_code error;
  for (fs::directory_iterator entry(fresh.path(), error), end; !error && entry != end;
       entry.increment(error)) {
    const fs::path name = entry->path().filename();
    if (names.number(name.string())) continue;
    fs::rename(entry->path(), folder / name, error);
    if (error) break;
  }
  if (error) {
    fresh.release();
    throw system_error(error.value(), concat("[write_video] ", folder.string(), " is written, but ",
                                             fresh.path().string(), " holds files of the old folder"));
  }
  return true;
}

void swap_frames(const fs::path& fresh, const FrameNames& names, int64_t count) {
  const std::map<int64_t, fs::path> before = existing_files(names);
  TemporaryFolder old(names.folder() / "frames");
  Moves moves;
  try {
    for (const auto& [number, path] : before) moves.add(path, old.path() / path.filename());
    for (int64_t i = count; i-- > 0;) moves.add(fresh / names.name(i), names.folder() / names.name(i));
  } catch (const Error&) {
    if (!moves.take_back()) old.release();
    throw;
  }
}

}  // namespace sfv::io
