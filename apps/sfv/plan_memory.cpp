#include "apps/sfv/plan_memory.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "sfv/core/check.h"

namespace sfv::cli {

pipeline::RequestShape request_shape(const PlannedModel& model, const GenerateOptions& options,
                                     torch::Dtype dtype, at::DeviceType device) {
  return {.configs = model.configs,
          .unet_stored = model.unet_stored,
          .vae_stored = model.vae_stored,
          .image_encoder_stored = model.image_encoder_stored,
          .dtype = dtype,
          .device = device,
          .settings = resolve_settings(options, model.configs.defaults, model.configs.unet.num_frames)};
}

int64_t with_program(int64_t plan, at::DeviceType device) {
  if (device != at::kCPU) return plan + plan / 20;
  // Blocks are rounded up to a sixteenth of their size. The rest was measured: libraries and their threads'
  // stacks, caches of prepared kernels, the encoder of the clip.
  constexpr int64_t kProgram = int64_t{78} << 20;
  return plan + plan / 20 + kProgram;
}

MemoryMode default_memory(const pipeline::RequestShape& shape, int64_t weight_bytes, int64_t free) {
  constexpr int64_t kLarge = int64_t{1} << 30;
  if (shape.device == at::kCPU) {
    const WeightHome home = weight_bytes < kLarge ? WeightHome::kDevice : WeightHome::kStage;
    return {.weights = home, .decoder = DecoderMemory::kPieces};
  }
  for (const MemoryMode& mode : pipeline::memory_modes(shape.device))
    if (with_program(pipeline::plan_request(shape, mode).peak(), shape.device) <= free) return mode;
  return pipeline::memory_modes(shape.device).back();
}

pipeline::RequestPlan plan_within(const pipeline::RequestShape& shape, int64_t limit) {
  int64_t least = INT64_MAX;
  for (const MemoryMode& mode : pipeline::memory_modes(shape.device)) {
    pipeline::RequestPlan plan = pipeline::plan_request(shape, mode);
    const int64_t bytes = with_program(plan.peak(), shape.device);
    if (bytes <= limit) return plan;
    least = std::min(least, bytes);
  }
  throw Error(
      ErrorCode::kOutOfMemory,
      concat("[max-memory] expected at least ", gigabytes(least), " for ", shape.settings.frames,
             " frames of ", shape.settings.width, "x", shape.settings.height, ", got ", gigabytes(limit),
             "; raise it, or use a smaller --size, fewer --frames or --dtype bf16"));
}

std::optional<MemoryMode> less_memory(const MemoryMode& mode, at::DeviceType device) {
  const std::vector<MemoryMode> modes = pipeline::memory_modes(device);
  const auto found = std::find(modes.begin(), modes.end(), mode);
  if (found == modes.end()) return modes.back();
  return found + 1 == modes.end() ? std::nullopt : std::optional(*(found + 1));
}

std::string gigabytes(int64_t bytes) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f GB", static_cast<double>(bytes) / 1e9);
  return text.data();
}

}  // namespace sfv::cli
