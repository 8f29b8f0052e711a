#include "sfv/pipeline/stage_runs.h"

#include <ATen/ops/empty.h>

#include "sfv/core/work.h"
#include "sfv/pipeline/decode.h"

namespace sfv::pipeline {
namespace {

class Counter : public WorkMeter {
 public:
  void add(double operations) override { total += operations; }
  double total = 0;
};

torch::Tensor shaped(at::IntArrayRef shape, torch::Dtype dtype) {
  return at::empty(shape, at::TensorOptions().device(at::kMeta).dtype(dtype));
}

}  // namespace

double operations_of(const std::function<void()>& run) {
  Counter counter;
  const WorkScope scope(counter);
  run();
  return counter.total;
}

StageRuns make_stage_runs(checkpoint::Model& model, const GenerateSettings& s) {
  const models::VaeConfig& vae = model.vae->config();
  const int64_t h = s.height / vae.compression(), w = s.width / vae.compression();
  const torch::Dtype dtype = model.dtype;
  StageRuns runs;
  runs.image_encoder = [&model, dtype] {
    const auto weights = checkpoint::bring_weights(model, *model.image_encoder, dtype);
    const models::ClipVisionConfig& clip = model.image_encoder->config();
    (void)model.image_encoder->forward(
        shaped({1, clip.num_channels, clip.image_size, clip.image_size}, dtype));
  };
  runs.vae_encoder = [&model, s] {
    const torch::Dtype own = model.vae->encoder_weight().scalar_type();
    const auto weights = checkpoint::bring_weights(model, model.vae->encoder(), own);
    (void)model.vae->encode_mode(shaped({1, model.vae->config().in_channels, s.height, s.width}, own));
  };
  runs.unet = [&model, s, h, w, dtype] {
    const auto weights = checkpoint::bring_weights(model, *model.unet, dtype);
    const models::UNetConfig& unet = model.unet->config();
    (void)model.unet->forward(shaped({1, s.frames, unet.in_channels, h, w}, dtype), shaped({1}, at::kFloat),
                              shaped({1, 1, unet.cross_attention_dim[0]}, dtype), shaped({1, 3}, dtype));
  };
  runs.decoder = [&model, s, h, w, dtype] {
    (void)decode_frames(model, shaped({1, s.frames, model.vae->config().latent_channels, h, w}, dtype), s);
  };
  return runs;
}

}  // namespace sfv::pipeline
