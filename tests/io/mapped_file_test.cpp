#include "sfv/io/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
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
