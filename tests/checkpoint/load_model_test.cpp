#include <gmock/gmock.h>

#include "sfv/checkpoint/model_files.h"
#include "sfv/checkpoint/module_weights.h"
#include "tests/checkpoint/model_fixture.h"

namespace sfv::checkpoint::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using LoadModel = ModelTest;

TEST_F(LoadModel, GivesEveryParameterTheFilesValuesReadyToRun) {
  const Model model = load_model(model_.string(), {});
  const Tensors stored = read_tensors(model_ / kUNetFile);
  const auto parameters = model.unet->named_parameters();
  EXPECT_EQ(parameters.size(), stored.size());
  for (const auto& item : parameters) {
    EXPECT_TRUE(torch::equal(item.value(), stored.at(item.key()))) << item.key();
    EXPECT_FALSE(item.value().requires_grad());
    EXPECT_TRUE(item.value().dim() != 4 || item.value().is_contiguous(at::MemoryFormat::ChannelsLast))
        << item.key();
  }
  EXPECT_FALSE(model.unet->is_training());
  EXPECT_EQ(model.defaults.width, 256);
  EXPECT_EQ(model.defaults.sampler, SamplerKind::kEuler);
  EXPECT_EQ(model.hash.size(), 64U);
}

TEST_F(LoadModel, UsesMatchingWeightsWhereTheyLieAndKeepsTheFileAlive) {
  const auto model = std::make_unique<Model>(load_model(model_.string(), {}));
  const torch::Tensor weight = model->unet->named_parameters()["add_embedding.linear_1.weight"];
  const auto address = reinterpret_cast<uintptr_t>(weight.data_ptr());
  std::ifstream maps("/proc/self/maps");
  bool is_mapped = false;
  for (std::string line; std::getline(maps, line);) {
    const uintptr_t begin = std::stoull(line, nullptr, 16);
    const uintptr_t end = std::stoull(line.substr(line.find('-') + 1), nullptr, 16);
    if (address >= begin && address < end)
      is_mapped = line.find("diffusion_pytorch_model") != std::string::npos;
  }
  EXPECT_TRUE(is_mapped);
  fs::remove_all(model_);
  EXPECT_TRUE(torch::isfinite(weight).all().item<bool>());
}

TEST_F(LoadModel, CastsToTheTypeAskedFor) {
  for (const torch::Dtype dtype : {torch::kBFloat16, torch::kFloat16}) {
    const Model model = load_model(model_.string(), {.unet = {}, .tiny_vae = {}, .dtype = dtype});
    const Tensors stored = read_tensors(model_ / kUNetFile);
    for (const auto& item : model.unet->named_parameters()) {
      ASSERT_EQ(item.value().scalar_type(), dtype);
      EXPECT_TRUE(torch::equal(item.value(), stored.at(item.key()).to(dtype)));
    }
  }
  EXPECT_EQ(load_error(model_.string(), {.unet = {}, .tiny_vae = {}, .dtype = torch::kFloat64}).code(),
            ErrorCode::kInvalidArgument);
}

TEST_F(LoadModel, NamesEveryMissingUnexpectedAndMisshapedTensorInOneError) {
  edit_tensors(model_ / kUNetFile, [](Tensors& t) {
    t.erase("conv_in.bias");
    t.erase("conv_out.weight");
    t["conv_in.weight"] = torch::zeros({32, 4, 3, 3});
    t["conv_norm_out.weight"] = torch::zeros({32}, torch::kInt64);
    t["lora.weight"] = torch::zeros({1});
  });
  const Error error = load_error(model_.string());
  EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("2 missing: "), HasSubstr("conv_in.bias"),
                                  HasSubstr("conv_out.weight"), HasSubstr("1 unexpected: lora.weight"),
                                  HasSubstr("conv_in.weight expected [32, 8, 3, 3], found [32, 4, 3, 3]"),
                                  HasSubstr("conv_norm_out.weight expected F32, F16 or BF16, found I64"),
                                  HasSubstr("diffusion_pytorch_model.safetensors")));
}

TEST_F(LoadModel, ShowsTheFirstTwentyOfALongList) {
  write_tensors(model_ / kUNetFile, {{"other", torch::zeros({1})}});
  const std::string text = load_error(model_.string()).what();
  EXPECT_THAT(text, AllOf(HasSubstr(" more"), HasSubstr("1 unexpected: other")));
  EXPECT_LT(text.size(), 3000U);
}

