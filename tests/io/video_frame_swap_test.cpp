#include "sfv/io/video_frame_swap.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <set>
#include <thread>

#include "sfv/io/video_reader.h"
#include "sfv/io/video_writer.h"
#include "tests/error_of.h"
#include "tests/io/child_process.h"
#include "tests/io/video_clips.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

namespace fs = std::filesystem;

const VideoWriteOptions kOverwrite = {.overwrite = true};

const Clip& long_clip() {
  static const Clip clip = make_moving_clip(24, 16, 9);
  return clip;
}

const Clip& short_clip() {
  static const Clip clip = make_moving_clip(16, 16, 6);
  return clip;
}

/// A folder that was opened, whatever its path means by now.
class OpenFolder {
 public:
  explicit OpenFolder(const fs::path& path)
      : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_DIRECTORY)) {}
  ~OpenFolder() { ::close(fd_); }
  OpenFolder(const OpenFolder&) = delete;
  OpenFolder& operator=(const OpenFolder&) = delete;
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] bool is_still_there() const {
    struct stat opened = {};
    struct stat named = {};
    return ::fstat(fd_, &opened) == 0 && ::stat(path_.c_str(), &named) == 0 && opened.st_ino == named.st_ino;
  }
  [[nodiscard]] fs::path by_handle() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  fs::path path_;
  int fd_;
};

TEST(FrameSwap, AFolderHoldsOneSetOrTheOtherAtEveryMoment) {
  const TestFolder parent;
  const fs::path folder = parent.path() / "frames";
  write_video(long_clip(), folder, {});
  std::atomic<bool> ended{false};
  std::thread writer([&] {
    for (int i = 0; i < 12; ++i) write_video(i % 2 == 0 ? short_clip() : long_clip(), folder, kOverwrite);
    ended = true;
  });
  int64_t seen = 0;
  int64_t missing = 0;
  int64_t wrong = 0;
  while (!ended) {
    const OpenFolder open(folder);
    if (!open.is_open()) {
      ++missing;
      continue;
    }
    std::set<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(open.by_handle(), ignored)) {
      if (entry.path().extension() == ".png") names.insert(entry.path().filename().string());
    }
    if (!open.is_still_there()) continue;  // what was listed is the old folder, on its way out
    ++seen;
    const size_t frames = names.size();
    wrong += (frames == 9 || frames == 6) && *names.begin() == "000.png" ? 0 : 1;
  }
  writer.join();
  EXPECT_GT(seen, 10);
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(missing, 0);
  EXPECT_EQ(read_video(folder).frames, long_clip().frames);
  EXPECT_EQ(parent.count(), 1U);
}

TEST(FrameSwap, AFolderIsReplacedByAnotherWithItsMode) {
  const TestFolder parent;
  const fs::path folder = parent.path() / "frames";
  write_video(long_clip(), folder, {});
  fs::permissions(folder, fs::perms(0750));
  struct stat before = {};
  ASSERT_EQ(::stat(folder.c_str(), &before), 0);
  fs::create_directory_symlink(folder, parent.path() / "link");
  write_video(short_clip(), parent.path() / "link", kOverwrite);
  struct stat after = {};
  ASSERT_EQ(::stat(folder.c_str(), &after), 0);
  EXPECT_NE(before.st_ino, after.st_ino);
  EXPECT_EQ(before.st_mode, after.st_mode);
  EXPECT_TRUE(fs::is_symlink(parent.path() / "link"));
  EXPECT_EQ(read_video(folder).frames, short_clip().frames);
  EXPECT_EQ(parent.count(), 2U);
}

