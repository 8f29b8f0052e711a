#include "sfv/checkpoint/convert_model.h"

#include <gmock/gmock.h>

#include <limits>

#include "sfv/checkpoint/model_report.h"
#include "sfv/checkpoint/tiny_decoder_file.h"
#include "sfv/checkpoint/verify_model.h"
#include "sfv/core/cancel.h"
#include "sfv/io/hash.h"
#include "sfv/io/json_config.h"
#include "tests/checkpoint/model_fixture.h"

namespace sfv::checkpoint::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kFiles[] = {kUNetFile, "vae/diffusion_pytorch_model.safetensors",
                                  "image_encoder/model.safetensors"};

class ConvertModel : public ModelTest {
 protected:
  // Random values everywhere, so that no two tensors are equal by chance.
  ConvertModel() {
    for (const char* file : kFiles) {
      edit_tensors(model_ / file, [](Tensors& t) {
        for (auto& [name, tensor] : t) tensor = torch::randn_like(tensor);
      });
    }
  }
  void convert(const fs::path& in, const fs::path& out, std::optional<torch::Dtype> dtype = {},
               uint64_t shard = 0) {
    convert_model({.in = in.string(), .out = out, .dtype = dtype, .max_shard_bytes = shard}, nullptr);
  }
  void expect_equal_weights(const fs::path& a, const fs::path& b) {
    for (const char* file : kFiles) {
      const Tensors left = read_tensors(a / file), right = read_tensors(b / file);
      ASSERT_EQ(left.size(), right.size());
      for (const auto& [name, tensor] : left) EXPECT_TRUE(torch::equal(tensor, right.at(name))) << name;
    }
  }
};

TEST_F(ConvertModel, FolderToSingleFileAndBackIsBitEqual) {
  convert(model_, folder_ / "one.safetensors");
  convert(folder_ / "one.safetensors", folder_ / "back");
  expect_equal_weights(model_, folder_ / "back");
  for (const char* config : {"unet/config.json", "sfv.json", "model_index.json"}) {
    EXPECT_EQ(io::JsonConfig::load(folder_ / "back" / config).text(),
              io::JsonConfig::load(model_ / config).text());
  }
}

TEST_F(ConvertModel, ASingleFileLoadsAsTheFolderDoes) {
  convert(model_, folder_ / "one.safetensors");
  const Model folder = load_model(model_.string(), {});
  const Model single = load_model((folder_ / "one.safetensors").string(), {});
  for (const auto& item : folder.unet->named_parameters()) {
    EXPECT_TRUE(torch::equal(single.unet->named_parameters()[item.key()], item.value())) << item.key();
  }
  const auto& clip = single.image_encoder->named_parameters();
  for (const auto& item : folder.image_encoder->named_parameters()) {
    EXPECT_TRUE(torch::equal(clip[item.key()], item.value())) << item.key();
  }
  EXPECT_EQ(single.defaults.width, 256);
  EXPECT_EQ(single.unet->config().num_frames, 8);
}