TEST_F(LoadModel, TakesTheHalfPrecisionVariantOnlyForHalfPrecision) {
  const fs::path half = model_ / "unet/diffusion_pytorch_model.fp16.safetensors";
  Tensors tensors = read_tensors(model_ / kUNetFile);
  for (auto& [name, tensor] : tensors) tensor = torch::ones_like(tensor, torch::kFloat16);
  write_tensors(half, tensors);
  const auto is_ones = [&](torch::Dtype dtype) {
    const Model model = load_model(model_.string(), {.unet = {}, .tiny_vae = {}, .dtype = dtype});
    return model.unet->named_parameters()["conv_in.weight"].eq(1).all().item<bool>();
  };
  EXPECT_FALSE(is_ones(torch::kFloat32));
  EXPECT_TRUE(is_ones(torch::kFloat16));
  EXPECT_TRUE(is_ones(torch::kBFloat16));
  fs::remove(model_ / kUNetFile);
  EXPECT_TRUE(is_ones(torch::kFloat32)) << "the only file there is";
}

TEST_F(LoadModel, LaysAnotherUNetOverTheModel) {
  const fs::path other = folder_ / "lcm.safetensors";
  Tensors tensors = read_tensors(model_ / kUNetFile);
  tensors["conv_in.bias"].fill_(3);
  write_tensors(other, tensors);
  const Model plain = load_model(model_.string(), {});
  const Model laid = load_model(model_.string(), {.unet = other, .tiny_vae = {}});
  EXPECT_TRUE(laid.unet->named_parameters()["conv_in.bias"].eq(3).all().item<bool>());
  EXPECT_TRUE(torch::equal(laid.vae->parameters()[0], plain.vae->parameters()[0]));
  EXPECT_EQ(load_error(model_.string(), {.unet = folder_ / "no.safetensors", .tiny_vae = {}}).code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(load_error(model_.string(), {.unet = folder_, .tiny_vae = {}}).code(), ErrorCode::kInvalidFile);
}

TEST_F(LoadModel, HashTellsConfigsAndWeightsApartAndForgetsThePlace) {
  const std::string before = load_model(model_.string(), {}).hash;
  fs::copy(model_, folder_ / "moved", fs::copy_options::recursive);
  EXPECT_EQ(load_model((folder_ / "moved").string(), {}).hash, before);
  replace_text(model_ / "sfv.json", "\"steps\": 4", "\"steps\": 5");
  EXPECT_NE(load_model(model_.string(), {}).hash, before);
  edit_tensors(folder_ / "moved" / kUNetFile, [](Tensors& t) {
    for (auto& [name, tensor] : t) tensor += 0.5;
  });
  EXPECT_NE(load_model((folder_ / "moved").string(), {}).hash, before) << "a fine-tune";
}

TEST_F(LoadModel, PassesOverPositionIdsAndTakesOldAttentionNames) {
  edit_tensors(model_ / "image_encoder/model.safetensors", [](Tensors& t) {
    t["vision_model.embeddings.position_ids"] = torch::arange(17).unsqueeze(0);
  });
  edit_tensors(model_ / "vae/diffusion_pytorch_model.safetensors", [](Tensors& t) {
    for (const char* half : {"encoder", "decoder"}) {
      const std::string place = std::string(half) + ".mid_block.attentions.0.";
      for (const auto& [name, old_name] : std::initializer_list<std::pair<const char*, const char*>>{
               {"to_q", "query"}, {"to_k", "key"}, {"to_v", "value"}, {"to_out.0", "proj_attn"}}) {
        for (const char* kind : {".weight", ".bias"}) {
          auto node = t.extract(place + name + kind);
          node.key() = place + old_name + kind;
          t.insert(std::move(node));
        }
      }
    }
  });
  const Tensors stored = read_tensors(model_ / "vae/diffusion_pytorch_model.safetensors");
  const Model model = load_model(model_.string(), {});
  EXPECT_TRUE(torch::equal(model.vae->named_parameters()["encoder.mid_block.attentions.0.to_out.0.weight"],
                           stored.at("encoder.mid_block.attentions.0.proj_attn.weight")));
}

TEST_F(LoadModel, AConfigOfAnotherSizeIsToldBeforeAnythingIsComputed) {
  replace_text(model_ / "unet/config.json", "\"layers_per_block\": 1", "\"layers_per_block\": 256");
  EXPECT_THAT(load_error(model_.string()).what(), HasSubstr("missing"));
  replace_text(model_ / "unet/config.json", "\"transformer_layers_per_block\": 1",
               "\"transformer_layers_per_block\": 256");
  EXPECT_THAT(load_error(model_.string()).what(), HasSubstr("blocks"));
  replace_text(model_ / "unet/config.json", "32,\n    64", "1000000000,\n    64");
  EXPECT_THAT(load_error(model_.string()).what(), HasSubstr("block_out_channels"));
}

TEST_F(LoadModel, SaysWhatIsNotThere) {
  fs::remove(model_ / "image_encoder/model.safetensors");
  EXPECT_EQ(load_error(model_.string()).code(), ErrorCode::kNotFound);
  write_text(model_ / "image_encoder/pytorch_model.bin", "x");
  EXPECT_THAT(load_error(model_.string()).what(), HasSubstr(".bin"));
  fs::create_symlink("gone", model_ / "image_encoder/model.safetensors");
  EXPECT_THAT(load_error(model_.string()).what(), HasSubstr("link"));
  fs::remove(model_ / "image_encoder/model.safetensors");
  fs::create_directory(model_ / "image_encoder/model.safetensors");
  EXPECT_EQ(load_error(model_.string()).code(), ErrorCode::kInvalidFile);
  fs::remove(model_ / "scheduler/scheduler_config.json");
  EXPECT_THAT(load_error(model_.string()).what(), HasSubstr("scheduler_config.json"));
  replace_text(model_ / "model_index.json", "StableVideoDiffusionPipeline", "StableDiffusionPipeline");
  write_text(model_ / "scheduler/scheduler_config.json", "{}");
  EXPECT_EQ(load_error(model_.string()).code(), ErrorCode::kUnsupported);
  EXPECT_EQ(load_error("").code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(load_error("/dev/null").code(), ErrorCode::kInvalidFile);
  EXPECT_EQ(load_error(folder_.string()).code(), ErrorCode::kNotFound) << "a folder that is no model";
}

TEST_F(LoadModel, AFolderThatMayNotBeReadIsAPermissionError) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  fs::permissions(model_ / "unet", fs::perms::none);
  EXPECT_EQ(load_error(model_.string()).code(), ErrorCode::kPermission);
  fs::permissions(model_ / "unet", fs::perms::owner_all);
}

class ShardedModel : public ModelTest {
 protected:
  ShardedModel() {
    Tensors first, second;
    for (const auto& [name, tensor] : read_tensors(model_ / kUNetFile)) {
      (name < "m" ? first : second).emplace(name, tensor);
    }
    fs::remove(model_ / kUNetFile);
    write_tensors(shard(1), first);
    write_tensors(shard(2), second);
    std::string map;
    for (const auto* tensors : {&first, &second}) {
      for (const auto& [name, tensor] : *tensors) {
        map += (map.empty() ? "\"" : ",\n\"") + name + "\": \"" +
               shard(tensors == &first ? 1 : 2).filename().string() + "\"";
      }
    }
    write_text(index(), "{\"metadata\": {}, \"weight_map\": {" + map + "}}");
  }
  [[nodiscard]] fs::path index() const {
    return model_ / "unet/diffusion_pytorch_model.safetensors.index.json";
  }
  [[nodiscard]] fs::path shard(int number) const {
    return model_ / ("unet/diffusion_pytorch_model-0000" + std::to_string(number) + "-of-00002.safetensors");
  }
};

TEST_F(ShardedModel, LoadsAsTheWholeDoes) {
  const Model model = load_model(model_.string(), {});
  EXPECT_EQ(count_parameters(*model.unet), count_parameters(*load_model(model_.string(), {}).unet));
  const Tensors first = read_tensors(shard(1));
  EXPECT_TRUE(torch::equal(model.unet->named_parameters()["conv_in.weight"], first.at("conv_in.weight")));
}

TEST_F(ShardedModel, AnIndexMustAgreeWithItsShards) {
  edit_tensors(shard(1), [](Tensors& t) {
    t.erase("conv_in.bias");
    t["extra"] = torch::zeros({1});
  });
  EXPECT_THAT(load_error(model_.string()).what(),
              AllOf(HasSubstr("conv_in.bias of "), HasSubstr("extra in ")));
  fs::remove(shard(2));
  EXPECT_EQ(load_error(model_.string()).code(), ErrorCode::kNotFound);
}

TEST_F(ShardedModel, TheSameTensorInTwoShardsIsAnError) {
  edit_tensors(shard(2), [](Tensors& t) { t["conv_in.bias"] = torch::zeros({32}); });
  EXPECT_THAT(load_error(model_.string()).what(), HasSubstr("conv_in.bias"));
}

TEST_F(ShardedModel, AnIndexNamesOnlyFilesOfItsFolder) {
  const std::string good = read_text(index());
  for (const char* bad : {"../vae/diffusion_pytorch_model.safetensors", "/etc/passwd", "..", ".", "",
                          "a/b.safetensors", "a\\\\b", "a\\u0000b"}) {
    write_text(index(), std::string(R"({"weight_map": {"conv_in.weight": ")") + bad + "\"}}");
    const Error error = load_error(model_.string());
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile) << bad;
    EXPECT_THAT(error.what(), HasSubstr("index.json"));
  }
  for (const char* text :
       {"{}", R"({"weight_map": {}})", R"({"weight_map": []})", R"({"weight_map": {"a": 1}})", "[", ""}) {
    write_text(index(), text);
    EXPECT_EQ(load_error(model_.string()).code(), ErrorCode::kInvalidFile) << text;
  }
}

