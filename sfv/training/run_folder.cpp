#include "sfv/training/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "sfv/core/check.h"

namespace sfv::training {

RunLock::RunLock(const std::filesystem::path& run) {
  std::error_code error;
  std::filesystem::create_directories(run, error);
  if (error) throw system_error(error.value(), concat("[train] ", run.string(), ": making the run folder"));
  // The file stays: removing it would let two processes hold locks on two files of one name.
  const std::filesystem::path path = run / ".lock";
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) throw system_error(errno, concat("[train] ", path.string()));
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  const int error_number = errno;
  ::close(fd_);
  SFV_CHECK(error_number != EWOULDBLOCK, kAlreadyExists, "[train] ", run.string(),
            ": another process trains in this folder; end it or choose another folder with -o");
  throw system_error(error_number, concat("[train] ", path.string(), ": locking"));
}

RunLock::~RunLock() {
  ::close(fd_);
}

}  // namespace sfv::training
