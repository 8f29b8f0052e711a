#include "sfv/pipeline/decode.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <vector>

#include "sfv/core/trace.h"
#include "sfv/tensor/finite.h"

namespace sfv::pipeline {

torch::Tensor decode_frames(checkpoint::Model& model, const torch::Tensor& latents,
                            const GenerateSettings& settings) {
  const torch::Tensor frames = latents.squeeze(0);  // [F, C, h, w]
  const int64_t F = frames.size(0);
  if (settings.decoder == DecoderKind::kTiny)
    return model.tiny_decoder->forward(frames, F).to(at::kFloat) * 2 - 1;  // it gives 0..1
  const auto weights = checkpoint::bring_weights(model, model.vae->decoder(), model.dtype);
  const torch::Tensor unscaled = frames * (1 / model.vae->config().scaling_factor);
  std::vector<torch::Tensor> slices;
  for (int64_t begin = 0; begin < F; begin += settings.decode_chunk) {
    const int64_t length = std::min(settings.decode_chunk, F - begin);
    const torch::Tensor slice = unscaled.narrow(0, begin, length);
    slices.push_back(model.vae->decode(slice, length, model.memory.decoder).to(at::kFloat));
  }
  return slices.size() == 1 ? slices[0] : at::cat(slices);
}

torch::Tensor decode_latents(checkpoint::Model& model, const torch::Tensor& latents,
                             const GenerateSettings& settings) {
  const TraceSpan span(TraceKind::kStage, "decode");
  const torch::Tensor pixels = decode_frames(model, latents, settings).to(at::kCPU);
  check_finite(pixels, "decoder");
  return pixels.unsqueeze(0);
}

Clip to_clip(const torch::Tensor& frames, double fps) {
  Clip clip;
  clip.fps = fps;
  for (const torch::Tensor& frame : frames.squeeze(0).unbind(0)) {
    const torch::Tensor levels =
        ((frame * 0.5 + 0.5).clamp(0, 1) * 255.0).round().to(at::kByte).permute({1, 2, 0}).contiguous();
    const auto* begin = levels.const_data_ptr<uint8_t>();
    clip.frames.push_back(RgbImage{levels.size(1), levels.size(0), {begin, begin + levels.numel()}});
  }
  return clip;
}

}  // namespace sfv::pipeline
