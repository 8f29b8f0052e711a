// A folder that appears whole or not at all.
#include "sfv/io/temporary_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <random>
#include <string>
#include <system_error>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::io {

TemporaryFolder::TemporaryFolder(std::filesystem::path target) : target_(std::move(target)) {
  // "frames/" is the folder "frames".
  if (!target_.has_filename()) target_ = target_.parent_path();
  std::random_device random;
  constexpr int kAttempts = 100;
  constexpr size_t kLongestStem = 200;  // of the 255 bytes that file systems allow
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::filesystem::path candidate =
        target_.parent_path() / concat(".", target_.filename().string().substr(0, kLongestStem), ".tmp",
                                       ::getpid(), "-", std::hex, random());
    // mkdir fails where something exists, which keeps two writers apart.
    if (::mkdir(candidate.c_str(), 0777) == 0) {
      temporary_ = std::move(candidate);
      return;
    }
    if (errno != EEXIST) break;
  }
  throw system_error(errno, "[write] " + target_.string() + ": cannot make a folder beside it");
}

TemporaryFolder::~TemporaryFolder() {
  if (temporary_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(temporary_, ignored);
}

void TemporaryFolder::commit() {
  if (::rename(temporary_.c_str(), target_.c_str()) != 0)
    throw system_error(errno, "[write] " + target_.string());
  temporary_.clear();
}

}  // namespace sfv::io
