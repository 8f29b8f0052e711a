#pragma once

#include <torch/types.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sfv/core/generate_options.h"
#include "sfv/core/memory_mode.h"
#include "sfv/models/autoencoder_kl_temporal_decoder.h"
#include "sfv/models/autoencoder_tiny.h"
#include "sfv/models/clip_vision.h"
#include "sfv/models/unet_spatio_temporal.h"
#include "sfv/nn/fetched_weights.h"

namespace sfv::checkpoint {

/// What the engine uses of scheduler/scheduler_config.json; the defaults are SVD's.
struct SchedulerConfig {
  double sigma_min = 0.002;
  double sigma_max = 700;
};

/// What the engine uses of feature_extractor/preprocessor_config.json; the defaults are CLIP's.
struct FeatureExtractorConfig {
  std::array<double, 3> image_mean = {0.48145466, 0.4578275, 0.40821073};
  std::array<double, 3> image_std = {0.26862954, 0.26130258, 0.27577711};
};

/// A model with its weights, ready to run: all networks on one device, without gradients.
struct Model {
  models::UNetSpatioTemporalConditionModel unet{nullptr};
  models::AutoencoderKLTemporalDecoder vae{nullptr};
  models::CLIPVisionModelWithProjection image_encoder{nullptr};
  models::TinyDecoder tiny_decoder{nullptr};  // null unless asked for
  SchedulerConfig scheduler;
  FeatureExtractorConfig feature_extractor;
  GenerateOptions defaults;              // the model's own, from sfv.json
  std::string name;                      // as the user gave it
  std::string hash;                      // quick hash, see model_hash.h
  torch::Dtype dtype = torch::kFloat32;  // the networks compute in this
  torch::Device device = torch::kCPU;
  MemoryMode memory = {};
};

struct LoadOptions {
  std::filesystem::path unet;                   // a UNet file laid over the model's own; empty: none
  std::vector<std::filesystem::path> tiny_vae;  // weights of a tiny decoder; empty: none
  torch::Dtype dtype = torch::kFloat32;         // float32, bfloat16 or float16
  torch::Device device = torch::kCPU;
  MemoryMode memory = {};
};

/// While what it gives lives, a network of the model, or a part of it, has its weights where they compute:
/// for WeightHome::kStage; else nothing. dtype: that this part computes in.
[[nodiscard]] std::unique_ptr<nn::BroughtWeights> bring_weights(const Model& model,
                                                                torch::nn::Module& network,
                                                                torch::Dtype dtype);

/// Loads a model: a diffusers folder, a single svd*.safetensors file of the original code, or org/name from
/// the local Hugging Face cache. Files are mapped; a weight whose dtype already fits is used where it lies.
/// Errors: kNotFound listing every place looked at and the download command; kInvalidFile naming every
/// missing, unexpected or mis-shaped tensor; those of the readers.
[[nodiscard]] Model load_model(const std::string& name, const LoadOptions& options);

}  // namespace sfv::checkpoint
