#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sfv/checkpoint/config_texts.h"
#include "sfv/core/generate_options.h"
#include "sfv/core/memory_mode.h"

namespace sfv::pipeline {

/// What a request is made with, as far as its memory depends on it.
struct RequestShape {
  checkpoint::ModelConfigs configs;
  torch::Dtype unet_stored = torch::kHalf;  // what the weights are stored in
  torch::Dtype vae_stored = torch::kHalf;
  torch::Dtype image_encoder_stored = torch::kHalf;
  torch::Dtype dtype = torch::kFloat;  // what the networks compute in
  at::DeviceType device = at::kCPU;
  GenerateSettings settings;
};

/// One stage of a request, at its largest moment.
struct StagePlan {
  std::string name;         // "image_encoder", "vae_encoder", "unet", "decoder"
  int64_t weights = 0;      // bytes brought for this stage alone
  int64_t activations = 0;  // bytes of everything else that it computes
  double operations = 0;    // core/work.h; of all its evaluations
};

/// What a request takes on its device, in bytes of tensors. Not part of it: the program with its libraries,
/// weights that are used where they lie in a file, and what the allocator keeps.
struct RequestPlan {
  MemoryMode mode;
  int64_t weights = 0;  // there all the time
  int64_t clip = 0;     // pixels of the clip and the noise
  std::vector<StagePlan> stages;

  [[nodiscard]] int64_t peak() const;
  [[nodiscard]] double operations() const;
};

/// Runs the request's networks on tensors without data: nothing is computed or allocated.
[[nodiscard]] RequestPlan plan_request(const RequestShape& shape, const MemoryMode& mode);

/// What can be chosen from on a device, the fastest first. Every one gives the same clip, up to rounding; on
/// the CPU to the byte.
[[nodiscard]] std::vector<MemoryMode> memory_modes(at::DeviceType device);

/// "weights kept, decoder in pieces", for people.
[[nodiscard]] std::string describe(const MemoryMode& mode);

}  // namespace sfv::pipeline
