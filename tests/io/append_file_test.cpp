#include "sfv/io/append_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include "tests/error_of.h"
#include "tests/io/child_process.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

TEST(AppendFile, CutsThenGrows) {
  const TestFolder folder;
  const auto path = folder.file("a", "12345");
  AppendFile file(path, 3);
  EXPECT_EQ(read_text(path), "123");
  file.append("ab");
  file.append("");
  EXPECT_EQ(read_text(path), "123ab");
  EXPECT_NO_THROW(file.sync());
  const AppendFile made(folder.path() / "new", 0);
  EXPECT_EQ(read_text(folder.path() / "new"), "");
}

TEST(AppendFile, NamesWhatItCannotOpen) {
  const TestFolder folder;
  EXPECT_EQ(error_of([&] { AppendFile(folder.path() / "none" / "a", 0); }).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of([&] { AppendFile(folder.file("a", "12"), 3); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(error_of([&] { AppendFile(folder.path(), 0); }).reason(), "nothing thrown");
}

TEST(AppendFile, AFullDiskLeavesNoHalfPiece) {
  const TestFolder folder;
  const auto path = folder.path() / "a";
  EXPECT_TRUE(passes_in_child([&] {
    AppendFile file(path, 0);
    file.append("whole\n");
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{10, 10};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    return error_of([&] { file.append("a longer line\n"); }).code() == ErrorCode::kNoSpace;
  }));
  EXPECT_EQ(read_text(path), "whole\n");
}

}  // namespace
}  // namespace sfv::io
