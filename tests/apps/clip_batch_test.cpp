#include "apps/sfv/clip_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <thread>

#include "apps/sfv/batch_report.h"
#include "apps/sfv/chained_clip.h"
#include "apps/sfv/clip_info.h"
#include "sfv/core/check.h"
#include "sfv/io/image.h"
#include "sfv/io/video_reader.h"
#include "tests/temporary_folder.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr int64_t kSide = 16;

RgbImage plain(int64_t side, uint8_t level) {
  return {side, side, std::vector<uint8_t>(static_cast<size_t>(side * side * 3), level)};
}

// Frame f of a clip has the level of the photo's first byte plus f times `step`: the motion can be checked by
// hand.
class CountingEngine : public Engine {
 public:
  int step = 10;
  std::vector<uint64_t> seeds;
  std::vector<int> start_levels;
  CancelToken* cancel_after_first = nullptr;
  std::function<void(size_t clip)> while_it_works;  // called in each generate()

  [[nodiscard]] const EngineIdentity& identity() const override { return identity_; }
  [[nodiscard]] GenerateSettings resolve(const GenerateOptions& options) const override {
    return resolve_settings(options, {}, 4);
  }
  [[nodiscard]] GenerateResult generate(const RgbImage& image, const GenerateOptions& options,
                                        const ResearchFiles&, ProgressSink* sink,
                                        const CancelToken* cancel) override {
    cancel->throw_if_cancelled();
    GenerateResult result;
    result.settings = resolve(options);
    if (while_it_works) while_it_works(seeds.size());
    seeds.push_back(options.seed);
    start_levels.push_back(image.rgb[0]);
    for (int64_t f = 0; f < result.settings.frames; ++f) {
      result.clip.frames.push_back(plain(kSide, static_cast<uint8_t>(image.rgb[0] + f * step)));
    }
    result.motion = step;
    sink->update({.stage = "denoise 1/1", .fraction = 1, .stage_finished = true});
    if (cancel_after_first != nullptr) cancel_after_first->cancel(2);
    return result;
  }

 private:
  EngineIdentity identity_ = {.model = "/m",
                              .model_hash = "h",
                              .unet = "",
                              .tiny_vae = {},
                              .device = "cpu",
                              .dtype = "fp32",
                              .threads = 1,
                              .libtorch = "2"};
};

class ClipBatch : public ::testing::Test {
 protected:
  ClipBatch() {
    options_.generate.width = kSide;
    options_.generate.height = kSide;
    io::save_png(plain(kSide, 20), folder_.path() / "a.png");
    io::save_png(plain(kSide, 40), folder_.path() / "b.png");
    std::ofstream(folder_.path() / "broken.png") << "no picture";
  }
  [[nodiscard]] ClipJob job(const std::string& image, const std::string& output, uint64_t seed = 5) const {
    return {folder_.path() / image, seed, folder_.path() / output};
  }
  std::vector<ClipOutcome> run(const std::vector<ClipJob>& jobs) {
    ProgressDisplay display(ProgressMode::kSilent);
    return make_clips(
        jobs, options_,
        [this]() -> Engine& {
          ++loads_;
          return engine_;
        },
        display, [this](const ClipOutcome&) { ++reported_; }, cancel_);
  }
  TestFolder folder_;
  CountingEngine engine_;
  BatchOptions options_;
  CancelToken cancel_;
  int loads_ = 0;
  int reported_ = 0;
};

using Status = ClipOutcome::Status;

TEST_F(ClipBatch, OneFailingPhotoDoesNotStopTheOthers) {
  const auto outcomes = run(
      {job("a.png", "a.mkv"), job("broken.png", "x.mkv"), job("gone.png", "y.mkv"), job("b.png", "b.mkv")});
  ASSERT_EQ(outcomes.size(), 4U);
  EXPECT_EQ(outcomes[0].status, Status::kDone);
  EXPECT_EQ(outcomes[1].status, Status::kFailed);
  EXPECT_EQ(outcomes[2].error->code(), ErrorCode::kNotFound);
  EXPECT_EQ(outcomes[3].status, Status::kDone);
  EXPECT_EQ(reported_, 4);
  EXPECT_FALSE(fs::exists(folder_.path() / "x.mkv"));
  EXPECT_EQ(io::read_video(folder_.path() / "b.mkv").frames[1].rgb[0], 50);
  EXPECT_EQ(outcomes_line(outcomes), "2 clips done, 2 failed");
}

TEST_F(ClipBatch, StoresHowTheClipWasMade) {
  options_.crf = 30;
  (void)run({job("a.png", "a.mkv", 77)});
  const ClipRecord record = read_clip_record(folder_.path() / "a.mkv");
  EXPECT_EQ(record.settings.seed, 77U);
  EXPECT_EQ(record.settings.frames, 4);
  EXPECT_EQ(record.image_path, (folder_.path() / "a.png").string());
  EXPECT_EQ(record.image_sha256.size(), 64U);
  EXPECT_EQ(record.model_hash, "h");
  EXPECT_EQ(record.crf, 30);
  EXPECT_EQ(record.motion, 10);
}

TEST_F(ClipBatch, StoresNothingWithoutMetadata) {
  options_.metadata = false;
  (void)run({job("a.png", "a.mkv")});
  EXPECT_THROW((void)read_clip_record(folder_.path() / "a.mkv"), Error);
}

