#include "sfv/io/event_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "sfv/core/log.h"
#include "sfv/io/event_record.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

using std::string_literals::operator""s;
using std::string_view_literals::operator""sv;
using testing::ElementsAre;
using testing::HasSubstr;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// The steps of all records; the version record counts as step 0. Fails where bytes are left over.
std::vector<int64_t> steps_of(const std::filesystem::path& path) {
  const std::string text = read_text(path);
  std::span<const std::byte> rest = bytes_of(text);
  std::vector<int64_t> steps;
  while (const auto record = read_record(rest)) {
    steps.push_back(record->step);
    rest = rest.subspan(record->size);
  }
  EXPECT_TRUE(rest.empty()) << rest.size() << " bytes are no record";
  return steps;
}

// One second after 1970: 0x3ff0000000000000.
const std::string kWallTime = "\x09\0\0\0\0\0\0\xf0\x3f"s;

TEST(EventRecord, EqualsHandMadeBytes) {
  EXPECT_EQ(encode_version_event(1), kWallTime + "\x1a\x0d" + "brain.Event:2");
  // value {1: "a", 2: 0.5f}, inside summary {1: value}, as field 5; step 300 is AC 02.
  EXPECT_EQ(encode_scalar_event(1, 300, "a", 0.5),
            kWallTime + "\x10\xac\x02\x2a\x0a\x0a\x08\x0a\x01"s + "a" + "\x15\0\0\0\x3f"s);
  // image {1: height 2, 2: width 1, 3: 3 channels, 4: "png"} as field 4 of the value.
  EXPECT_EQ(encode_image_event(1, 1, "a", 1, 2, bytes_of("png")),
            kWallTime + "\x10\x01\x2a\x12\x0a\x10\x0a\x01"s + "a" +
                "\x22\x0b\x08\x02\x10\x01\x18\x03\x22\x03" + "png");
  // tensor {1: DT_STRING, 2: shape {2: {1: 1}}, 8: "hi"}; metadata {1: {1: "text"}, 4: DATA_CLASS_TENSOR}.
  EXPECT_EQ(encode_text_event(1, 1, "a", "hi"), kWallTime + "\x10\x01\x2a\x1f\x0a\x1d\x0a\x01"s + "a" +
                                                    "\x42\x0c\x08\x07\x12\x04\x12\x02\x08\x01\x42\x02" +
                                                    "hi" + "\x4a\x0a\x0a\x06\x0a\x04" + "text" + "\x20\x02");
}

TEST(EventRecord, FramesWithMaskedChecksums) {
  // The check value of CRC-32C over "123456789" is e3069283: turned right by 15 bits and a282ead8 added.
  EXPECT_EQ(frame_record("123456789"),
            "\x09\0\0\0\0\0\0\0\x37\xf9\x71\x39"s + "123456789" + "\xe5\xb0\x8a\xc7");
}

