#include "sfv/io/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "tests/error_of.h"
#include "tests/io/child_process.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

std::string_view text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

ErrorCode code_of(const std::filesystem::path& path) {
  const Error error = error_of([&] { const MappedFile file(path); });
  EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
  return error.code();
}

TEST(MappedFile, ShowsTheFilesBytes) {
  const TestFolder folder;
  EXPECT_EQ(text_of(MappedFile(folder.file("a", "hello"))), "hello");
  EXPECT_TRUE(MappedFile(folder.file("empty", "")).bytes().empty());
}

TEST(MappedFile, MovesItsMapping) {
  const TestFolder folder;
  MappedFile a(folder.file("a", "first"));
  MappedFile b(std::move(a));
  EXPECT_EQ(text_of(b), "first");
  MappedFile c(folder.file("c", "second"));
  c = std::move(b);
  EXPECT_EQ(text_of(c), "first");
}

// Faults of this process, each of which maps some pages of a file, a huge one at most.
int64_t faults_of_reading(std::span<const std::byte> bytes) {
  const auto faults = [] {
    rusage usage = {};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt + usage.ru_majflt;
  };
  const int64_t before = faults();
  int sum = 0;
  for (size_t i = 0; i < bytes.size(); i += 4096) sum += static_cast<int>(bytes[i]);
  EXPECT_EQ(sum, static_cast<int>('x') * static_cast<int>((bytes.size() + 4095) / 4096));
  return faults() - before;
}

TEST(MappedFile, WhatWasReadAheadFaultsNoMore) {
  const TestFolder folder;
  const auto path = folder.file("a", std::string(size_t{64} << 20, 'x'));
  EXPECT_GE(faults_of_reading(MappedFile(path).bytes()), 32);
  const MappedFile file(path);
  void* const data = const_cast<std::byte*>(file.bytes().data());
  if (::madvise(data, 1, MADV_POPULATE_READ) != 0) GTEST_SKIP() << "this system cannot (Linux before 5.14)";
  const auto inner = file.bytes().subspan(5000, file.bytes().size() - 10000);
  read_ahead(inner);
  EXPECT_LT(faults_of_reading(inner), 8);
}

TEST(MappedFile, KeepsTheOldBytesWhenTheFileIsReplaced) {
  const TestFolder folder;
  const auto path = folder.file("a", "old");
  const MappedFile file(path);
  std::filesystem::rename(folder.file("b", "new!"), path);
  EXPECT_EQ(text_of(file), "old");
}

TEST(MappedFile, RefusesWhatIsNoFile) {
  const TestFolder folder;
  EXPECT_EQ(code_of(folder.path() / "absent"), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(folder.file("plain", "") / "inside"), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(folder.path()), ErrorCode::kInvalidFile);
  EXPECT_EQ(code_of("/dev/zero"), ErrorCode::kInvalidFile);
  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(code_of(pipe), ErrorCode::kInvalidFile);  // and does not wait for a writer
  sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
  std::strncpy(address.sun_path, (folder.path() / "socket").c_str(), sizeof(address.sun_path) - 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(code_of(folder.path() / "socket"), ErrorCode::kInvalidFile);
  ::close(socket);
}

TEST(MappedFile, ReportsNoPermission) {
  const TestFolder folder;
  const auto path = folder.file("secret", "x");
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  EXPECT_TRUE(passes_as_ordinary_user([&] { return code_of(path) == ErrorCode::kPermission; }));
}

}  // namespace
}  // namespace sfv::io
