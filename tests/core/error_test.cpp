#include "sfv/core/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "sfv/core/check.h"

namespace sfv {
namespace {

TEST(ErrorTable, HasOneRowPerCodeInOrder) {
  std::set<std::string_view> names;
  int expected = 0;
  for (const ErrorRow& row : error_table()) {
    EXPECT_EQ(static_cast<int>(row.code), expected++);
    EXPECT_EQ(&error_row(row.code), &row);
    EXPECT_TRUE(names.insert(row.json).second) << row.json;
  }
  EXPECT_EQ(expected, static_cast<int>(ErrorCode::kInternal) + 1);
}

TEST(SystemError, MapsErrnoToCode) {
  EXPECT_EQ(system_error(ENOENT, "x").code(), ErrorCode::kNotFound);
  EXPECT_EQ(system_error(EACCES, "x").code(), ErrorCode::kPermission);
  EXPECT_EQ(system_error(ENOSPC, "x").code(), ErrorCode::kNoSpace);
  EXPECT_STREQ(system_error(ENOENT, "[open] a.txt").what(), "[open] a.txt: No such file or directory");
}

TEST(Check, ThrowsTheCodeWithTheJoinedMessage) {
  try {
    SFV_CHECK(1 + 1 == 3, kInvalidFile, "[here] expected ", 3, ", got ", 2);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
    EXPECT_STREQ(error.what(), "[here] expected 3, got 2");
  }
}

}  // namespace
}  // namespace sfv