TEST(EventRecord, ReadsBackStepAndSize) {
  const std::string record = frame_record(encode_scalar_event(1, 300, "a", 0.5));
  const auto found = read_record(bytes_of(record + "rest"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size, record.size());
  EXPECT_EQ(found->step, 300);
}

TEST(EventRecord, NoTruncationOrFlippedBitIsTakenForARecord) {
  const std::string record = frame_record(encode_text_event(1, 300, "a", "hi"));
  for (size_t size = 0; size < record.size(); ++size) {
    EXPECT_FALSE(read_record(bytes_of(record).first(size))) << size;
  }
  for (size_t bit = 0; bit < record.size() * 8; ++bit) {
    std::string flipped = record;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(read_record(bytes_of(flipped))) << bit;
  }
}

TEST(EventRecord, SurvivesBrokenMessagesWithRightChecksums) {
  for (const std::string& message :
       {"\x10"s, "\x10\x80"s, "\x0a\x05"s + "abc", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"s, "\x0d\0"s,
        "\x0b"s, "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s}) {
    EXPECT_FALSE(read_record(bytes_of(frame_record(message))));
  }
  EXPECT_TRUE(read_record(bytes_of(frame_record(""))));
}

TEST(EventFile, StartsWithTheVersionAndGrowsRecordByRecord) {
  const TestFolder folder;
  const auto path = folder.path() / "events.out.tfevents.x";
  EventFile file(path, {}, [] { return 1.0; });
  EXPECT_EQ(read_text(path), frame_record(encode_version_event(1)));
  file.scalar("loss", 1, 0.5);
  file.text("note", 2, "hi");
  file.image("sheet", 3, 1, 2, bytes_of("png"));
  EXPECT_EQ(read_text(path), frame_record(encode_version_event(1)) +
                                 frame_record(encode_scalar_event(1, 1, "loss", 0.5)) +
                                 frame_record(encode_text_event(1, 2, "note", "hi")) +
                                 frame_record(encode_image_event(1, 3, "sheet", 1, 2, bytes_of("png"))));
}

TEST(EventFile, IsCutBackToTheStepARunGoesOnFrom) {
  const TestFolder folder;
  const auto path = folder.path() / "events.out.tfevents.x";
  {
    EventFile file(path);
    for (int64_t step = 1; step <= 5; ++step) file.scalar("loss", step, 0);
  }
  {
    EventFile file(path, 3);
    EXPECT_THAT(steps_of(path), ElementsAre(0, 1, 2, 3));
    file.scalar("loss", 4, 1);
    EXPECT_THAT(steps_of(path), ElementsAre(0, 1, 2, 3, 4));
  }
  const EventFile anew(path);
  EXPECT_THAT(steps_of(path), ElementsAre(0));
  EXPECT_EQ(folder.count(), 1U);
}

TEST(EventFile, DropsATornLastRecord) {
  const TestFolder folder;
  const auto path = folder.path() / "events.out.tfevents.x";
  { EventFile(path).scalar("loss", 1, 0); }
  const std::string whole = read_text(path);
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    static_cast<void>(folder.file("events.out.tfevents.x", whole.substr(0, cut)));
    EventFile file(path, 9);
    file.scalar("loss", 2, 0);
    const std::vector<int64_t> steps = steps_of(path);
    EXPECT_EQ(steps.front(), 0);
    EXPECT_EQ(steps, (std::vector<int64_t>{0, 2})) << cut;
  }
}

TEST(EventFile, KeepsNothingBehindADamagedRecordAndSaysSo) {
  const TestFolder folder;
  const auto path = folder.path() / "events.out.tfevents.x";
  {
    EventFile file(path);
    for (int64_t step = 1; step <= 3; ++step) file.scalar("loss", step, 0);
  }
  std::string damaged = read_text(path);
  damaged[damaged.size() / 2 + 20] ^= 1;
  static_cast<void>(folder.file("events.out.tfevents.x", damaged));
  std::string log;
  const LogSink before = set_log_sink([&](LogLevel, const std::string& line) { log += line; });
  const EventFile file(path, 9);
  set_log_sink(before);
  EXPECT_THAT(steps_of(path), ElementsAre(0, 1));
  EXPECT_THAT(log, HasSubstr("no whole record"));
}

// What tests/parity/event_file_check.py opens with TensorBoard itself; it names the file by SFV_EVENT_SAMPLE.
TEST(EventFile, WritesASampleForTensorBoard) {
  const TestFolder folder;
  const char* wanted = std::getenv("SFV_EVENT_SAMPLE");
  const std::filesystem::path path = wanted != nullptr ? wanted : folder.path() / "events.out.tfevents.x";
  // The smallest PNG there is: one grey pixel.
  constexpr std::string_view kPng =
      "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55"
      "\0\0\0\x0aIDAT\x08\xd7\x63\x68\0\0\0\x82\0\x81\xdd\x43\x6a\xf4"
      "\0\0\0\0IEND\xae\x42\x60\x82"sv;
  {
    EventFile file(path, {}, [] { return 1700000000.25; });
    for (int64_t step = 1; step <= 1000; ++step)
      file.scalar("loss/generator", step, 1.0 / static_cast<double>(step));
    file.scalar("loss/discriminator", 2'000'000'000'000, -0.5);
    file.scalar("not a number", 1, std::numeric_limits<double>::quiet_NaN());
  }
  EventFile file(path, 999, [] { return 1700000000.25; });
  file.image("samples", 999, 1, 1, bytes_of(kPng));
  file.text("notes", 999, "**alarm**: motion is falling \xc3\xa4");
  EXPECT_EQ(steps_of(path).size(), 1U + 999 + 1 + 2);
}

TEST(EventFile, RefusesTagsAndPlacesThatCannotBe) {
  const TestFolder folder;
  EventFile file(folder.path() / "e");
  EXPECT_EQ(error_of([&] { file.scalar("", 1, 0); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([&] { file.scalar("\xff", 1, 0); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([&] { EventFile(folder.path() / "none" / "e"); }).code(), ErrorCode::kNotFound);
  EXPECT_NE(error_of([&] { EventFile(folder.path(), 1); }).reason(), "nothing thrown");
}

}  // namespace
}  // namespace sfv::io
