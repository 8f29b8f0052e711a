#pragma once

#include <torch/types.h>

#include "sfv/checkpoint/model.h"
#include "sfv/core/generate_options.h"
#include "sfv/pipeline/operations.h"
#include "sfv/pipeline/repeated_pass.h"

namespace sfv::pipeline {

/// Unit-normal float32 noise that replaces the seed's. Undefined tensors are drawn from the seed.
struct Noise {
  torch::Tensor image_noise;   // [1, 3, H, W]
  torch::Tensor latent_noise;  // [1, F, C, h, w]
  torch::Tensor step_noise;    // [1, N, F, C, h, w], lcm only
};

/// What went between the stages, float32 on the CPU: for comparing with other implementations.
struct Trace {
  torch::Tensor pixel_values;   // [1, 3, S, S], CLIP's input
  torch::Tensor image_embeds;   // [1, 1, X]
  torch::Tensor image_latents;  // [1, C, h, w], before the repeat over frames
  torch::Tensor
      latents;  // [1, F, C, h, w], as they enter the decoder, before the division by the scaling factor
  torch::Tensor frames;  // [1, F, 3, H, W], -1..1, not clamped
};

/// Photo to clip: condition, draw noise, denoise, decode. Owns the model.
class ImageToVideo : public VideoGenerator {
 public:
  /// recorder: of the UNet's pass (pipeline/repeated_pass.h), for a model whose weights stay on a GPU; may be
  /// empty.
  explicit ImageToVideo(checkpoint::Model model, WorkRecorder recorder = {});

  [[nodiscard]] GenerateResult generate(const RgbImage& image, const GenerateOptions& options,
                                        ProgressSink* sink, const CancelToken* cancel) override;
  /// The same with given noise and with what went between the stages written to `trace`; both may be null.
  /// Errors: kInvalidArgument if a noise tensor has another shape or dtype than needed.
  [[nodiscard]] GenerateResult generate(const RgbImage& image, const GenerateOptions& options,
                                        const Noise* noise, Trace* trace, ProgressSink* sink,
                                        const CancelToken* cancel);

  [[nodiscard]] const checkpoint::Model& model() const { return model_; }

 private:
  checkpoint::Model model_;
  OperationCounter operations_;
  RepeatedPass unet_pass_;
};

}  // namespace sfv::pipeline