TEST_F(ConvertModel, ASingleFileUsesTheOriginalCodesNames) {
  convert(model_, folder_ / "one.safetensors");
  const Tensors one = read_tensors(folder_ / "one.safetensors");
  const Tensors unet = read_tensors(model_ / kUNetFile), vae = read_tensors(model_ / kFiles[1]),
                clip = read_tensors(model_ / kFiles[2]);
  const auto expect = [&](const std::string& name, const torch::Tensor& tensor) {
    ASSERT_TRUE(one.contains(name)) << name;
    EXPECT_TRUE(torch::equal(one.at(name), tensor)) << name;
  };
  // One layer a level: input_blocks.1 is level 0, .2 its downsampler, .3 level 1.
  expect("model.diffusion_model.input_blocks.0.0.weight", unet.at("conv_in.weight"));
  expect("model.diffusion_model.input_blocks.2.0.op.weight",
         unet.at("down_blocks.0.downsamplers.0.conv.weight"));
  expect("model.diffusion_model.input_blocks.3.0.skip_connection.weight",
         unet.at("down_blocks.1.resnets.0.spatial_res_block.conv_shortcut.weight"));
  expect("model.diffusion_model.input_blocks.1.0.time_stack.out_layers.3.weight",
         unet.at("down_blocks.0.resnets.0.temporal_res_block.conv2.weight"));
  expect("model.diffusion_model.input_blocks.1.1.time_stack.0.ff_in.net.2.weight",
         unet.at("down_blocks.0.attentions.0.temporal_transformer_blocks.0.ff_in.net.2.weight"));
  expect("model.diffusion_model.middle_block.2.time_mixer.mix_factor",
         unet.at("mid_block.resnets.1.time_mixer.mix_factor"));
  expect("model.diffusion_model.output_blocks.1.1.conv.weight",
         unet.at("up_blocks.0.upsamplers.0.conv.weight"));
  expect("model.diffusion_model.output_blocks.3.1.time_pos_embed.2.bias",
         unet.at("up_blocks.1.attentions.1.time_pos_embed.linear_2.bias"));
  expect("conditioner.embedders.3.encoder.encoder.down.1.downsample.conv.weight",
         vae.at("encoder.down_blocks.1.downsamplers.0.conv.weight"));
  expect("conditioner.embedders.3.encoder.quant_conv.weight", vae.at("quant_conv.weight"));
  expect("first_stage_model.decoder.up.3.block.0.time_stack.in_layers.2.weight",
         vae.at("decoder.up_blocks.0.resnets.0.temporal_res_block.conv1.weight"));
  expect("first_stage_model.decoder.mid.block_1.mix_factor",
         vae.at("decoder.mid_block.resnets.0.time_mixer.mix_factor"));
  expect("first_stage_model.decoder.mid.attn_1.proj_out.weight",
         vae.at("decoder.mid_block.attentions.0.to_out.0.weight").unsqueeze(2).unsqueeze(3));
  expect("first_stage_model.decoder.conv_out.time_mix_conv.weight", vae.at("decoder.time_conv_out.weight"));
  const std::string visual = "conditioner.embedders.0.open_clip.model.visual.";
  expect(visual + "proj", clip.at("visual_projection.weight").t());
  const std::string layer = "vision_model.encoder.layers.1.self_attn.";
  expect(visual + "transformer.resblocks.1.attn.in_proj_weight",
         torch::cat({clip.at(layer + "q_proj.weight"), clip.at(layer + "k_proj.weight"),
                     clip.at(layer + "v_proj.weight")}));
}

TEST_F(ConvertModel, UnusedTensorsOfSingleFilesArePassedOverUnknownOnesNamed) {
  const fs::path one = folder_ / "one.safetensors";
  convert(model_, one);
  const auto metadata = io::SafetensorsFile::open(one)->metadata();
  Tensors tensors = read_tensors(one);
  tensors["conditioner.embedders.0.open_clip.model.logit_scale"] = torch::ones({});
  tensors["first_stage_model.encoder.conv_in.weight"] = torch::ones({1});
  tensors["conditioner.embedders.3.encoder.post_quant_conv.bias"] = torch::ones({4});
  write_tensors(one, tensors, metadata);
  (void)load_model(one.string(), {});
  tensors["model.diffusion_model.extra"] = torch::ones({1});
  tensors["first_stage_model.quant_conv.bias"] = torch::ones({8});  // not in files with a temporal decoder
  tensors.erase("model.diffusion_model.out.2.bias");
  write_tensors(one, tensors, metadata);
  EXPECT_THAT(load_error(one.string()).what(), AllOf(HasSubstr("1 missing: conv_out.bias"),
                                                     HasSubstr("1 unexpected: model.diffusion_model.extra")));
  tensors.erase("model.diffusion_model.extra");
  tensors["model.diffusion_model.out.2.bias"] = torch::ones({4});
  write_tensors(one, tensors, metadata);
  EXPECT_THAT(load_error(one.string()).what(), HasSubstr("first_stage_model.quant_conv.bias"));
  tensors.erase("first_stage_model.quant_conv.bias");
  tensors["conditioner.embedders.0.open_clip.model.visual.transformer.resblocks.0.attn.in_proj_bias"] =
      torch::ones({95});
  write_tensors(one, tensors, metadata);
  EXPECT_THAT(load_error(one.string()).what(), HasSubstr("q_proj.bias expected [32], found [95]"));
}

