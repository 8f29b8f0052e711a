#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "sfv/io/safetensors.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

using testing::HasSubstr;
using Entry = SafetensorsWriter::Entry;
using Metadata = std::map<std::string, std::string>;

// tests/golden/safetensors/make_official.py: byte i of every tensor is i % 251.
std::vector<std::byte> pattern(size_t count) {
  std::vector<std::byte> bytes(count);
  for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i % 251);
  return bytes;
}

size_t bytes_of(const Entry& entry) {
  size_t bytes = size_of(entry.dtype);
  for (const int64_t size : entry.shape) bytes *= static_cast<size_t>(size);
  return bytes;
}

std::string written(std::vector<Entry> entries, const Metadata& metadata = {}) {
  const TestFolder folder;
  SafetensorsWriter writer(folder.path() / "a.safetensors", std::move(entries), metadata);
  for (const Entry& entry : writer.entries()) writer.write(pattern(bytes_of(entry)));
  writer.finish();
  EXPECT_EQ(folder.count(), 1U);
  return read_text(folder.path() / "a.safetensors");
}

std::string golden(const std::string& name) {
  return read_text(std::filesystem::path(SFV_SOURCE_DIR) / "tests/golden/safetensors" /
                   (name + ".safetensors"));
}

TEST(SafetensorsWriter, WritesTheOfficialLibrarysBytes) {
  EXPECT_EQ(written({{"z.bool", DType::kBool, {3}},
                     {"u8", DType::kU8, {2, 2}},
                     {"i8", DType::kI8, {1}},
                     {"f8e5", DType::kF8E5M2, {5}},
                     {"f8e4", DType::kF8E4M3, {5}},
                     {"i16", DType::kI16, {2}},
                     {"u16", DType::kU16, {2}},
                     {"f16", DType::kF16, {1, 2, 1}},
                     {"bf16", DType::kBF16, {2}},
                     {"i32", DType::kI32, {1}},
                     {"u32", DType::kU32, {1}},
                     {"f32", DType::kF32, {2, 3}},
                     {"f64", DType::kF64, {1}},
                     {"i64", DType::kI64, {}},
                     {"u64", DType::kU64, {1}},
                     {"a.f32", DType::kF32, {0, 7}},
                     {"B.f32", DType::kF32, {}},
                     {"quote\"back\\slash\né😀\x01/", DType::kF32, {1}}}),
            golden("every_dtype"));
  EXPECT_EQ(written({{"weight", DType::kF16, {2, 2}}, {"bias", DType::kF32, {2}}}, {{"format", "pt"}}),
            golden("with_metadata"));
  EXPECT_EQ(written({}), golden("no_tensors"));
}

TEST(SafetensorsWriter, WritesWhatTheReaderReads) {
  std::mt19937 random(3);
  std::vector<Entry> entries;
  for (int i = 0; i < 200; ++i) {
    Entry entry{std::to_string(random()), static_cast<DType>(random() % 15), {}};
    for (auto rank = random() % 5; rank > 0; --rank) entry.shape.push_back(random() % 4);
    entries.push_back(entry);
  }
  const std::string file = written(entries, {{"a", "1"}, {"b", "\"2\""}});
  const SafetensorsHeader header = parse_safetensors(std::as_bytes(std::span(file)), "a");
  EXPECT_EQ(header.data_begin % 8, 0U);
  EXPECT_EQ(header.metadata, (Metadata{{"a", "1"}, {"b", "\"2\""}}));
  ASSERT_EQ(header.tensors.size(), entries.size());
  for (const Entry& entry : entries) {
    const TensorInfo& info = header.tensors.at(entry.name);
    EXPECT_EQ(info.dtype, entry.dtype);
    EXPECT_EQ(info.shape, entry.shape);
    // Aligned for its element type: the larger ones come first.
    EXPECT_EQ(info.begin % size_of(info.dtype), 0U);
  }
}

TEST(SafetensorsWriter, LeavesNothingUnlessFinished) {
  const TestFolder folder;
  {
    SafetensorsWriter writer(folder.path() / "a", {{"x", DType::kU8, {2}}}, {});
    const Error error = error_of([&] { writer.finish(); });
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(error.what(), HasSubstr("1 tensors are missing, the first is \"x\""));
  }
  EXPECT_EQ(folder.count(), 0U);
}

TEST(SafetensorsWriter, RefusesWrongSizesAndTooManyTensors) {
  const TestFolder folder;
  SafetensorsWriter writer(folder.path() / "a", {{"x", DType::kF32, {2}}}, {});
  EXPECT_THAT(error_of([&] { writer.write(pattern(7)); }).what(),
              HasSubstr("tensor \"x\": expected 8 bytes, got 7"));
  writer.write(pattern(8));
  EXPECT_THAT(error_of([&] { writer.write({}); }).what(), HasSubstr("all 1 tensors are written"));
  writer.finish();
}

TEST(SafetensorsWriter, RefusesEntriesThatNoReaderWouldTake) {
  const TestFolder folder;
  const auto message = [&](std::vector<Entry> entries, const Metadata& metadata = {}) {
    const Error error =
        error_of([&] { const SafetensorsWriter writer(folder.path() / "a", std::move(entries), metadata); });
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return std::string(error.what());
  };
  constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
  EXPECT_THAT(message({{"x", DType::kU8, {1}}, {"x", DType::kF32, {1}}}), HasSubstr("\"x\" is given twice"));
  EXPECT_THAT(message({{"x", DType::kU8, {-1}}}), HasSubstr("expected sizes from 0, found -1"));
  EXPECT_THAT(message({{"x", DType::kF32, {kHuge}}}), HasSubstr("too large"));
  EXPECT_THAT(message({{"x", DType::kU8, {kHuge}}, {"y", DType::kU8, {kHuge}}}), HasSubstr("too large"));
  EXPECT_THAT(message({{"__metadata__", DType::kU8, {1}}}), HasSubstr("__metadata__"));
  EXPECT_THAT(message({{"\xff", DType::kU8, {1}}}), HasSubstr("not UTF-8"));
  EXPECT_THAT(message({}, {{"a", "\xff"}}), HasSubstr("not UTF-8"));
  EXPECT_THAT(message({}, {{"a", std::string(100'000'001, 'x')}}),
              HasSubstr("readers take at most 100000000"));
  EXPECT_EQ(folder.count(), 0U);
}

TEST(SafetensorsWriter, ReportsTheFoldersErrors) {
  const TestFolder folder;
  EXPECT_EQ(error_of([&] { const SafetensorsWriter writer(folder.path() / "no" / "a", {}, {}); }).code(),
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace sfv::io
