#include "sfv/data/latent_cache.h"

#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "sfv/data/latent_cache_writer.h"
#include "sfv/data/prefetch_loader.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::data {
namespace {

using ::testing::HasSubstr;

// Clips whose pixels tell item and cut; every tenth item is broken.
class NumberedClips : public ClipSource {
 public:
  explicit NumberedClips(int64_t size) : size_(size) {}
  [[nodiscard]] int64_t size() const override { return size_; }
  [[nodiscard]] std::string name(int64_t item) const override { return "clip " + std::to_string(item); }
  [[nodiscard]] TrainingClip load(int64_t item, uint64_t draw_seed) const override {
    if (item % 10 == 3)
      throw Error(ErrorCode::kInvalidFile, "[test] clip " + std::to_string(item) + " is torn");
    const RgbImage frame{.width = 2,
                         .height = 1,
                         .rgb = {static_cast<uint8_t>(item), static_cast<uint8_t>(draw_seed), 3, 4, 5, 6}};
    return {.clip = {.frames = {frame, frame, frame}, .fps = 5}, .motion = item % 256};
  }

 private:
  int64_t size_;
};

EncodedClip encode(const TrainingClip& clip) {
  const auto& rgb = clip.clip.frames.at(2).rgb;
  return {.frames = 3,
          .channels = 1,
          .height = 1,
          .width = 1,
          .latents = {static_cast<float>(rgb[0]), static_cast<float>(rgb[1]), 0.1F},
          .image_embeds = {static_cast<float>(rgb[0]) / 3, 7}};
}

class LatentCaches : public ::testing::Test {
 protected:
  LatentCacheOptions options(int64_t clips = 0) {
    LatentCacheOptions o;
    o.folder = folder_ / "cache";
    o.key = {.networks = {{"vae", "aa"}}, .data = {{"frames", "3"}}};
    o.clips = clips;
    o.on_skip = [this](const SkippedItem& item) { skipped_.push_back(item.name + ": " + item.reason); };
    return o;
  }
  LatentCacheResult make(const ClipSource& source, int64_t clips = 0) {
    encoded_ = 0;
    return make_latent_cache(
        source,
        [this](const TrainingClip& clip) {
          if (++encoded_ > limit_) throw Error(ErrorCode::kIo, "killed");
          return encode(clip);
        },
        options(clips));
  }