TEST_F(ConvertModel, SingleFilesWithoutConfigsAreTakenForThePublishedArchitecture) {
  const fs::path one = folder_ / "svd_xt.safetensors";
  write_tensors(one, {{"model.diffusion_model.out.2.bias", torch::zeros({4})}});
  EXPECT_THAT(load_error(one.string()).what(), HasSubstr("1427 missing"));
  write_tensors(one, {{"conv_in.weight", torch::zeros({4})}});
  EXPECT_THAT(load_error(one.string()).what(), HasSubstr("--unet"));
  write_text(one, "not a safetensors file");
  EXPECT_EQ(load_error(one.string()).code(), ErrorCode::kInvalidFile);
}

TEST_F(ConvertModel, ImageDecoderModelsGoThroughBothForms) {
  replace_text(model_ / "vae/config.json", "AutoencoderKLTemporalDecoder", "AutoencoderKL");
  init_model({.like = model_.string(), .out = folder_ / "image", .seed = 1}, nullptr);
  EXPECT_TRUE(read_tensors(folder_ / "image" / kFiles[1]).contains("post_quant_conv.weight"));
  convert(folder_ / "image", folder_ / "svd_image_decoder.safetensors");
  EXPECT_TRUE(read_tensors(folder_ / "svd_image_decoder.safetensors")
                  .contains("first_stage_model.post_quant_conv.weight"));
  convert(folder_ / "svd_image_decoder.safetensors", folder_ / "back");
  expect_equal_weights(folder_ / "image", folder_ / "back");
  const torch::NoGradGuard no_grad;
  Model model = load_model((folder_ / "back").string(), {});
  EXPECT_EQ(model.vae->decode(torch::randn({2, 4, 2, 3}), 2).sizes(), at::IntArrayRef({2, 3, 16, 24}));
}

TEST_F(ConvertModel, CastsAndSplitsAsAsked) {
  convert(model_, folder_ / "half", torch::kFloat16, 100000);
  const fs::path index = folder_ / "half/unet/diffusion_pytorch_model.safetensors.index.fp16.json";
  ASSERT_TRUE(fs::exists(index));
  const auto map = io::JsonConfig::load(index).get_object("weight_map");
  const std::string first = *map->get_string("add_embedding.linear_1.bias");
  EXPECT_THAT(first, ::testing::MatchesRegex("diffusion_pytorch_model\\.fp16-00001-of-000..\\.safetensors"));
  size_t shards = 0;
  for (const auto& file : fs::directory_iterator(folder_ / "half/unet")) {
    if (file.path().extension() != ".safetensors") continue;
    ++shards;
    EXPECT_LT(file.file_size(), 200000U);
  }
  EXPECT_GT(shards, 2U);
  convert(folder_ / "half", folder_ / "full", torch::kFloat32);
  const Tensors before = read_tensors(model_ / kUNetFile);
  for (const auto& [name, tensor] : read_tensors(folder_ / "full" / kUNetFile)) {
    EXPECT_TRUE(torch::equal(tensor, before.at(name).to(torch::kFloat16).to(torch::kFloat32))) << name;
  }
  convert(model_, folder_ / "brain", torch::kBFloat16);
  EXPECT_TRUE(fs::exists(folder_ / "brain/vae/diffusion_pytorch_model.bf16.safetensors"));
}

