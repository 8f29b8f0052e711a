#include "sfv/checkpoint/init_model.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include <numeric>
#include <set>

#include "sfv/checkpoint/model_files.h"
#include "sfv/checkpoint/module_weights.h"
#include "sfv/checkpoint/networks.h"
#include "sfv/checkpoint/original_names.h"
#include "sfv/checkpoint/random_weights.h"
#include "sfv/checkpoint/verify_model.h"
#include "sfv/core/cancel.h"
#include "sfv/io/hash.h"
#include "tests/checkpoint/model_fixture.h"

namespace sfv::checkpoint::testing {
namespace {

using InitModel = ModelTest;

TEST_F(InitModel, TheSameSeedGivesTheSameBytesWithAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  init_model({.like = model_.string(), .out = folder_ / "again", .seed = 7}, nullptr);
  at::set_num_threads(threads);
  init_model({.like = model_.string(), .out = folder_ / "other", .seed = 8}, nullptr);
  for (const char* file :
       {kUNetFile, "vae/diffusion_pytorch_model.safetensors", "image_encoder/model.safetensors"}) {
    EXPECT_EQ(io::sha256_file(model_ / file), io::sha256_file(folder_ / "again" / file));
    EXPECT_NE(io::sha256_file(model_ / file), io::sha256_file(folder_ / "other" / file));
  }
  EXPECT_EQ(load_model((folder_ / "again").string(), {}).hash, load_model(model_.string(), {}).hash);
}

TEST_F(InitModel, FollowsItsRule) {
  const Tensors unet = read_tensors(model_ / kUNetFile);
  const torch::Tensor& weight = unet.at("add_embedding.linear_1.weight");  // [128, 96]
  const double bound = 1 / std::sqrt(96.0);
  EXPECT_LE(weight.abs().max().item<double>(), bound * 1.000001);
  EXPECT_NEAR(weight.std().item<double>(), bound / std::sqrt(3.0), bound * 0.02);
  EXPECT_NEAR(weight.mean().item<double>(), 0, bound * 0.03);
  EXPECT_LE(unet.at("add_embedding.linear_1.bias").abs().max().item<double>(), bound * 1.000001);
  EXPECT_LE(unet.at("conv_in.weight").abs().max().item<double>(), 1 / std::sqrt(72.0) * 1.000001);
  EXPECT_TRUE(unet.at("conv_norm_out.weight").eq(1).all().item<bool>());
  EXPECT_TRUE(unet.at("conv_norm_out.bias").eq(0).all().item<bool>());
  EXPECT_EQ(unet.at("mid_block.resnets.0.time_mixer.mix_factor").item<float>(), 0.5F);
  EXPECT_FALSE(unet.at("conv_in.bias").eq(0).any().item<bool>()) << "conv_in is no norm";
  const Tensors vae = read_tensors(model_ / "vae/diffusion_pytorch_model.safetensors");
  EXPECT_EQ(vae.at("decoder.mid_block.resnets.0.time_mixer.mix_factor").item<float>(), 0.0F);
  const Tensors clip = read_tensors(model_ / "image_encoder/model.safetensors");
  EXPECT_TRUE(clip.at("vision_model.pre_layrnorm.weight").eq(1).all().item<bool>());
  EXPECT_FALSE(clip.at("vision_model.embeddings.class_embedding").eq(0).all().item<bool>());
}

TEST_F(InitModel, ActivationsStaySaneThroughAllNetworks) {
  const torch::NoGradGuard no_grad;
  Model model = load_model(model_.string(), {});
  const torch::Tensor x = torch::randn({1, 2, 8, 8, 8});
  const torch::Tensor v = model.unet->forward(x, torch::full({1}, 0.5), torch::randn({1, 1, 32}),
                                              torch::tensor({{6.0F, 127.0F, 0.02F}}));
  EXPECT_TRUE(torch::isfinite(v).all().item<bool>());
  EXPECT_GT(v.std().item<double>(), 0.01);
  EXPECT_LT(v.std().item<double>(), 10);
}

TEST_F(InitModel, HalfPrecisionFilesCarryTheVariantsNameAndTheRoundedNumbers) {
  init_model({.like = model_.string(), .out = folder_ / "half", .seed = 7, .dtype = torch::kFloat16},
             nullptr);
  const Tensors half = read_tensors(folder_ / "half/unet/diffusion_pytorch_model.fp16.safetensors");
  for (const auto& [name, tensor] : read_tensors(model_ / kUNetFile)) {
    ASSERT_TRUE(torch::equal(half.at(name), tensor.to(torch::kFloat16))) << name;
  }
  EXPECT_TRUE(fs::exists(folder_ / "half/image_encoder/model.fp16.safetensors"));
}

TEST_F(InitModel, NothingIsLeftBehindAndNothingOverwritten) {
  EXPECT_EQ(error_of([&] { init_model({.like = "svd", .out = model_}, nullptr); }).code(),
            ErrorCode::kAlreadyExists);
  CancelToken cancel;
  cancel.cancel();
  EXPECT_EQ(error_of([&] { init_model({.like = model_.string(), .out = folder_ / "x"}, &cancel); }).code(),
            ErrorCode::kCancelled);
  EXPECT_EQ(error_of([&] {
              init_model({.like = model_.string(), .out = folder_ / "no/such/place"}, nullptr);
            }).code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(error_of([&] { init_model({.like = "sdxl", .out = folder_ / "x"}, nullptr); }).code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "only the model of the test is there";
}

// Bytes of a file with these tensors, found by writing its header only.
uint64_t file_size(const std::vector<ParameterShape>& shapes, io::DType dtype,
                   const std::map<std::string, std::string>& metadata) {
  const TestFolder folder;
  WeightEntries entries;
  uint64_t size = 0;
  for (const ParameterShape& item : shapes) {
    entries.push_back({.name = item.name, .dtype = dtype, .shape = item.shape});
    size += entry_bytes(entries.back());
  }
  {
    const io::SafetensorsWriter writer(folder / "x.safetensors", entries, metadata);
    for (const auto& file : fs::directory_iterator(folder.path())) size += file.file_size();
  }
  return size;
}

TEST(PublishedLayout, HasExactlyThePublishedSizesAndParameterCounts) {
  const Networks xt = make_networks(read_configs(published_configs(25)));
  const struct {
    const torch::nn::Module& network;
    uint64_t full, half;
    size_t tensors;
    int64_t parameters;
  } rows[] = {{*xt.unet, 6098682464, 3049435868, 1428, 1524623082},
              {*xt.vae, 391017740, 195531910, 374, 97742847},
              {*xt.image_encoder, 2528371296, 1264217240, 520, 632076800}};
  for (const auto& row : rows) {
    const auto shapes = parameter_shapes(row.network);
    EXPECT_EQ(shapes.size(), row.tensors);
    EXPECT_EQ(count_parameters(row.network), row.parameters);
    EXPECT_EQ(file_size(shapes, io::DType::kF32, {{"format", "pt"}}), row.full);
    EXPECT_EQ(file_size(shapes, io::DType::kF16, {{"format", "pt"}}), row.half);
  }
}

// Every tensor of an original single file: those the networks use, and the unused ones.
std::vector<ParameterShape> original_layout(bool has_temporal_decoder) {
  const ModelConfigs configs = read_configs(published_configs(25, has_temporal_decoder));
  const Networks networks = make_networks(configs);
  std::map<std::string, std::vector<int64_t>> layout;
  const auto add = [&](const torch::nn::Module& network, auto to_original, const std::string& from,
                       const std::string& to) {
    for (auto& [name, shape] : parameter_shapes(network)) {
      OriginalName original = to_original(name);
      if (original.form == StoredForm::kConvolution) shape.insert(shape.end(), {1, 1});
      if (original.form == StoredForm::kTransposed) std::swap(shape[0], shape[1]);
      if (original.form == StoredForm::kJoinedRows) shape[0] *= 3;
      if (original.name.starts_with(from)) original.name.replace(0, from.size(), to);
      layout[original.name] = shape;
    }
  };
  models::VaeConfig plain = configs.vae;
  plain.has_temporal_decoder = false;
  const models::AutoencoderKLTemporalDecoder image_vae(plain);
  const auto vae_name = [&](const std::string& n) { return original_vae_name(n, plain); };
  const std::string condition = "conditioner.embedders.3.encoder.", first = "first_stage_model.";
  add(*image_vae, vae_name, condition, first);
  if (has_temporal_decoder) {  // no first-stage quant_conv, another decoder
    std::erase_if(layout, [&](const auto& item) { return !item.first.starts_with(first + "encoder."); });
  }
  add(*image_vae, vae_name, first, condition);
  add(*networks.vae, vae_name, "", "");
  add(
      *networks.unet, [&](const std::string& n) { return original_unet_name(n, configs.unet); }, "", "");
  add(*networks.image_encoder, original_clip_name, "", "");
  const std::string text = "conditioner.embedders.0.open_clip.model.";
  layout[text + "token_embedding.weight"] = {49408, 1024};
  layout[text + "positional_embedding"] = {77, 1024};
  layout[text + "text_projection"] = {1024, 1024};
  layout[text + "ln_final.weight"] = layout[text + "ln_final.bias"] = {1024};
  layout[text + "logit_scale"] = {};
  std::vector<ParameterShape> shapes;
  for (const auto& [name, shape] : layout) shapes.push_back({.name = name, .shape = shape});
  return shapes;
}

TEST(PublishedLayout, OriginalNamesGiveExactlyTheSizesOfTheSingleFiles) {
  const auto video = original_layout(true);
  EXPECT_EQ(video.size(), 2446U);
  EXPECT_EQ(file_size(video, io::DType::kF32, {}), 9559625980U);
  const auto image = original_layout(false);
  EXPECT_EQ(image.size(), 2322U);
  EXPECT_EQ(file_size(image, io::DType::kF32, {}), 9503252964U);
}

TEST(PublishedLayout, UsedAndUnusedNamesTogetherAreTheWholeSingleFile) {
  for (const bool has_temporal_decoder : {true, false}) {
    const ModelConfigs configs = read_configs(published_configs(25, has_temporal_decoder));
    const Networks networks = make_networks(configs);
    std::set<std::string> known = unused_original_names(configs.vae);
    for (const auto& p : parameter_shapes(*networks.unet))
      known.insert(original_unet_name(p.name, configs.unet).name);
    for (const auto& p : parameter_shapes(*networks.vae))
      known.insert(original_vae_name(p.name, configs.vae).name);
    for (const auto& p : parameter_shapes(*networks.image_encoder))
      known.insert(original_clip_name(p.name).name);
    std::set<std::string> whole;
    for (const auto& p : original_layout(has_temporal_decoder)) whole.insert(p.name);
    EXPECT_EQ(known, whole);
  }
}

}  // namespace
}  // namespace sfv::checkpoint::testing