TEST_F(ClipBatch, ChainStartsEachPartFromTheLastFrameAndJoinsThem) {
  options_.chain = 3;
  const auto outcomes = run({job("a.png", "a.mkv", 100)});
  EXPECT_EQ(engine_.seeds, (std::vector<uint64_t>{100, 101, 102}));
  EXPECT_EQ(engine_.start_levels, (std::vector<int>{20, 50, 80}));
  const Clip clip = io::read_video(folder_.path() / "a.mkv");
  ASSERT_EQ(clip.frames.size(), 10U);  // 3 * (4 - 1) + 1
  for (size_t f = 0; f < clip.frames.size(); ++f) EXPECT_EQ(clip.frames[f].rgb[0], 20 + 10 * f);
  EXPECT_EQ(outcomes[0].record->settings.seed, 100U);
  EXPECT_EQ(outcomes[0].record->motion, 10);
}

TEST_F(ClipBatch, ChainNeedsTwoFrames) {
  options_.chain = 2;
  options_.generate.frames = 1;
  const auto outcomes = run({job("a.png", "a.mkv")});
  EXPECT_EQ(outcomes[0].error->code(), ErrorCode::kInvalidArgument);
}

TEST_F(ClipBatch, TellsAClipThatStandsStill) {
  engine_.step = 0;
  EXPECT_TRUE(run({job("a.png", "a.mkv")})[0].is_static);
  engine_.step = 10;
  EXPECT_FALSE(run({job("a.png", "b.mkv")})[0].is_static);
}

TEST_F(ClipBatch, ResumeSkipsFinishedClipsWithoutLoadingTheModel) {
  (void)run({job("a.png", "a.mkv")});
  options_.existing = ExistingOutput::kResume;
  loads_ = 0;
  EXPECT_EQ(run({job("a.png", "a.mkv")})[0].status, Status::kSkipped);
  EXPECT_EQ(loads_, 0);
}

TEST_F(ClipBatch, RefusesAnExistingOutputUnlessToldToOverwrite) {
  (void)run({job("a.png", "a.mkv")});
  EXPECT_EQ(run({job("b.png", "a.mkv")})[0].error->code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(io::read_video(folder_.path() / "a.mkv").frames[0].rgb[0], 20);
  options_.existing = ExistingOutput::kOverwrite;
  EXPECT_EQ(run({job("b.png", "a.mkv")})[0].status, Status::kDone);
  EXPECT_EQ(io::read_video(folder_.path() / "a.mkv").frames[0].rgb[0], 40);
}

TEST_F(ClipBatch, SettingsTheModelRefusesEndTheBatch) {
  options_.generate.width = 12;
  EXPECT_THROW((void)run({job("a.png", "a.mkv"), job("b.png", "b.mkv")}), Error);
  EXPECT_EQ(reported_, 0);
}

TEST_F(ClipBatch, CancelEndsTheBatchAndLeavesNoFileOrFolder) {
  engine_.cancel_after_first = &cancel_;
  try {
    (void)run({job("a.png", "new/folder/a.mkv"), job("b.png", "b.mkv")});
    ADD_FAILURE() << "expected kCancelled";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
  EXPECT_FALSE(fs::exists(folder_.path() / "new"));
  EXPECT_FALSE(fs::exists(folder_.path() / "b.mkv"));
}

TEST_F(ClipBatch, AFileIsWrittenWhileTheNextClipIsMade) {
  bool was_there = false;
  engine_.while_it_works = [&](size_t clip) {
    for (int i = 0; clip == 1 && !was_there && i < 1000; ++i) {
      was_there = fs::exists(folder_.path() / "a.mkv");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  };
  (void)run({job("a.png", "a.mkv"), job("b.png", "b.mkv")});
  EXPECT_TRUE(was_there);
}

TEST_F(ClipBatch, AFileThatCannotBeWrittenIsThatClipsFailure) {
  std::ofstream(folder_.path() / "file") << "no folder";
  const auto outcomes = run({job("a.png", "file/a.mkv"), job("b.png", "b.mkv"), job("a.png", "file/c.mkv")});
  ASSERT_EQ(outcomes.size(), 3U);
  EXPECT_EQ(outcomes[0].status, Status::kFailed);
  EXPECT_FALSE(outcomes[0].record);
  EXPECT_EQ(outcomes[1].status, Status::kDone);
  EXPECT_EQ(outcomes[2].status, Status::kFailed);
  EXPECT_EQ(reported_, 3);
}

TEST_F(ClipBatch, MakesFoldersAndThumbnails) {
  options_.thumbnail = true;
  (void)run({job("a.png", "new/folder/a.mkv")});
  EXPECT_EQ(io::load_image(folder_.path() / "new/folder/a.png").rgb[0], 20);
}

TEST_F(ClipBatch, ReportIsJsonWithOneEntryForEachClip) {
  const std::string json = outcomes_json(run({job("a.png", "a.mkv"), job("gone.png", "b.mkv")}));
  for (const char* part : {"\"status\": \"done\"", "\"status\": \"failed\"", "\"code\": \"not_found\"",
                           "\"done\": 1", "\"failed\": 1", "\"seed\": 5", "\"sha256\""}) {
    EXPECT_THAT(json, HasSubstr(part));
  }
}

}  // namespace
}  // namespace sfv::cli