/// From here on, renameat2 says that it is not supported, as on NFS.
bool forbid_exchange() {
  const auto filter = std::to_array<sock_filter>({
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_renameat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  });
  const sock_fprog program = {.len = filter.size(), .filter = const_cast<sock_filter*>(filter.data())};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(FrameSwap, WithoutExchangeTwoRenamesDoIt) {
#ifndef __NR_rename
  GTEST_SKIP() << "here rename() itself is renameat2, which this test forbids";
#endif
  const TestFolder parent;
  const fs::path folder = parent.path() / "frames";
  write_video(long_clip(), folder, {});
  struct stat before = {};
  ASSERT_EQ(::stat(folder.c_str(), &before), 0);
  ASSERT_TRUE(passes_in_child([&] {
    if (!forbid_exchange()) return false;
    write_video(short_clip(), folder, kOverwrite);
    return true;
  }));
  struct stat after = {};
  ASSERT_EQ(::stat(folder.c_str(), &after), 0);
  EXPECT_NE(before.st_ino, after.st_ino);
  EXPECT_EQ(read_video(folder).frames, short_clip().frames);
  EXPECT_EQ(parent.count(), 1U);
}

TEST(FrameSwap, TheWorkingDirectoryIsNotReplacedUnderItsUser) {
  const TestFolder parent;
  const fs::path folder = parent.path() / "frames";
  write_video(long_clip(), folder, {});
  EXPECT_TRUE(passes_in_child([&] {
    fs::current_path(folder);
    write_video(short_clip(), ".", kOverwrite);
    return fs::exists("000.png") && read_video(".").frames == short_clip().frames;
  }));
  EXPECT_EQ(read_video(folder).frames, short_clip().frames);
}

/// Both kinds of output whose frames change one by one. The parameter is the output's name.
class FramesBesideOthers : public testing::TestWithParam<const char*> {
 protected:
  FramesBesideOthers() {
    (void)folder_.file("notes.txt", "mine");
    write_video(long_clip(), output(), {});
  }
  [[nodiscard]] fs::path output() const { return folder_.path() / GetParam(); }

  TestFolder folder_;
};

TEST_P(FramesBesideOthers, AreReplacedAndTheOthersStay) {
  write_video(short_clip(), output(), kOverwrite);
  EXPECT_EQ(read_video(output()).frames, short_clip().frames);
  EXPECT_EQ(read_text(folder_.path() / "notes.txt"), "mine");
  EXPECT_EQ(folder_.count(), 7U);
}

TEST_P(FramesBesideOthers, StayWhenAFolderHasTheNameOfAFrame) {
  const FrameNames names(output());
  fs::create_directory(folder_.path() / names.name(20));
  (void)folder_.file(names.name(20) + "/mine.txt", "mine");
  const Error error = error_of([&] { write_video(short_clip(), output(), kOverwrite); });
  EXPECT_EQ(error.code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(read_video(output()).frames, long_clip().frames);
  EXPECT_EQ(read_text(folder_.path() / names.name(20) / "mine.txt"), "mine");
  EXPECT_EQ(folder_.count(), 11U);
}

TEST_P(FramesBesideOthers, AreAllBackWhenOneCannotBeReplaced) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to make a file that its user may not move";
  constexpr uid_t kNobody = 65534;
  const FrameNames names(output());
  fs::permissions(folder_.path(), fs::perms(01777));  // a user moves his own files only
  for (int64_t i = 0; i < 9; ++i) {
    if (i == 4) continue;
    ASSERT_EQ(::chown((folder_.path() / names.name(i)).c_str(), kNobody, kNobody), 0);
  }
  EXPECT_TRUE(passes_as_ordinary_user([&] {
    const Error error = error_of([&] { write_video(short_clip(), output(), kOverwrite); });
    return error.code() == ErrorCode::kPermission;
  }));
  EXPECT_EQ(read_video(output()).frames, long_clip().frames);
  EXPECT_EQ(folder_.count(), 10U);
}

INSTANTIATE_TEST_SUITE_P(FrameSwap, FramesBesideOthers, testing::Values("f_%03d.png", ""),
                         [](const auto& test) { return test.index == 0 ? "Pattern" : "Folder"; });

}  // namespace
}  // namespace sfv::io
