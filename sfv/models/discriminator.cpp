#include "sfv/models/discriminator.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>

#include <utility>

#include "sfv/core/check.h"

namespace sfv::models {
namespace {

DiscriminatorHeadOptions head_options(const DiscriminatorConfig& config, int64_t channels, bool over_time,
                                      int64_t embedding_dim) {
  return {.channels = channels,
          .width = config.width,
          .over_time = over_time,
          .kernel = over_time ? config.temporal_kernel : config.spatial_kernel,
          .residual_kernel = over_time ? config.temporal_residual_kernel : config.spatial_residual_kernel,
          .embedding_dim = embedding_dim,
          .projection_dim = config.projection_dim,
          .norm = config.norm};
}

}  // namespace

DiscriminatorImpl::DiscriminatorImpl(const UNetConfig& unet, const DiscriminatorConfig& config)
    : config_(config), encoder_(register_module("encoder", UNetSpatioTemporalEncoder(unet))) {
  SFV_CHECK(config.spatial_heads || config.temporal_heads, kInvalidArgument,
            "[Discriminator] expected spatial or temporal heads, got neither");
  SFV_CHECK(config.condition_dim >= 2, kInvalidArgument,
            "[Discriminator] expected a condition_dim of at least 2, got ", config.condition_dim);
  const int64_t dim = config.condition_dim;
  if (config.image_condition) {
    image_embedding_ = register_module("image_embedding", nn::Linear(unet.cross_attention_dim[0], dim));
  }
  if (config.sigma_condition)
    sigma_embedding_ = register_module("sigma_embedding", nn::TimestepEmbedding(dim, dim, dim));
  if (config.frame_condition)
    frame_embedding_ = register_module("frame_embedding", nn::TimestepEmbedding(dim, dim, dim));
  const int64_t embedding_dim =
      dim * (int{config.image_condition} + int{config.sigma_condition} + int{config.frame_condition});
  for (int64_t tap = 0; tap < unet.levels(); ++tap) {
    for (const bool over_time : {false, true}) {
      if (!(over_time ? config.temporal_heads : config.spatial_heads)) continue;
      const std::string name = (over_time ? "temporal_" : "spatial_") + std::to_string(tap);
      const DiscriminatorHead head(
          head_options(config, unet.block_out_channels[tap], over_time, embedding_dim));
      heads_.push_back({name, tap, register_module(name, head)});
    }
  }
  set_encoder_trainable(false);
}

void DiscriminatorImpl::initialise_heads(at::Generator& generator) {
  if (image_embedding_) initialise_linear(*image_embedding_, generator);
  for (const nn::TimestepEmbedding* mlp : {&sigma_embedding_, &frame_embedding_}) {
    if (mlp->is_empty()) continue;
    for (const auto& layer : (*mlp)->children()) initialise_linear(*layer->as<nn::LinearImpl>(), generator);
  }
  for (HeadPlace& place : heads_) place.head->initialise(generator);
}

void DiscriminatorImpl::copy_encoder(const torch::nn::Module& source, torch::Dtype dtype) {
  const torch::NoGradGuard no_grad;
  const auto theirs = source.named_parameters();
  for (auto& item : encoder_->named_parameters()) {
    const torch::Tensor* const value = theirs.find(item.key());
    SFV_CHECK(value != nullptr && value->sizes() == item.value().sizes(), kInvalidArgument,
              "[Discriminator] expected a UNet of the same config to copy from; its ", item.key(),
              value == nullptr ? " is missing" : " has another shape");
    item.value().set_data(value->detach().to(dtype, /*non_blocking=*/false, /*copy=*/true));
  }
}

void DiscriminatorImpl::set_encoder_trainable(bool trainable) {
  for (torch::Tensor& parameter : encoder_->parameters()) parameter.set_requires_grad(trainable);
}

std::vector<torch::Tensor> DiscriminatorImpl::encode(const torch::Tensor& sample,
                                                     const torch::Tensor& c_noise,
                                                     const torch::Tensor& image_embeds,
                                                     const torch::Tensor& added_time_ids) {
  const at::ScalarType dtype = encoder_->parameters()[0].scalar_type();
  return encoder_(sample.to(dtype), c_noise, image_embeds.to(dtype), added_time_ids);
}

torch::Tensor DiscriminatorImpl::embed(const HeadCondition& condition, int64_t frames) {
  const int64_t B = condition.c_noise.size(0);
  std::vector<torch::Tensor> parts;
  const auto embed_number = [&](nn::TimestepEmbedding& mlp, const torch::Tensor& number) {
    const at::ScalarType dtype = mlp->parameters()[0].scalar_type();
    return mlp(nn::sinusoidal_embedding(number, config_.condition_dim).to(dtype));
  };
  if (image_embedding_) {
    const torch::Tensor image = condition.image_embeds.to(image_embedding_->weight.scalar_type()).mean(1);
    parts.push_back(image_embedding_(image).repeat_interleave(frames, 0));
  }
  if (sigma_embedding_)
    parts.push_back(embed_number(sigma_embedding_, condition.c_noise).repeat_interleave(frames, 0));
  if (frame_embedding_) {
    const torch::Tensor numbers = at::arange(frames, condition.c_noise.options().dtype(at::kFloat));
    parts.push_back(embed_number(frame_embedding_, numbers).repeat({B, 1}));
  }
  return parts.empty() ? torch::Tensor() : at::cat(parts, 1);
}

std::vector<HeadLogits> DiscriminatorImpl::judge(const std::vector<torch::Tensor>& taps,
                                                 const HeadCondition& condition, int64_t frames) {
  const torch::Tensor embedding = embed(condition, frames);
  std::vector<HeadLogits> all;
  for (HeadPlace& place : heads_)
    all.push_back({place.name, place.tap, place.head(taps[place.tap], frames, embedding)});
  return all;
}

std::vector<HeadLogits> DiscriminatorImpl::forward(const torch::Tensor& sample, const torch::Tensor& c_noise,
                                                   const torch::Tensor& image_embeds,
                                                   const torch::Tensor& added_time_ids) {
  return judge(encode(sample, c_noise, image_embeds, added_time_ids),
               {.c_noise = c_noise, .image_embeds = image_embeds}, sample.size(1));
}

void DiscriminatorImpl::update_spectral_norm() {
  for (HeadPlace& place : heads_) place.head->update_spectral_norm();
}

}  // namespace sfv::models
