#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "apps/sfv/progress_display.h"
#include "apps/sfv/progress_line.h"
#include "tests/temporary_folder.h"

namespace sfv::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const ProgressUpdate kHalf = {
    .stage = "denoise 3/25", .fraction = 0.5, .operations_per_s = 2.1e11, .seconds_left = 83.2};

TEST(ProgressLine, WritesTimesAsClocksRoundedUp) {
  EXPECT_EQ(format_seconds(0), "0:00");
  EXPECT_EQ(format_seconds(6.1), "0:07");
  EXPECT_EQ(format_seconds(750), "12:30");
  EXPECT_EQ(format_seconds(3723), "1:02:03");
  EXPECT_EQ(format_seconds(1e300), "99:59:59");
  EXPECT_EQ(format_seconds(-1), "?");
  EXPECT_EQ(format_seconds(std::nan("")), "?");
}

TEST(ProgressLine, WritesRatesWithTheirUnit) {
  EXPECT_EQ(format_rate(0), "");
  EXPECT_EQ(format_rate(2.1e11), "210 GFLOP/s");
  EXPECT_EQ(format_rate(1.34e12), "1.3 TFLOP/s");
  EXPECT_EQ(format_rate(5e6), "5 MFLOP/s");
}

TEST(ProgressBar, ShowsEverythingWhereThereIsRoom) {
  EXPECT_EQ(progress_bar(kHalf, "[2/5] cat.jpg", 120),
            "[2/5] cat.jpg  denoise 3/25  [####################--------------------]   50%  1:24 left  210 "
            "GFLOP/s");
}

TEST(ProgressBar, NeverReachesTheLastColumn) {
  for (int columns = 0; columns < 200; ++columns) {
    const std::string bar = progress_bar(kHalf, "[2/5] k\xC3\xA4tzchen.jpg", columns);
    const auto shown = std::count_if(bar.begin(), bar.end(), [](char c) { return (c & 0xC0) != 0x80; });
    EXPECT_LT(shown, std::max(columns, 1)) << columns;
  }
}

TEST(ProgressBar, LeavesOutTheRateFirstThenTheBarThenTheLabel) {
  EXPECT_THAT(progress_bar(kHalf, "cat.jpg", 60), Not(HasSubstr("FLOP")));
  EXPECT_THAT(progress_bar(kHalf, "cat.jpg", 60), HasSubstr("[###"));
  EXPECT_THAT(progress_bar(kHalf, "cat.jpg", 44), Not(HasSubstr("[#")));
  EXPECT_THAT(progress_bar(kHalf, "cat.jpg", 44), HasSubstr("cat.jpg"));
  EXPECT_EQ(progress_bar(kHalf, "cat.jpg", 35), "denoise 3/25   50%  1:24 left");
}

const ProgressUpdate kStep = {.stage = "step 120/1500", .fraction = 0.08, .seconds_left = 750};
const std::vector<std::string> kFigures = {"D 1.73 (real 71%, fake 64%)", "G 0.31", "5.2 clips/s"};

TEST(ProgressBar, ShowsFiguresRatherThanABar) {
  EXPECT_EQ(progress_bar(kStep, "sf-v", 100, kFigures),
            "sf-v  step 120/1500    8%  12:30 left  D 1.73 (real 71%, fake 64%)  G 0.31  5.2 clips/s");
  EXPECT_EQ(
      progress_bar(kStep, "sf-v", 110, kFigures),
      "sf-v  step 120/1500  [#-----------------]    8%  12:30 left  D 1.73 (real 71%, fake 64%)  G 0.31  "
      "5.2 clips/s");
  EXPECT_EQ(progress_bar(kStep, "sf-v", 80, kFigures),
            "sf-v  step 120/1500    8%  12:30 left  D 1.73 (real 71%, fake 64%)  G 0.31");
  EXPECT_EQ(progress_bar(kStep, "sf-v", 50, kFigures), "sf-v  step 120/1500    8%  12:30 left");
  EXPECT_EQ(progress_bar(kStep, "a long label of a run", 40, kFigures), "step 120/1500    8%  12:30 left");
  for (int columns = 0; columns < 200; ++columns) {
    EXPECT_LT(static_cast<int>(progress_bar(kStep, "sf-v", columns, kFigures).size()), std::max(columns, 1))
        << columns;
  }
}

TEST(ProgressLine, HoldsEveryFigure) {
  EXPECT_EQ(progress_line(kStep, "sf-v", kFigures),
            "sf-v  step 120/1500    8%  12:30 left  D 1.73 (real 71%, fake 64%)  G 0.31  5.2 clips/s");
}

TEST(ProgressBar, SaysAHundredOnlyAtTheEnd) {
  EXPECT_THAT(progress_line({.stage = "decode", .fraction = 0.9999}, ""), HasSubstr(" 99%"));
  EXPECT_THAT(progress_line({.stage = "decode", .fraction = 1}, ""), HasSubstr("100%"));
}

// What the display wrote to its log, as fractions.
std::vector<double> logged(const std::filesystem::path& path) {
  std::ifstream stream(path);
  std::vector<double> fractions;
  double seconds = 0, fraction = 0;
  for (std::string stage; stream >> seconds >> fraction && std::getline(stream, stage);)
    fractions.push_back(fraction);
  return fractions;
}

TEST(ProgressDisplay, MapsPartsToOneFractionThatNeverFalls) {
  const TestFolder folder;
  const std::string log = folder.path() / "log";
  ASSERT_EQ(setenv("SFV_PROGRESS_LOG", log.c_str(), 1), 0);
  {
    ProgressDisplay display(ProgressMode::kSilent);
    display.update({.stage = "load", .stage_finished = true});
    display.begin_part("a", 0, 0.5);
    display.update({.stage = "denoise", .fraction = 0.5, .stage_finished = true});
    display.update({.stage = "denoise", .fraction = 1, .stage_finished = true});
    display.begin_part("b", 0.5, 1);
    display.update({.stage = "encode", .fraction = 0, .stage_finished = true});
    display.update({.stage = "denoise", .fraction = 0.5, .stage_finished = true});
    display.update(
        {.stage = "denoise", .fraction = 0.4, .stage_finished = true});  // a sink must not trust its source
    display.update({.stage = "decode", .fraction = 1, .stage_finished = true});
  }
  unsetenv("SFV_PROGRESS_LOG");
  EXPECT_EQ(logged(log), (std::vector<double>{0, 0.25, 0.5, 0.5, 0.75, 0.75, 1}));
}

}  // namespace
}  // namespace sfv::cli
