#include "sfv/models/clip_vision.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/sigmoid.h>
#include <torch/nn/modules/container/modulelist.h>

#include <array>
#include <tuple>

#include "sfv/core/check.h"
#include "sfv/ops/attention.h"
#include "sfv/tensor/parameter.h"

namespace sfv::models {
namespace {

constexpr int64_t kMaxWidth = 1 << 16;
constexpr int64_t kMaxTokens = 1 << 20;

torch::Tensor activate(const torch::Tensor& x, const std::string& name) {
  if (name == "gelu") return at::gelu(x);
  if (name == "quick_gelu") return x * at::sigmoid(1.702 * x);
  return at::gelu(x, "tanh");
}

// The key of the patch convolution is patch_embedding.weight, those of class and positions have no level of
// their own.
class ClipEmbeddingsImpl : public torch::nn::Module {
 public:
  explicit ClipEmbeddingsImpl(const ClipVisionConfig& c) {
    class_embedding_ = register_parameter("class_embedding", make_parameter({c.hidden_size}));
    patch_embedding_ = register_module(
        "patch_embedding",
        nn::Conv2d(
            c.num_channels, c.hidden_size,
            nn::Conv2dOptions{.kernel = c.patch_size, .stride = c.patch_size, .padding = 0, .bias = false}));
    const int64_t side = c.image_size / c.patch_size;
    position_embedding_ =
        register_module("position_embedding", std::make_shared<Table>(side * side + 1, c.hidden_size));
  }
  // [B, C, S, S] -> [B, 1 + patches, hidden]
  torch::Tensor forward(const torch::Tensor& pixel_values) {
    const torch::Tensor patches = patch_embedding_(pixel_values).flatten(2).transpose(1, 2);
    const torch::Tensor token = class_embedding_.expand({patches.size(0), 1, -1});
    return at::cat({token, patches}, 1) + position_embedding_->weight;
  }

 private:
  struct Table : torch::nn::Module {
    Table(int64_t rows, int64_t width) {
      weight = register_parameter("weight", make_parameter({rows, width}));
    }
    torch::Tensor weight;  // [rows, width]
  };
  torch::Tensor class_embedding_;
  nn::Conv2d patch_embedding_{nullptr};
  std::shared_ptr<Table> position_embedding_;
};
TORCH_MODULE(ClipEmbeddings);

class ClipAttentionImpl : public torch::nn::Module {
 public:
  ClipAttentionImpl(int64_t width, int64_t heads)
      : heads_(heads),
        k_proj_(register_module("k_proj", nn::Linear(width, width))),
        v_proj_(register_module("v_proj", nn::Linear(width, width))),
        q_proj_(register_module("q_proj", nn::Linear(width, width))),
        out_proj_(register_module("out_proj", nn::Linear(width, width))) {}
  torch::Tensor forward(const torch::Tensor& x) {
    return out_proj_(ops::attention(q_proj_(x), k_proj_(x), v_proj_(x), heads_));
  }

 private:
  int64_t heads_;
  nn::Linear k_proj_, v_proj_, q_proj_, out_proj_;
};
TORCH_MODULE(ClipAttention);

class ClipMlpImpl : public torch::nn::Module {
 public:
  explicit ClipMlpImpl(const ClipVisionConfig& c)
      : activation_(c.hidden_act),
        fc1_(register_module("fc1", nn::Linear(c.hidden_size, c.intermediate_size))),
        fc2_(register_module("fc2", nn::Linear(c.intermediate_size, c.hidden_size))) {}
  torch::Tensor forward(const torch::Tensor& x) { return fc2_(activate(fc1_(x), activation_)); }

 private:
  std::string activation_;
  nn::Linear fc1_, fc2_;
};
TORCH_MODULE(ClipMlp);

class ClipLayerImpl : public torch::nn::Module {
 public:
  explicit ClipLayerImpl(const ClipVisionConfig& c)
      : self_attn_(register_module("self_attn", ClipAttention(c.hidden_size, c.num_attention_heads))),
        layer_norm1_(register_module("layer_norm1", nn::LayerNorm(c.hidden_size, c.layer_norm_eps))),
        mlp_(register_module("mlp", ClipMlp(c))),
        layer_norm2_(register_module("layer_norm2", nn::LayerNorm(c.hidden_size, c.layer_norm_eps))) {}
  torch::Tensor forward(const torch::Tensor& input) {
    const torch::Tensor x = input + self_attn_(layer_norm1_(input));
    return x + mlp_(layer_norm2_(x));
  }

