#include "sfv/evaluation/clip_reader.h"

#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sfv/checkpoint/weights.h"
#include "sfv/evaluation/clip_pixels.h"
#include "sfv/evaluation/feature_file.h"
#include "sfv/io/image.h"
#include "sfv/io/safetensors.h"
#include "sfv/tensor/frame_levels.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::evaluation {
namespace {

using testing::HasSubstr;

std::string save_clips(const TestFolder& folder, const std::string& file, const std::string& name,
                       const torch::Tensor& clips) {
  const torch::Tensor x = clips.contiguous();
  io::SafetensorsWriter writer(folder / file,
                               {{name, checkpoint::to_io_dtype(x.scalar_type()), x.sizes().vec()}}, {});
  writer.write({static_cast<const std::byte*>(x.const_data_ptr()), x.nbytes()});
  writer.finish();
  return (folder / file).string();
}

int64_t count(ClipReader& reader) {
  int64_t clips = 0;
  while (reader.next(nullptr)) ++clips;
  return clips;
}

TEST(ClipReader, TakesDecodedClipsInEitherOrder) {
  const TestFolder folder;
  const torch::Tensor frames = at::rand({3, 4, 3, 8, 10}) * 2 - 1;
  const std::string a = save_clips(folder, "a.safetensors", "frames", frames);
  const std::string b = save_clips(folder, "b.safetensors", "video", frames.transpose(1, 2));
  ClipReader left({a}, {}), right({b}, {});
  for (int64_t i = 0; i < 3; ++i) {
    const auto x = left.next(nullptr), y = right.next(nullptr);
    ASSERT_TRUE(x && y);
    EXPECT_TRUE(x->pixels.equal(frames[i]));
    EXPECT_TRUE(x->pixels.equal(y->pixels));
  }
  EXPECT_FALSE(left.next(nullptr));
  EXPECT_EQ(left.protocol().at("clips"), "3");
  EXPECT_EQ(left.protocol().at("frames"), "4");
  EXPECT_EQ(left.protocol().at("dropped"), "[]");
}

TEST(ClipReader, CutsFramesWithAStrideAndClampsTheRange) {
  const TestFolder folder;
  const torch::Tensor frames = at::rand({1, 9, 3, 8, 8}) * 4 - 2;
  ClipReader reader({save_clips(folder, "a.safetensors", "frames", frames)}, {.frames = 3, .stride = 4});
  const auto clip = reader.next(nullptr);
  ASSERT_TRUE(clip);
  EXPECT_TRUE(clip->pixels[1].equal(frames[0][4].clamp(-1, 1)));
  ClipReader longer({(folder / "a.safetensors").string()}, {.frames = 4, .stride = 4});
  EXPECT_EQ(count(longer), 0);
  EXPECT_THAT(longer.dropped().at(0).reason, HasSubstr("too short"));
}

TEST(ClipReader, NamesWhatIsBrokenAndGoesOn) {
  const TestFolder folder;
  torch::Tensor frames = at::rand({3, 2, 3, 8, 8});
  frames[1][0][2][3][3] = std::nanf("");
  const std::string good = save_clips(folder, "good.safetensors", "frames", frames);
  const std::string wrong = save_clips(folder, "wrong.safetensors", "latents", frames);
  const std::string torn = folder.file("torn.safetensors", "no safetensors at all").string();
  ClipReader reader({torn, wrong, good}, {});
  EXPECT_EQ(reader.total(), 5);
  EXPECT_EQ(count(reader), 2);
  ASSERT_EQ(reader.dropped().size(), 3U);
  EXPECT_EQ(reader.dropped()[0].name, torn);
  EXPECT_EQ(reader.dropped()[1].name, wrong);
  EXPECT_EQ(reader.dropped()[2].name, good + ": clip 1");
  EXPECT_THAT(reader.protocol().at("dropped"), HasSubstr("torn.safetensors"));
}

TEST(ClipReader, RefusesOptionsAndInputsThatMakeNoSense) {
  const TestFolder folder;
  const std::string file = save_clips(folder, "a.safetensors", "frames", at::rand({1, 2, 3, 8, 8}));
  EXPECT_EQ(error_of([&] { ClipReader({file}, {.stride = 2, .fps = 7}); }).code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([&] { ClipReader({file}, {.width = 8}); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([&] { ClipReader({(folder / "none.safetensors").string()}, {}); }).code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(error_of([&] { ClipReader({(folder / "*.mp4").string()}, {}); }).code(), ErrorCode::kNotFound);
  const std::string other = save_clips(folder, "b.safetensors", "frames", at::rand({1, 2, 3, 8, 9}));
  ClipReader sizes({file, other}, {});
  EXPECT_EQ(error_of([&] { (void)count(sizes); }).code(), ErrorCode::kInvalidArgument);
}

#ifdef SFV_HAS_VIDEO
TEST(ClipReader, ReadsFoldersOfFramesExactly) {
  const TestFolder folder;
  const torch::Tensor pixels = to_pixels(to_clip(at::rand({5, 3, 16, 24}) * 2 - 1, 7));
  const Clip clip = to_clip(pixels, 7);
  std::filesystem::create_directory(folder / "one");
  for (size_t t = 0; t < 5; ++t)
    io::save_png(clip.frames[t], folder / "one" / ("frame_" + std::to_string(t) + ".png"));
  ClipReader reader({folder.path().string()}, {});
  const auto read = reader.next(nullptr);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->pixels.equal(pixels));
  ClipReader scaled({folder.path().string()}, {.frames = 2, .width = 8, .height = 8});
  EXPECT_EQ(scaled.next(nullptr)->pixels.sizes(), at::IntArrayRef({2, 3, 8, 8}));
}
#endif

TEST(FeatureFile, GivesBackFeaturesAndProtocol) {
  const TestFolder folder;
  const torch::Tensor features = at::rand({4, 7}, at::kDouble);
  write_features({features, {{"network", "reference"}, {"frames", "14"}}}, folder / "f.safetensors");
  const FeatureSet read = read_features(folder / "f.safetensors");
  EXPECT_TRUE(read.features.equal(features));
  EXPECT_EQ(read.protocol.at("network"), "reference");
}

TEST(FeatureFile, RefusesOtherFiles) {
  const TestFolder folder;
  (void)save_clips(folder, "names.safetensors", "feature", at::rand({4, 7}));
  (void)save_clips(folder, "shape.safetensors", "features", at::rand({4, 7, 1}));
  (void)save_clips(folder, "type.safetensors", "features", at::rand({4, 7}).to(at::kHalf));
  for (const char* name : {"names", "shape", "type"}) {
    const Error error = error_of([&] { (void)read_features(folder / (std::string(name) + ".safetensors")); });
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile) << name;
    EXPECT_THAT(error.what(), HasSubstr(name));
  }
}

TEST(Protocols, MustAgreeInWhatMattersAndAreNotedInTheRest) {
  const Protocol a = {{"network", "reference"}, {"network_sha256", "1"}, {"frames", "14"}, {"fps", "7"}};
  Protocol b = a;
  EXPECT_TRUE(compare_protocols(a, b).empty());
  b["fps"] = "as stored";
  EXPECT_EQ(compare_protocols(a, b).size(), 1U);
  EXPECT_EQ(compare_protocols(a, {}).size(), 1U);
  b["frames"] = "16";
  EXPECT_EQ(error_of([&] { (void)compare_protocols(a, b); }).code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace sfv::evaluation
