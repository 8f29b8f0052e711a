#pragma once

#include <torch/types.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "sfv/io/json_config.h"

namespace sfv::parity {

using Tensors = std::map<std::string, torch::Tensor>;

struct RunOptions {
  torch::Dtype stored = torch::kFloat32;  // weights are rounded to this
  torch::Dtype dtype = torch::kFloat32;   // and computed with in this: wider where the device lacks the other
  torch::Device device = torch::kCPU;
  std::string shared_data;  // folder with taesd/…; empty: none
};

/// A config object of a case, for the readers of model configs.
[[nodiscard]] io::JsonConfig config_of(const nlohmann::json& config);

// One function a `network` of cases.json. Each returns the tensors that reference.py gives, under the same
// names, on the CPU in float32: "output", and "grad/<parameter>" and "grad_input/sample" where the case asks
// for gradients.
[[nodiscard]] Tensors run_unet(const nlohmann::json& test_case, const RunOptions& options);
[[nodiscard]] Tensors run_vae_encoder(const nlohmann::json& test_case, const RunOptions& options);
[[nodiscard]] Tensors run_vae_decoder(const nlohmann::json& test_case, const RunOptions& options);
[[nodiscard]] Tensors run_clip(const nlohmann::json& test_case, const RunOptions& options);
/// Errors of the tiny autoencoders: kNotFound if the case needs a file of the shared data that is absent.
[[nodiscard]] Tensors run_taesd_encoder(const nlohmann::json& test_case, const RunOptions& options);
[[nodiscard]] Tensors run_taesd_decoder(const nlohmann::json& test_case, const RunOptions& options);
[[nodiscard]] Tensors run_taesdv_decoder(const nlohmann::json& test_case, const RunOptions& options);

}  // namespace sfv::parity
