#include "sfv/pipeline/decode.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <vector>

namespace sfv::pipeline {

torch::Tensor decode_frames(checkpoint::Model& model, const torch::Tensor& latents,
                            const GenerateSettings& settings,
                            const std::function<void(const torch::Tensor&)>& on_slice) {
  std::vector<torch::Tensor> slices;
  const auto keep = [&](const torch::Tensor& slice) {
    if (on_slice) on_slice(slice);
    slices.push_back(slice);
  };
  const torch::Tensor frames = latents.squeeze(0);  // [F, C, h, w]
  const int64_t F = frames.size(0);
  if (settings.decoder == DecoderKind::kTiny) {
    keep(model.tiny_decoder->forward(frames, F).to(at::kFloat) * 2 - 1);  // it gives 0..1
    return slices[0];
  }
  const auto weights = checkpoint::bring_weights(model, model.vae->decoder(), model.dtype);
  const torch::Tensor unscaled = frames * (1 / model.vae->config().scaling_factor);
  for (int64_t begin = 0; begin < F; begin += settings.decode_chunk) {
    const int64_t length = std::min(settings.decode_chunk, F - begin);
    const torch::Tensor slice = unscaled.narrow(0, begin, length);
    keep(model.vae->decode(slice, length, model.memory.decoder).to(at::kFloat));
  }
  return slices.size() == 1 ? slices[0] : at::cat(slices);
}

}  // namespace sfv::pipeline