TEST_F(ConvertModel, FailuresLeaveNothingBehind) {
  const auto code = [&](const ConvertOptions& options) {
    return error_of([&] { convert_model(options, nullptr); }).code();
  };
  EXPECT_EQ(code({.in = model_.string(), .out = model_}), ErrorCode::kAlreadyExists);
  write_text(folder_ / "x.safetensors", "mine");
  EXPECT_EQ(code({.in = model_.string(), .out = folder_ / "x.safetensors"}), ErrorCode::kAlreadyExists);
  EXPECT_EQ(read_text(folder_ / "x.safetensors"), "mine");
  EXPECT_EQ(
      code({.in = model_.string(), .out = folder_ / "y.safetensors", .dtype = {}, .max_shard_bytes = 5}),
      ErrorCode::kInvalidArgument);
  EXPECT_EQ(code({.in = "nowhere", .out = folder_ / "y"}), ErrorCode::kNotFound);
  CancelToken cancel;
  cancel.cancel();
  for (const char* out : {"y", "y.safetensors"}) {
    EXPECT_EQ(error_of([&] { convert_model({.in = model_.string(), .out = folder_ / out}, &cancel); }).code(),
              ErrorCode::kCancelled);
  }
  edit_tensors(model_ / kUNetFile, [](Tensors& t) { t.erase("conv_in.bias"); });
  EXPECT_EQ(code({.in = model_.string(), .out = folder_ / "y"}), ErrorCode::kInvalidFile);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 2) << "the model and x.safetensors";
}

TEST_F(ConvertModel, VerifyFindsNumbersThatAreNotFiniteAndTensorsThatDoNotFit) {
  for (const VerifyItem& item : verify_model(model_.string(), nullptr))
    EXPECT_TRUE(item.is_good) << item.detail;
  edit_tensors(model_ / kUNetFile,
               [](Tensors& t) { t["conv_in.bias"][3] = std::numeric_limits<float>::quiet_NaN(); });
  edit_tensors(model_ / kFiles[1], [](Tensors& t) { t.erase("quant_conv.bias"); });
  (void)error_of([&] { (void)load_model(model_.string(), {}); });
  const std::vector<VerifyItem> items = verify_model(model_.string(), nullptr);
  ASSERT_EQ(items.size(), 3U);
  EXPECT_FALSE(items[0].is_good);
  EXPECT_THAT(items[0].detail, HasSubstr("1 tensors hold NaN or infinity: conv_in.bias"));
  EXPECT_FALSE(items[1].is_good);
  EXPECT_THAT(items[1].detail, HasSubstr("quant_conv.bias"));
  EXPECT_TRUE(items[2].is_good);
}

TEST_F(ConvertModel, ReportTellsComponentsTypesSizesAndDigests) {
  const ModelReport report = describe_model(model_.string(), torch::kFloat32, nullptr);
  ASSERT_EQ(report.components.size(), 3U);
  const Tensors unet = read_tensors(model_ / kUNetFile);
  int64_t parameters = 0;
  for (const auto& [name, tensor] : unet) parameters += tensor.numel();
  EXPECT_EQ(report.components[0].class_name, "UNetSpatioTemporalConditionModel");
  EXPECT_EQ(report.components[0].parameters, parameters);
  EXPECT_EQ(report.components[0].bytes, static_cast<uint64_t>(4 * parameters));
  EXPECT_EQ(report.components[0].dtypes.at("F32"), static_cast<int64_t>(unet.size()));
  EXPECT_EQ(report.frames, 8);
  EXPECT_EQ(report.compression, 8);
  ASSERT_EQ(report.files.size(), 3U);
  for (const FileReport& file : report.files) {
    EXPECT_EQ(file.sha256, io::sha256_file(file.path));
    EXPECT_EQ(file.bytes, fs::file_size(file.path));
    EXPECT_THAT(to_text(report), HasSubstr(file.sha256));
  }
  EXPECT_THAT(to_text(report), HasSubstr("\nunet:          UNetSpatioTemporalConditionModel, "));
  EXPECT_THAT(to_text(report), HasSubstr("\nimage_encoder: CLIPVisionModelWithProjection, "));
  const io::JsonConfig json = io::JsonConfig::parse(to_json(report), "report");
  EXPECT_EQ(json.get_string("hash"), report.hash);
  EXPECT_TRUE(json.is_list("components") && json.is_list("files"));
}

class TinyDecoderFile : public ModelTest {
 protected:
  [[nodiscard]] Tensors make(models::TinyKind kind, const std::string& prefix, int64_t shift) const {
    const models::TinyDecoder decoder(kind);
    Tensors tensors;
    for (const auto& item : decoder->named_parameters()) {
      const size_t dot = item.key().find('.');
      const std::string number = std::to_string(std::stoll(item.key().substr(0, dot)) + shift);
      tensors[prefix + number + item.key().substr(dot)] = torch::randn(item.value().sizes());
    }
    return tensors;
  }
};

