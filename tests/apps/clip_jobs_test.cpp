#include "apps/sfv/clip_jobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "apps/sfv/shard.h"
#include "apps/sfv/value_parse.h"
#include "sfv/core/error.h"
#include "tests/temporary_folder.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::vector<std::string> outputs(const std::vector<ClipJob>& jobs) {
  std::vector<std::string> out;
  for (const ClipJob& job : jobs) out.push_back(job.output.string());
  return out;
}

using Names = std::vector<std::string>;

template <typename Function>
std::string message_of(ErrorCode code, Function function) {
  try {
    function();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "expected an error";
  return {};
}

TEST(PlanJobs, OneClipGoesToTheNameItself) {
  EXPECT_EQ(outputs(plan_jobs({"in/cat.jpg"}, {7}, "x.mp4")), (Names{"x.mp4"}));
  EXPECT_EQ(outputs(plan_jobs({"in/cat.jpg"}, {7}, "no/such/frames")), (Names{"no/such/frames"}));
  EXPECT_EQ(outputs(plan_jobs({"in/cat.jpg"}, {7}, "new/")), (Names{"new/cat.mp4"}));
}

TEST(PlanJobs, SeveralClipsGoIntoAFolder) {
  EXPECT_EQ(outputs(plan_jobs({"a.png", "b.png"}, {7}, "out")), (Names{"out/a.mp4", "out/b.mp4"}));
  EXPECT_EQ(outputs(plan_jobs({"a.png"}, {7, 8}, "out")), (Names{"out/a_7.mp4", "out/a_8.mp4"}));
}

TEST(PlanJobs, FillsInPatterns) {
  EXPECT_EQ(outputs(plan_jobs({"d/a.png", "b.png"}, {1, 2}, "o/{index}-{name}-{seed}.webm")),
            (Names{"o/1-a-1.webm", "o/2-a-2.webm", "o/3-b-1.webm", "o/4-b-2.webm"}));
  EXPECT_EQ(outputs(plan_jobs({"a.png"}, {1}, "{name}_%03d.png")), (Names{"a_%03d.png"}));
}

TEST(PlanJobs, ExistingFolderTakesTheClipUnlessItHoldsFrames) {
  const TestFolder folder;
  const std::string path = folder.path().string();
  EXPECT_EQ(outputs(plan_jobs({"a.png"}, {1}, path)), (Names{path + "/a.mp4"}));
  std::ofstream(folder.path() / "000.png") << "x";
  EXPECT_EQ(outputs(plan_jobs({"a.png"}, {1}, path)), (Names{path}));
  EXPECT_TRUE(output_exists(path));
}

TEST(PlanJobs, RefusesWhatWouldLoseAClip) {
  EXPECT_THAT(message_of(ErrorCode::kInvalidArgument,
                         [] {
                           (void)plan_jobs({"a.png", "b.png"}, {1}, "x.mp4");
                         }),
              HasSubstr("2 clips"));
  const std::string clash = message_of(ErrorCode::kInvalidArgument, [] {
    (void)plan_jobs({"x/a.png", "y/a.jpg"}, {1}, "out");
  });
  EXPECT_THAT(clash, HasSubstr("x/a.png"));
  EXPECT_THAT(clash, HasSubstr("y/a.jpg"));
  EXPECT_THAT(message_of(ErrorCode::kInvalidArgument, [] { (void)plan_jobs({"a.png"}, {1}, "{nmae}.mp4"); }),
              HasSubstr("{nmae}"));
  message_of(ErrorCode::kUnsupported, [] { (void)plan_jobs({"a.png"}, {1}, "a.xyz"); });
  message_of(ErrorCode::kInvalidArgument, [] { (void)plan_jobs({"a.png"}, {1}, ""); });
}

TEST(CheckOutputs, NamesTheFirstThatExistAndBothOptions) {
  const TestFolder folder;
  std::vector<ClipJob> jobs;
  for (int i = 0; i < 5; ++i) {
    jobs.push_back({"a.png", 0, folder.path() / (std::to_string(i) + ".mp4")});
    std::ofstream(jobs.back().output) << "x";
  }
  const std::string message =
      message_of(ErrorCode::kAlreadyExists, [&] { check_outputs(jobs, ExistingOutput::kRefuse); });
  EXPECT_THAT(message, HasSubstr("2.mp4 and 2 more"));
  EXPECT_THAT(message, HasSubstr("--overwrite"));
  EXPECT_THAT(message, HasSubstr("--resume"));
  check_outputs(jobs, ExistingOutput::kOverwrite);
  check_outputs(jobs, ExistingOutput::kResume);
}

TEST(CheckOutputs, RefusesAFileWhereAFolderIsNeeded) {
  const TestFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  message_of(ErrorCode::kNotFound, [&] {
    check_outputs({{"a.png", 0, folder.path() / "file" / "a.mp4"}}, ExistingOutput::kRefuse);
  });
}

Shard shard(const std::string& text, const std::map<std::string, std::string>& variables = {}) {
  return parse_shard(text, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(Shard, EveryPlaceIsInExactlyOne) {
  for (size_t place = 0; place < 20; ++place) {
    int owners = 0;
    for (const char* text : {"1/3", "2/3", "3/3"}) owners += shard(text).contains(place) ? 1 : 0;
    EXPECT_EQ(owners, 1) << place;
  }
  EXPECT_TRUE(shard("1/3").contains(0));
}

TEST(Shard, ComesFromSlurmsVariables) {
  const Shard third = shard("slurm", {{"SLURM_ARRAY_TASK_ID", "5"},
                                      {"SLURM_ARRAY_TASK_COUNT", "4"},
                                      {"SLURM_ARRAY_TASK_MIN", "1"},
                                      {"SLURM_ARRAY_TASK_STEP", "2"}});
  EXPECT_EQ(third.index, 3U);
  EXPECT_EQ(third.count, 4U);
  EXPECT_EQ(shard("slurm", {{"SLURM_ARRAY_TASK_ID", "0"}, {"SLURM_ARRAY_TASK_COUNT", "2"}}).index, 1U);
}

TEST(Shard, RefusesWhatIsNoPart) {
  for (const char* text : {"", "0/3", "4/3", "1", "1/0", "a/b", "1/3x", "-1/3", "1/99999999999999999999"}) {
    message_of(ErrorCode::kInvalidArgument, [&] { (void)shard(text); });
  }
  EXPECT_THAT(message_of(ErrorCode::kInvalidArgument, [] { (void)shard("slurm"); }),
              HasSubstr("SLURM_ARRAY_TASK_ID"));
  // --array=1,5,7: three tasks, but no even steps.
  message_of(ErrorCode::kInvalidArgument, [] {
    (void)shard(
        "slurm",
        {{"SLURM_ARRAY_TASK_ID", "7"}, {"SLURM_ARRAY_TASK_COUNT", "3"}, {"SLURM_ARRAY_TASK_MIN", "1"}});
  });
}

TEST(ValueParse, ReadsSizesGuidanceAndSigmas) {
  EXPECT_EQ(parse_size("1024x576").width, 1024);
  EXPECT_EQ(parse_size("1024x576").height, 576);
  EXPECT_EQ(parse_guidance("1:3").max, 3);
  EXPECT_EQ(parse_guidance("2.5").min, 2.5);
  EXPECT_EQ(parse_guidance("2.5").max, 2.5);
  EXPECT_EQ(parse_sigmas("700,1.5,0"), (std::vector<double>{700, 1.5, 0}));
  const std::vector<double> ays = parse_sigmas("ays");
  EXPECT_EQ(ays.size(), 11U);  // 10 steps and the final 0
  EXPECT_EQ(ays.front(), 700);
  EXPECT_EQ(ays.back(), 0);
}

TEST(ValueParse, RefusesEverythingElse) {
  for (const char* text : {"", "10", "10x", "x10", "10x10x10", "-8x8", "8.5x8", "0x8", "8 x8"}) {
    message_of(ErrorCode::kInvalidArgument, [&] { (void)parse_size(text); });
  }
  for (const char* text : {"", ":", "1:", "1:2:3", "nan", "1:inf", "a"}) {
    message_of(ErrorCode::kInvalidArgument, [&] { (void)parse_guidance(text); });
  }
  for (const char* text : {"", "700,", ",0", "700;0", "nan,0", "AYS"}) {
    message_of(ErrorCode::kInvalidArgument, [&] { (void)parse_sigmas(text); });
  }
}

}  // namespace
}  // namespace sfv::cli
