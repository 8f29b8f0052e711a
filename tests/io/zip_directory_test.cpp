#include "sfv/io/zip_directory.h"

#include <gtest/gtest.h>

#include <span>

#include "tests/error_of.h"
#include "tests/io/zip_builder.h"

namespace sfv::io {
namespace {

ZipBuilder sample() {
  return {.entries = {{"a/data.pkl", "hello"}, {"a/data/0", ""}, {"a/data/1", "0123456789"}}};
}

ZipDirectory read(const std::string& file) {
  return read_zip_directory(std::as_bytes(std::span(file)), "[test] a.zip");
}

std::string rule_of(const std::string& file) {
  const Error error = error_of([&] { static_cast<void>(read(file)); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
  return error.reason();
}

std::string rule_of(const ZipBuilder& zip) {
  return rule_of(zip.build());
}

TEST(ZipDirectory, FindsEntriesWithAndWithoutZip64AndComment) {
  for (const bool is_zip64 : {false, true}) {
    for (const std::string& comment :
         {std::string(), std::string("PK\x05\x06 a comment"), std::string(65535, 'c')}) {
      ZipBuilder zip = sample();
      zip.is_zip64 = is_zip64;
      zip.comment = comment;
      const std::string file = zip.build();
      const ZipDirectory entries = read(file);
      ASSERT_EQ(entries.size(), 3U);
      for (const auto& [name, content] : zip.entries) {
        EXPECT_EQ(file.substr(entries.at(name).offset, entries.at(name).size), content);
      }
    }
  }
}

TEST(ZipDirectory, TakesAnEmptyArchive) {
  EXPECT_TRUE(read(ZipBuilder{}.build()).empty());
}

TEST(ZipDirectory, TakesDeflatedEntriesOnlyWhereAskedFor) {
  ZipBuilder zip = sample();
  zip.method = 8;
  const auto deflated = [](const std::string& file) {
    return read_zip_directory(std::as_bytes(std::span(file)), "[test] a.zip", ZipCompression::kDeflate);
  };
  const std::string file = zip.build();
  EXPECT_EQ(file.substr(deflated(file).at("a/data/1").offset, 10), "0123456789");
  EXPECT_EQ(deflated(sample().build()).size(), 3U);
  zip.method = 12;  // bzip2
  EXPECT_EQ(error_of([&] { static_cast<void>(deflated(zip.build())); }).reason(), "zip.compressed");
}

TEST(ZipDirectory, RefusesEachBrokenRuleByItsName) {
  const auto broken = [](auto change) {
    ZipBuilder zip = sample();
    change(zip);
    return rule_of(zip);
  };
  EXPECT_EQ(rule_of(std::string()), "zip.no_end_record");
  EXPECT_EQ(rule_of(std::string(1000, 'x')), "zip.no_end_record");
  EXPECT_EQ(broken([](ZipBuilder& z) { z.entries.push_back(z.entries[0]); }), "zip.duplicate_name");
  EXPECT_EQ(broken([](ZipBuilder& z) { z.flags = 1; }), "zip.encrypted");
  EXPECT_EQ(broken([](ZipBuilder& z) { z.method = 8; }), "zip.compressed");
  EXPECT_EQ(broken([](ZipBuilder& z) { z.local_name = "a/data/2"; }), "zip.local_header");
  EXPECT_EQ(broken([](ZipBuilder& z) { z.offset_off_by = 1; }), "zip.local_header");
  EXPECT_EQ(broken([](ZipBuilder& z) { z.offset_off_by = 1'000'000; }), "zip.local_header");
  EXPECT_EQ(broken([](ZipBuilder& z) { z.size_off_by = 1; }), "zip.entry_range");
  EXPECT_EQ(broken([](ZipBuilder& z) { z.count_off_by = 1; }), "zip.directory_entry");
  EXPECT_EQ(broken([](ZipBuilder& z) { z.count_off_by = -1; }), "zip.directory_range");
  const std::string file = sample().build();
  std::string changed = file;
  changed[file.size() - 18] = 1;  // disk number
  EXPECT_EQ(rule_of(changed), "zip.many_disks");
  changed = file;
  changed[file.size() - 3] = 1;  // offset of the directory
  EXPECT_EQ(rule_of(changed), "zip.directory_range");
  for (const int64_t off : {int64_t{1} << 40, int64_t{-11}, INT64_MAX, INT64_MIN}) {
    EXPECT_EQ(broken([&](ZipBuilder& z) { z.is_zip64 = true, z.size_off_by = off; }), "zip.entry_range")
        << off;
    EXPECT_EQ(broken([&](ZipBuilder& z) { z.is_zip64 = true, z.offset_off_by = off; }), "zip.local_header")
        << off;
    EXPECT_TRUE(
        broken([&](ZipBuilder& z) { z.is_zip64 = true, z.count_off_by = off; }).starts_with("zip.directory_"))
        << off;
  }
}

TEST(ZipDirectory, RefusesOverlappingEntries) {
  // The first entry's content holds a whole local header, which the directory gives as a second entry.
  const std::string inner = ZipBuilder{.entries = {{"b", "xyz"}}}.build().substr(0, 30 + 1 + 3);
  ZipBuilder zip{.entries = {{"a", inner}, {"b", "xyz"}}};
  zip.offset_off_by = 31 - static_cast<int64_t>(30 + 1 + inner.size());
  EXPECT_EQ(rule_of(zip), "zip.overlap");
}

TEST(ZipDirectory, RefusesEveryTruncation) {
  for (const bool is_zip64 : {false, true}) {
    ZipBuilder zip = sample();
    zip.is_zip64 = is_zip64;
    const std::string file = zip.build();
    for (size_t i = 0; i < file.size(); ++i) EXPECT_EQ(rule_of(file.substr(0, i)), "zip.no_end_record") << i;
  }
}

}  // namespace
}  // namespace sfv::io