TEST_F(TinyDecoderFile, ReadsPublishedAndDiffusersNamesAndTellsTheKindByShape) {
  const fs::path file = folder_ / "tiny.safetensors";
  for (const models::TinyKind kind : {models::TinyKind::kTaesd, models::TinyKind::kTaesdv}) {
    for (const auto& [prefix, shift] : std::initializer_list<std::pair<const char*, int64_t>>{
             {"", 0}, {"decoder.", 0}, {"decoder.layers.", -1}}) {
      Tensors tensors = make(kind, prefix, shift);
      const torch::Tensor first = tensors.at(prefix + std::to_string(1 + shift) + ".weight");
      tensors["encoder.0.weight"] = torch::zeros({1});
      write_tensors(file, tensors);
      models::TinyDecoder decoder = load_tiny_decoder({file}, torch::kFloat32, torch::kCPU);
      EXPECT_EQ(decoder->kind(), kind);
      EXPECT_TRUE(torch::equal(decoder->named_parameters()["1.weight"], first));
    }
  }
  EXPECT_TRUE(load_model(model_.string(), {.unet = {}, .tiny_vae = {file}}).tiny_decoder);
}

TEST_F(TinyDecoderFile, RefusesOtherWeights) {
  const fs::path file = folder_ / "tiny.safetensors";
  Tensors tensors = make(models::TinyKind::kTaesd, "decoder.", 0);
  tensors.erase("decoder.1.bias");
  tensors["decoder.99.bias"] = torch::zeros({1});
  tensors["text.weight"] = torch::zeros({1});
  write_tensors(file, tensors);
  const Error error = error_of([&] { (void)load_tiny_decoder({file}, torch::kFloat32, torch::kCPU); });
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("missing: 1.bias"), HasSubstr("99.bias"), HasSubstr("text.weight")));
  write_tensors(file, {{"0.weight", torch::zeros({64, 3, 3, 3})}});
  EXPECT_THAT(error_of([&] { (void)load_tiny_decoder({file}, torch::kFloat32, torch::kCPU); }).what(),
              HasSubstr("encoder"));
  EXPECT_EQ(
      error_of([&] { (void)load_tiny_decoder({model_ / kUNetFile}, torch::kFloat32, torch::kCPU); }).code(),
      ErrorCode::kInvalidFile);
}

TEST_F(TinyDecoderFile, ConvertsKeepingNamesAndValues) {
  const fs::path file = folder_ / "tiny.safetensors", out = folder_ / "out.safetensors";
  const Tensors tensors = make(models::TinyKind::kTaesdv, "decoder.", 0);
  write_tensors(file, tensors);
  convert_model({.in = file.string(), .out = out}, nullptr);
  const Tensors converted = read_tensors(out);
  ASSERT_EQ(converted.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) EXPECT_TRUE(torch::equal(converted.at(name), tensor));
  EXPECT_EQ(error_of([&] { convert_model({.in = file.string(), .out = folder_ / "dir"}, nullptr); }).code(),
            ErrorCode::kInvalidArgument);
}

TEST(PublishedTinyDecoder, Loads) {
  const fs::path folder = fs::path(SFV_SHARED_DATA) / "taesd";
  if (!fs::exists(folder)) GTEST_SKIP() << folder << " is not there";
  const torch::NoGradGuard no_grad;
  models::TinyDecoder decoder =
      load_tiny_decoder({folder / "taesd_decoder.safetensors"}, torch::kFloat32, torch::kCPU);
  EXPECT_EQ(decoder->kind(), models::TinyKind::kTaesd);
  EXPECT_EQ(decoder->forward(torch::zeros({1, 4, 2, 2}), 1).sizes(), at::IntArrayRef({1, 3, 16, 16}));
  EXPECT_EQ(error_of([&] {
              (void)load_tiny_decoder({folder / "taesd_encoder.safetensors"}, torch::kFloat32, torch::kCPU);
            }).code(),
            ErrorCode::kInvalidFile);
}

}  // namespace
}  // namespace sfv::checkpoint::testing
