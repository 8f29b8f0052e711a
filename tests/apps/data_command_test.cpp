#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "apps/sfv/command.h"
#include "apps/sfv/commands.h"
#include "sfv/io/video_writer.h"
#include "tests/temporary_folder.h"

namespace sfv::cli {
namespace {

struct Outcome {
  int exit_code = 0;
  std::string out;
  std::string err;
};

Outcome run(std::vector<std::string> arguments) {
  Program program("sfv test");
  add_data_command(program);
  std::vector<const char*> argv = {"sfv", "data", "check"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  const CancelToken cancel;
  Outcome outcome;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  outcome.exit_code = program.run(static_cast<int>(argv.size()), argv.data(), cancel);
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

class DataCommand : public testing::Test {
 protected:
  DataCommand() {
    Clip clip{
        .frames = std::vector<RgbImage>(20, {.width = 16, .height = 16, .rgb = std::vector<uint8_t>(768, 9)}),
        .fps = 10};
    io::write_video(clip, folder_.path() / "good.mkv", {});
  }
  TestFolder folder_;
};

TEST_F(DataCommand, PrintsAReport) {
  const Outcome outcome = run({folder_.path().string()});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, testing::HasSubstr("usable 1, broken 0"));
  EXPECT_THAT(outcome.out, testing::HasSubstr("14 frames at 7 per second"));
  EXPECT_EQ(outcome.err, "");
}

TEST_F(DataCommand, FailsWhenAFileIsBroken) {
  std::ofstream(folder_.path() / "bad.mp4") << "no video";
  const Outcome outcome = run({folder_.path().string(), "--json"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, testing::HasSubstr("\"broken\": 1"));
}

TEST_F(DataCommand, TakesTheClipsLengthAndRate) {
  EXPECT_THAT(run({folder_.path().string(), "--frames", "20", "--fps", "10"}).out,
              testing::HasSubstr("can start at 1 frame"));
  const Outcome outcome = run({folder_.path().string(), "--frames", "21", "--fps", "10"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, testing::HasSubstr("too short"));
}

TEST_F(DataCommand, RefusesWhatIsNotThereAndImpossibleTimings) {
  EXPECT_EQ(run({(folder_.path() / "none").string()}).exit_code, 1);
  EXPECT_EQ(run({folder_.path().string(), "--fps", "0"}).exit_code, 2);
  EXPECT_EQ(run({folder_.path().string(), "--frames", "0"}).exit_code, 2);
  EXPECT_EQ(run({}).exit_code, 2);
}

}  // namespace
}  // namespace sfv::cli