  TestFolder folder_;
  std::vector<std::string> skipped_;
  int encoded_ = 0, limit_ = 1'000'000;
};

TEST_F(LatentCaches, GivesWhatTheSourceAndTheNetworksGave) {
  const NumberedClips source(70);
  const LatentCacheResult result = make(source);
  EXPECT_EQ(result.clips, 63);
  EXPECT_EQ(result.skipped, 7);
  ASSERT_EQ(skipped_.size(), 7U);
  EXPECT_EQ(skipped_[0], "clip 3: [test] clip 3 is torn");
  const LatentCache cache(folder_ / "cache");
  ASSERT_EQ(cache.size(), 70);
  for (const int64_t item : {0, 1, 31, 32, 69}) {
    const TrainingClip expected = source.load(item, cache_draw_seed(item, 0));
    const TrainingClip found = cache.load(item, 99);
    ASSERT_TRUE(found.encoded);
    EXPECT_EQ(*found.encoded, encode(expected));
    ASSERT_EQ(found.clip.frames.size(), 1U);
    EXPECT_EQ(found.clip.frames[0], expected.clip.frames[0]);
    EXPECT_EQ(found.clip.fps, 5);
    EXPECT_EQ(found.motion, item);
    EXPECT_EQ(cache.name(item), source.name(item));
  }
  const Error error = error_of([&] { (void)cache.load(13, 0); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
  EXPECT_THAT(error.what(), HasSubstr("clip 13 is torn"));
}

// The order of a run and who stands in for a broken clip are those of the source.
TEST_F(LatentCaches, ARunSeesTheItemsOfTheSourceInTheSameOrder) {
  const NumberedClips source(40);
  (void)make(source);
  const LatentCache cache(folder_ / "cache");
  PrefetchLoader live(source, {source.size(), 8}, {}), cached(cache, {cache.size(), 8}, {});
  for (int i = 0; i < 90; ++i) EXPECT_EQ(live.next().place.item, cached.next().place.item);
}

TEST_F(LatentCaches, MoreClipsThanItemsAreCutAnewAndAllOfThemAreUsed) {
  const NumberedClips source(3);
  EXPECT_EQ(make(source, 8).clips, 8);
  const LatentCache cache(folder_ / "cache");
  EXPECT_EQ(cache.size(), 3);
  std::set<float> cuts_of_0, cuts_of_2;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const auto latents = cache.load(0, seed).encoded->latents;
    EXPECT_EQ(latents[0], 0);
    cuts_of_0.insert(latents[1]);
    cuts_of_2.insert(cache.load(2, seed).encoded->latents[1]);
  }
  EXPECT_EQ(cuts_of_0.size(), 3U);  // clips 0, 3 and 6
  EXPECT_EQ(cuts_of_2.size(), 2U);  // clips 2 and 5
  EXPECT_THROW((void)cache.load(3, 0), Error);
}

TEST_F(LatentCaches, AnEndlessSourceGivesItsFirstClipsInOrderAndThenAllAgainInAnother) {
  const NumberedClips source(ClipSource::kUnlimited);
  EXPECT_EQ(error_of([&] { (void)make(source); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([&] { (void)make(source, -1); }).code(), ErrorCode::kInvalidArgument);
  (void)make(source, 12);
  const LatentCache cache(folder_ / "cache");
  EXPECT_EQ(cache.size(), ClipSource::kUnlimited);
  std::set<float> second;
  int64_t in_place = 0;
  for (int64_t item = 0; item < 24; ++item) {
    if (cache.name(item) == "clip 3") continue;  // torn
    const float number = cache.load(item, 5).encoded->latents[0];
    if (item < 12) {
      EXPECT_EQ(number, static_cast<float>(item));
    } else {
      second.insert(number);
      in_place += number == static_cast<float>(item - 12) ? 1 : 0;
    }
  }
  EXPECT_EQ(second.size(), 11U);
  EXPECT_LT(in_place, 8);
}

TEST_F(LatentCaches, ACallThatWasCutLosesAtMostOneShardAndEndsWithTheSameBytes) {
  const NumberedClips source(100);
  (void)make(source);
  const auto bytes = [this] {
    std::string all;
    for (const char* name : {"index.json", "shard-00000.safetensors", "shard-00003.safetensors"})
      all += read_text(folder_ / "cache" / name);
    return all;
  };
  const std::string expected = bytes();
  std::filesystem::remove_all(folder_ / "cache");
  limit_ = 50;  // in the second shard
  EXPECT_THROW((void)make(source), Error);
  const Error error = error_of([&] { (void)LatentCache(folder_ / "cache"); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
  EXPECT_THAT(error.what(), HasSubstr("not finished"));
  // What a killed process leaves beside it.
  std::ofstream(folder_ / "cache/.shard-00001.tmp1-ab.safetensors") << "half";
  limit_ = 1'000'000;
  const LatentCacheResult result = make(source);
  EXPECT_EQ(result.kept, 32);
  EXPECT_EQ(result.clips, 90);
  EXPECT_EQ(encoded_, 90 - 29);  // 3 of the first 32 are torn
  EXPECT_EQ(bytes(), expected);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "cache/.shard-00001.tmp1-ab.safetensors"));
  // A shard that was damaged is made again, the others are kept.
  std::filesystem::resize_file(folder_ / "cache/shard-00000.safetensors", 100);
  EXPECT_EQ(error_of([&] { (void)LatentCache(folder_ / "cache"); }).code(), ErrorCode::kInvalidFile);
  EXPECT_EQ(make(source).kept, 68);
  EXPECT_EQ(bytes(), expected);
  // And it can grow.
  EXPECT_EQ(make(source, 130).kept, 96);
  EXPECT_EQ(LatentCache(folder_ / "cache").size(), 100);
}

TEST_F(LatentCaches, AFolderOfAnotherCacheIsRefused) {
  const NumberedClips source(5);
  (void)make(source);
  LatentCacheOptions other = options();
  other.key.networks["vae"] = "bb";
  Error error = error_of([&] { (void)make_latent_cache(source, encode, other); });
  EXPECT_EQ(error.code(), ErrorCode::kAlreadyExists);
  EXPECT_THAT(error.what(), HasSubstr("vae: expected \"bb\", found \"aa\""));
  other = options();
  other.key.data["frames"] = "4";
  error = error_of([&] { (void)make_latent_cache(source, encode, other); });
  EXPECT_THAT(error.what(), HasSubstr("frames: expected \"4\", found \"3\""));
  EXPECT_EQ(error_of([&] { (void)make(NumberedClips(6)); }).code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(error_of([&] { (void)make(source, 4); }).code(), ErrorCode::kAlreadyExists);
  other = options();
  other.folder = folder_.path();
  EXPECT_EQ(error_of([&] { (void)make_latent_cache(source, encode, other); }).code(),
            ErrorCode::kAlreadyExists);
}

TEST_F(LatentCaches, ABrokenIndexOrShardIsAnErrorThatNamesTheFile) {
  (void)make(NumberedClips(2));
  const auto index = folder_ / "cache/index.json";
  const std::string good = read_text(index);
  const auto refused = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    std::ofstream(index) << text;
    const Error error = error_of([&] { (void)LatentCache(folder_ / "cache"); });
    EXPECT_THAT(error.what(), HasSubstr("cache")) << to;
    return error.code();
  };
  EXPECT_EQ(refused("\"version\": 1", "\"version\": 2"), ErrorCode::kInvalidFile);
  EXPECT_EQ(refused("\"clips\": 2", "\"clips\": 0"), ErrorCode::kInvalidFile);
  EXPECT_EQ(refused("\"clips\": 2", "\"clips\": 9000000000000000"), ErrorCode::kInvalidFile);
  EXPECT_EQ(refused("\"items\": 2", "\"items\": -1"), ErrorCode::kInvalidFile);
  EXPECT_EQ(refused("\"shards\": [2]", "\"shards\": [3]"), ErrorCode::kInvalidFile);
  EXPECT_EQ(refused("\"shards\": [2]", "\"shards\": [1]"), ErrorCode::kInvalidFile);
  EXPECT_EQ(refused("\"shards\": [2]", "\"shards\": [2, 2]"), ErrorCode::kInvalidFile);
  EXPECT_EQ(refused("\"vae\": \"aa\"", "\"vae\": 1"), ErrorCode::kInvalidFile);
  std::ofstream(index) << good;
  EXPECT_EQ(LatentCache(folder_ / "cache").size(), 2);
  // A shard of another place.
  std::filesystem::remove(folder_ / "cache/shard-00000.safetensors");
  EXPECT_EQ(error_of([&] { (void)LatentCache(folder_ / "cache"); }).code(), ErrorCode::kNotFound);
  write_shard(folder_ / "cache/shard-00000.safetensors", 7,
              {{.name = "x", .reason = "y"}, {.name = "z", .reason = "y"}});
  EXPECT_EQ(error_of([&] { (void)LatentCache(folder_ / "cache"); }).code(), ErrorCode::kInvalidFile);
  // Nothing but skipped clips.
  write_shard(folder_ / "cache/shard-00000.safetensors", 0,
              {{.name = "x", .reason = "y"}, {.name = "z", .reason = "y"}});
  EXPECT_THAT(error_of([&] { (void)LatentCache(folder_ / "cache"); }).what(), HasSubstr("skipped"));
}

}  // namespace
}  // namespace sfv::data