class HubCache : public ModelTest {
 protected:
  HubCache() {
    repository_ = folder_ / "hub/models--some-org--some.model";
    fs::create_directories(repository_ / "snapshots");
    fs::create_directories(repository_ / "refs");
    fs::rename(model_, repository_ / "snapshots/0123abcd");
    write_text(repository_ / "refs/main", "0123abcd");
  }
  fs::path repository_;
  ScopedVariable cache_{"HF_HUB_CACHE", (folder_ / "hub").string()},
      legacy_{"HUGGINGFACE_HUB_CACHE", std::nullopt}, home_{"HF_HOME", std::nullopt},
      xdg_{"XDG_CACHE_HOME", std::nullopt}, user_{"HOME", (folder_ / "home").string()};
  const std::string name_ = "some-org/some.model";
};

TEST_F(HubCache, IsFoundThroughEachOfItsVariables) {
  EXPECT_EQ(load_model(name_, {}).name, name_);
  ::unsetenv("HF_HUB_CACHE");
  EXPECT_EQ(load_error(name_).code(), ErrorCode::kNotFound);
  {
    const ScopedVariable home("HF_HOME", folder_.string());
    EXPECT_EQ(load_model(name_, {}).name, name_);
  }
  fs::create_directories(folder_ / "home/.cache/huggingface");
  fs::create_directory_symlink(folder_ / "hub", folder_ / "home/.cache/huggingface/hub");
  EXPECT_EQ(load_model(name_, {}).name, name_);
  ::setenv("HOME", folder_.c_str(), 1);
  const ScopedVariable xdg("XDG_CACHE_HOME", (folder_ / "home/.cache").string());
  EXPECT_EQ(load_model(name_, {}).name, name_);
}

