#include "sfv/training/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "sfv/io/base64.h"
#include "sfv/training/metrics_log.h"
#include "sfv/training/recipe.h"
#include "sfv/training/run_folder.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::training {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

void write_file(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

/// A run as the trainer leaves it, with curves that look like one.
void make_run(const fs::path& run, int64_t steps) {
  MetricsLog log(run, {}, false);
  for (int64_t step = 1; step <= steps; ++step) {
    const auto at = static_cast<double>(step);
    const double wave = std::sin(at * 12.9898) * 0.3;
    std::vector<Metric> metrics = {
        {"loss/discriminator", 1 + std::exp(-at / 200) + 0.2 * wave},
        {"loss/generator", 0.4 * wave},
        {"gradient_norm/generator", 20 * std::exp(-at / 150) * (1.2 + wave) + 0.05},
        {"clips_per_second", 3 + 0.2 * wave}};
    for (int head = 0; head < 8; ++head) {
      metrics.push_back(
          {"accuracy/block" + std::to_string(head / 2) + (head % 2 == 0 ? "_spatial" : "_temporal"),
           0.5 + 0.03 * head * (1 - std::exp(-at / 300)) + 0.1 * wave});
    }
    log.write(step, metrics);
  }
  log.note(steps / 2, "motion is falling: 0.31 px a frame, 0.62 at the start");
  Recipe recipe = default_recipe(Stage::kAdversarial);
  recipe.model.path = "models/<tiny>";
  write_file(run / kRecipeName, to_toml(recipe));
  write_file(run / kEnvironmentName, "{\"cpu\": \"a & b\"}\n");
}

TEST(Report, HoldsCurvesNotesSamplesRecipeAndEnvironment) {
  const TestFolder folder;
  const fs::path run = folder.path() / "sf-v";
  fs::create_directories(run);
  make_run(run, 50);
  MetricsLog(run, 50, false).note(30, "alarm: motion is falling");
  write_file(run / kSamplesName / "step-9.png", "nine");
  write_file(run / kSamplesName / "step-10.png", "ten");
  write_file(run / kSamplesName / "step-10.mp4", "no picture");
  fs::create_directories(run / "checkpoint-40");
  EXPECT_EQ(write_report(run), run / kReportName);
  const std::string page = read_text(run / kReportName);
  EXPECT_THAT(
      page,
      AllOf(HasSubstr("<title>sf-v</title>"), HasSubstr("Step 50"), HasSubstr("newest checkpoint 40"),
            HasSubstr("<figcaption>loss</figcaption>"), HasSubstr("<figcaption>accuracy</figcaption>"),
            HasSubstr("<figcaption>gradient_norm</figcaption>"), HasSubstr("<b>25</b>motion is falling")));
  EXPECT_THAT(page, AllOf(HasSubstr("models/&lt;tiny&gt;"), HasSubstr("a &amp; b"),
                          HasSubstr("data:image/png;base64,bmluZQ=="),
                          HasSubstr("data:image/png;base64,dGVu"), HasSubstr("<li class=\"alarm\"><b>30</b>"),
                          HasSubstr("src=\"data:video/mp4;base64,bm8gcGljdHVyZQ==\""),
                          Not(HasSubstr("step-10.mp4"))));
  // Newest sheet first, by number.
  EXPECT_LT(page.find("dGVu"), page.find("bmluZQ=="));
}

TEST(Report, NeedsNothingFromOutsideAndRunsNothing) {
  const TestFolder folder;
  make_run(folder.path(), 3);
  const std::string page = make_report(folder.path());
  for (const char* outside :
       {"http", "<script", "<link", "url(", "@import", "javascript:", " src=\"/", "<iframe"}) {
    EXPECT_THAT(page, Not(HasSubstr(outside)));
  }
}

TEST(Report, EscapesEverythingFromTheRun) {
  const TestFolder folder;
  const fs::path run = folder.path() / "<b>&\"run\"";
  const std::string evil = "<script>alert(1)</script>";
  fs::create_directories(run);
  {
    MetricsLog log(run, {}, false);
    log.write(1, std::vector<Metric>{{evil + "/" + evil, 1}, {"x\" onload=\"y", 1}});
    log.note(1, evil);
  }
  write_file(run / kRecipeName, evil);
  write_file(run / kEnvironmentName, evil + "\xff");
  fs::create_directories(run / kSamplesName);
  std::ofstream(run / kSamplesName / "\"><img src=x>.png") << "p";
  const std::string page = make_report(run);
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("<b>&")), Not(HasSubstr("<img src=x")),
                          Not(HasSubstr("\" onload"))));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)"));
}

TEST(Report, LeavesOutWhatIsNotThere) {
  const TestFolder folder;
  EXPECT_EQ(error_of([&] { (void)make_report(folder.path()); }).code(), ErrorCode::kNotFound);
  write_file(folder.path() / kRecipeName, "stage = 1\n");
  const std::string page = make_report(folder.path());
  EXPECT_THAT(page, AllOf(HasSubstr("<h2>Recipe</h2>"), Not(HasSubstr("<h2>Curves</h2>")),
                          Not(HasSubstr("<h2>Samples</h2>"))));
}

TEST(Report, ShowsSamplesSpreadOverTheRun) {
  const TestFolder folder;
  write_file(folder.path() / kRecipeName, "");
  for (int i = 1; i <= 100; ++i)
    write_file(folder.path() / kSamplesName / ("step-" + std::to_string(i * 500) + ".png"), "x");
  const std::string page = make_report(folder.path());
  size_t pictures = 0;
  for (size_t at = page.find("<img"); at != std::string::npos; at = page.find("<img", at + 1)) ++pictures;
  EXPECT_EQ(pictures, 24U);
  EXPECT_THAT(page, AllOf(HasSubstr("<figcaption>step-500<"), HasSubstr("<figcaption>step-50000<")));
}

TEST(Report, LinksToAClipThatIsTooLargeForThePage) {
  const TestFolder folder;
  write_file(folder.path() / kRecipeName, "");
  write_file(folder.path() / kSamplesName / "step \"1\".png", "x");
  write_file(folder.path() / kSamplesName / "step \"1\".mp4", std::string((size_t{4} << 20) + 1, 'x'));
  const std::string page = make_report(folder.path());
  EXPECT_THAT(page, AllOf(HasSubstr("href=\"samples/step%20%221%22.mp4\""), Not(HasSubstr("<video"))));
  EXPECT_LT(page.size(), 100'000U);
}

// For a person's eyes: SFV_REPORT_SAMPLE=FOLDER keeps a page there.
TEST(Report, DrawsALongRunInASmallPage) {
  const TestFolder folder;
  const char* wanted = std::getenv("SFV_REPORT_SAMPLE");
  const fs::path run = wanted != nullptr ? fs::path(wanted) : folder.path();
  make_run(run, 3000);
  EXPECT_LT(fs::file_size(write_report(run)), 400'000U);
}

}  // namespace
}  // namespace sfv::training