 private:
  ClipAttention self_attn_;
  nn::LayerNorm layer_norm1_;
  ClipMlp mlp_;
  nn::LayerNorm layer_norm2_;
};
TORCH_MODULE(ClipLayer);

class ClipEncoderImpl : public torch::nn::Module {
 public:
  explicit ClipEncoderImpl(const ClipVisionConfig& c) {
    for (int64_t i = 0; i < c.num_hidden_layers; ++i) layers_->push_back(ClipLayer(c));
    register_module("layers", layers_);
  }
  torch::Tensor forward(torch::Tensor x) {
    for (const auto& layer : *layers_) x = layer->as<ClipLayerImpl>()->forward(x);
    return x;
  }

 private:
  torch::nn::ModuleList layers_;
};
TORCH_MODULE(ClipEncoder);

}  // namespace

class ClipVisionTransformer : public torch::nn::Module {
 public:
  explicit ClipVisionTransformer(const ClipVisionConfig& c)
      : embeddings_(register_module("embeddings", ClipEmbeddings(c))),
        pre_layrnorm_(register_module(
            "pre_layrnorm", nn::LayerNorm(c.hidden_size, c.layer_norm_eps))),  // spelled so in every file
        encoder_(register_module("encoder", ClipEncoder(c))),
        post_layernorm_(register_module("post_layernorm", nn::LayerNorm(c.hidden_size, c.layer_norm_eps))) {}
  // [B, C, S, S] -> the class token [B, hidden]
  torch::Tensor forward(const torch::Tensor& pixel_values) {
    return post_layernorm_(encoder_(pre_layrnorm_(embeddings_(pixel_values))).select(1, 0));
  }

 private:
  ClipEmbeddings embeddings_;
  nn::LayerNorm pre_layrnorm_;
  ClipEncoder encoder_;
  nn::LayerNorm post_layernorm_;
};

void ClipVisionConfig::check() const {
  for (const auto& [key, value, max] :
       {std::tuple{"hidden_size", hidden_size, kMaxWidth},
        std::tuple{"intermediate_size", intermediate_size, kMaxWidth},
        std::tuple{"projection_dim", projection_dim, kMaxWidth},
        std::tuple{"num_hidden_layers", num_hidden_layers, int64_t{1024}},
        std::tuple{"num_attention_heads", num_attention_heads, kMaxWidth},
        std::tuple{"num_channels", num_channels, int64_t{64}},
        std::tuple{"image_size", image_size, kMaxWidth}, std::tuple{"patch_size", patch_size, image_size}}) {
    SFV_CHECK(value >= 1 && value <= max, kInvalidFile, "[image_encoder config] ", key, " expected 1 to ",
              max, ", found ", value);
  }
  const int64_t side = image_size / patch_size;
  SFV_CHECK(side * side < kMaxTokens, kInvalidFile, "[image_encoder config] image_size ", image_size,
            " in patches of ", patch_size, " gives more than ", kMaxTokens, " tokens");
  SFV_CHECK(hidden_size % num_attention_heads == 0, kInvalidFile,
            "[image_encoder config] num_attention_heads ", num_attention_heads,
            " does not divide hidden_size ", hidden_size);
  constexpr std::array kActivations = {"gelu", "quick_gelu", "gelu_new", "gelu_pytorch_tanh"};
  bool is_known = false;
  for (const char* name : kActivations) is_known = is_known || hidden_act == name;
  SFV_CHECK(
      is_known, kInvalidFile,
      "[image_encoder config] hidden_act expected gelu, quick_gelu, gelu_new or gelu_pytorch_tanh, found ",
      hidden_act);
  SFV_CHECK(layer_norm_eps > 0 && layer_norm_eps < 1, kInvalidFile,
            "[image_encoder config] layer_norm_eps expected 0 to 1, found ", layer_norm_eps);
}

CLIPVisionModelWithProjectionImpl::CLIPVisionModelWithProjectionImpl(const ClipVisionConfig& config)
    : config_(config) {
  config.check();
  vision_model_ = register_module("vision_model", std::make_shared<ClipVisionTransformer>(config));
  visual_projection_ =
      register_module("visual_projection", nn::Linear(config.hidden_size, config.projection_dim, false));
}

torch::Tensor CLIPVisionModelWithProjectionImpl::forward(const torch::Tensor& pixel_values) {
  SFV_CHECK(pixel_values.dim() == 4 && pixel_values.size(1) == config_.num_channels &&
                pixel_values.size(2) == config_.image_size && pixel_values.size(3) == config_.image_size,
            kInvalidArgument, "[CLIPVisionModelWithProjection] pixel_values expected [B, ",
            config_.num_channels, ", ", config_.image_size, ", ", config_.image_size, "], got ",
            pixel_values.sizes());
  return visual_projection_(vision_model_->forward(pixel_values));
}

}  // namespace sfv::models
