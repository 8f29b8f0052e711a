#include "sfv/io/atomic_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <utility>

#include "tests/error_of.h"
#include "tests/io/child_process.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

ErrorCode open_code(const std::filesystem::path& path) {
  const Error error = error_of([&] { const AtomicFile file(path); });
  EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
  return error.code();
}

TEST(AtomicFile, AppearsWholeAtCommit) {
  const TestFolder folder;
  const auto path = folder.path() / "out.bin";
  AtomicFile file(path);
  file.write("hello ");
  file.write("world");
  EXPECT_FALSE(std::filesystem::exists(path));
  file.commit();
  EXPECT_EQ(read_text(path), "hello world");
  EXPECT_EQ(folder.count(), 1U);
}

TEST(AtomicFile, LeavesNothingWithoutCommit) {
  const TestFolder folder;
  const auto path = folder.file("out.bin", "before");
  {
    AtomicFile file(path);
    file.write("half");
    EXPECT_EQ(folder.count(), 2U);
  }
  EXPECT_EQ(folder.count(), 1U);
  EXPECT_EQ(read_text(path), "before");
}

TEST(AtomicFile, ReplacesAnOlderFile) {
  const TestFolder folder;
  const auto path = folder.file("out.bin", "before, and longer");
  AtomicFile file(path);
  file.write("after");
  file.commit();
  EXPECT_EQ(read_text(path), "after");
}

TEST(AtomicFile, HasThePermissionsTheUmaskLeaves) {
  const TestFolder folder;
  for (const mode_t mask : {0022U, 0077U, 0002U}) {
    const mode_t before = ::umask(mask);
    AtomicFile file(folder.path() / "out");
    file.commit();
    ::umask(before);
    struct stat status = {};
    ASSERT_EQ(::stat((folder.path() / "out").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0666U & ~mask);
  }
}

TEST(AtomicFile, KeepsTheEndingInTheTemporaryNameAndFitsLongNames) {
  const TestFolder folder;
  const AtomicFile file(folder.path() / "clip.mp4");
  EXPECT_EQ(file.temporary_path().extension(), ".mp4");
  EXPECT_EQ(file.temporary_path().parent_path(), folder.path());
  const std::string longest = std::string(251, 'n') + ".mp4";
  AtomicFile long_file(folder.path() / longest);
  long_file.commit();
  EXPECT_TRUE(std::filesystem::exists(folder.path() / longest));
}

TEST(AtomicFile, WritesIntoTheCurrentFolderAndTakesLibrariesThatWriteByName) {
  const TestFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  {
    AtomicFile file("here.txt");
    std::ofstream(file.temporary_path()) << "by name";
    file.commit();
  }
  std::filesystem::current_path(before);
  EXPECT_EQ(read_text(folder.path() / "here.txt"), "by name");
}

TEST(AtomicFile, MovesWithoutRemovingTwice) {
  const TestFolder folder;
  AtomicFile a(folder.path() / "out");
  AtomicFile b(std::move(a));
  b.write("x");
  b.commit();
  EXPECT_EQ(read_text(folder.path() / "out"), "x");
}

TEST(AtomicFile, RefusesFoldersDevicesAndMissingFolders) {
  const TestFolder folder;
  EXPECT_EQ(open_code(folder.path() / "absent" / "out"), ErrorCode::kNotFound);
  EXPECT_EQ(open_code(folder.file("plain", "") / "out"), ErrorCode::kNotFound);
  EXPECT_EQ(open_code(folder.path()), ErrorCode::kInvalidArgument);
  EXPECT_EQ(open_code(folder.path() / ""), ErrorCode::kInvalidArgument);
  EXPECT_EQ(open_code("/dev/null"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(folder.count(), 1U);
}

TEST(AtomicFile, ReportsNoPermission) {
  const TestFolder folder;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0555), 0);
  EXPECT_TRUE(
      passes_as_ordinary_user([&] { return open_code(folder.path() / "out") == ErrorCode::kPermission; }));
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
}

TEST(AtomicFile, ReportsAFullDiskAndRemovesWhatItWrote) {
  const TestFolder folder;
  EXPECT_TRUE(passes_in_child([&] {
    // A limit on file size fails a write half way as a full disk does.
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {.rlim_cur = 1000, .rlim_max = 1000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    const Error error = error_of([&] {
      AtomicFile file(folder.path() / "out");
      for (int i = 0; i < 3; ++i) file.write(std::string(600, 'x'));
      file.commit();
    });
    return error.code() == ErrorCode::kNoSpace && std::string(error.what()).find("out") != std::string::npos;
  }));
  EXPECT_EQ(folder.count(), 0U);
}

TEST(AtomicFile, ReportsAFullDeviceFromTheKernel) {
  // /dev/full says ENOSPC to every write; put in place of the temporary file's descriptor it stands for a
  // full disk.
  const TestFolder folder;
  EXPECT_TRUE(passes_in_child([&] {
    const int before = ::dup(0);
    ::close(before);
    AtomicFile file(folder.path() / "out");  // takes the lowest free descriptor, which was `before`
    const int full = ::open("/dev/full", O_WRONLY);
    if (full < 0 || ::dup2(full, before) != before) return false;
    return error_of([&] { file.write("x"); }).code() == ErrorCode::kNoSpace;
  }));
}

TEST(AtomicFile, RefusesUseAfterCommit) {
  const TestFolder folder;
  AtomicFile file(folder.path() / "out");
  file.commit();
  EXPECT_EQ(error_of([&] { file.write("x"); }).code(), ErrorCode::kInternal);
  EXPECT_EQ(error_of([&] { file.commit(); }).code(), ErrorCode::kInternal);
}

}  // namespace
}  // namespace sfv::io