TEST_F(HubCache, AbsentModelsNameEveryPlaceAndTheDownloadCommand) {
  const Error error = load_error("some-org/other");
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("hub/models--some-org--other"), HasSubstr("home/.cache/huggingface/hub"),
                    HasSubstr("hf download some-org/other")));
  EXPECT_THAT(load_error("no/such/folder").what(), Not(HasSubstr("hf download")));
}

TEST_F(HubCache, BrokenCachesAreErrors) {
  for (const char* reference : {"", "\n", "../../..", "a/b", ".."}) {
    write_text(repository_ / "refs/main", reference);
    EXPECT_EQ(load_error(name_).code(), ErrorCode::kInvalidFile) << reference;
  }
  write_text(repository_ / "refs/main", "4567");
  EXPECT_THAT(load_error(name_).what(), HasSubstr("snapshots/4567"));
  fs::remove(repository_ / "refs/main");
  EXPECT_EQ(load_model(name_, {}).name, name_) << "one snapshot and no reference";
  fs::create_directory(repository_ / "snapshots/89ab");
  EXPECT_THAT(load_error(name_).what(), HasSubstr("2 snapshots"));
  fs::remove_all(repository_ / "snapshots/89ab");
  const fs::path weights = repository_ / "snapshots/0123abcd" / kUNetFile;
  fs::rename(weights, repository_ / "blob");
  fs::create_symlink(repository_ / "blob", weights);
  EXPECT_EQ(load_model(name_, {}).name, name_) << "the cache links to its blobs";
  fs::remove(repository_ / "blob");
  EXPECT_THAT(load_error(name_).what(), HasSubstr("download"));
}

}  // namespace
}  // namespace sfv::checkpoint::testing
