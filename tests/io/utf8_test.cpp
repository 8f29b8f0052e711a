#include "sfv/io/utf8.h"

#include <gtest/gtest.h>

namespace sfv::io {
namespace {

TEST(Utf8, TakesEveryCodePointItWrites) {
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    std::string text;
    append_utf8(text, c);
    ASSERT_EQ(find_invalid_utf8(text), text.size()) << std::hex << static_cast<uint32_t>(c);
    // Cut short it is not valid.
    for (size_t length = 1; length < text.size(); ++length)
      ASSERT_EQ(find_invalid_utf8(text.substr(0, length)), 0U);
  }
}

TEST(Utf8, WritesTheKnownForms) {
  std::string text;
  for (const char32_t c : {U'a', U'é', U'€', U'😀'}) append_utf8(text, c);
  EXPECT_EQ(text, "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
}

TEST(Utf8, FindsTheFirstBrokenByte) {
  // Source of the cases: Unicode 15, table 3-7 and the examples of section 3.9.
  for (const std::string_view bad :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3(", "\xe2\x28\xa1",
        "\xe2\x82(", "\xf0\x9f\x98("}) {
    EXPECT_EQ(find_invalid_utf8("ab" + std::string(bad) + "cd"), 2U) << printable(bad);
  }
  EXPECT_EQ(find_invalid_utf8(""), 0U);
}

TEST(Printable, QuotesAndEscapesAndCuts) {
  EXPECT_EQ(printable("weight"), "\"weight\"");
  EXPECT_EQ(printable(std::string_view("a\n\0\x7f\xff", 5)), "\"a\\x0a\\x00\\x7f\\xff\"");
  EXPECT_EQ(printable("é"), "\"é\"");
  EXPECT_EQ(printable(std::string(1000, 'x')), "\"" + std::string(200, 'x') + "…\"");
}

}  // namespace
}  // namespace sfv::io
