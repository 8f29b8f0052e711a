#include "sfv/pipeline/operations.h"

#include <ATen/ops/empty.h>

#include <algorithm>

#include "sfv/core/trace.h"
#include "sfv/core/work.h"
#include "sfv/tensor/parameter.h"

namespace sfv::pipeline {
namespace {

class Counter : public WorkMeter {
 public:
  void add(double operations) override { total += operations; }
  double total = 0;
};

double count(const std::function<void()>& run) {
  Counter counter;
  const WorkScope scope(counter);
  run();
  return counter.total;
}

torch::Tensor shaped(at::IntArrayRef shape) {
  return at::empty(shape, at::TensorOptions().device(at::kMeta).dtype(at::kFloat));
}

}  // namespace

StageOperations count_operations(const checkpoint::Model& model, const GenerateSettings& s) {
  const torch::NoGradGuard no_grad;
  const TraceScope untraced(nullptr);
  const MetaParameters meta;
  const models::UNetConfig& unet = model.unet->config();
  const models::VaeConfig& vae = model.vae->config();
  const models::ClipVisionConfig& clip = model.image_encoder->config();
  const int64_t h = s.height / vae.compression(), w = s.width / vae.compression();

  StageOperations operations;
  operations.image_encoder = count([&] {
    models::CLIPVisionModelWithProjection network(clip);
    (void)network->forward(shaped({1, clip.num_channels, clip.image_size, clip.image_size}));
  });
  models::AutoencoderKLTemporalDecoder autoencoder(vae);
  operations.vae_encoder = count([&] {
    (void)autoencoder->encode_mode(shaped({1, vae.in_channels, s.height, s.width}));
  });
  operations.unet = count([&] {
    models::UNetSpatioTemporalConditionModel network(unet);
    (void)network->forward(shaped({1, s.frames, unet.in_channels, h, w}), shaped({1}),
                           shaped({1, 1, unet.cross_attention_dim[0]}), shaped({1, 3}));
  });
  if (s.decoder == DecoderKind::kTiny) {
    operations.decoder = count([&] {
      models::TinyDecoder decoder(model.tiny_decoder->kind());
      (void)decoder->forward(shaped({s.frames, vae.latent_channels, h, w}), s.frames);
    });
    return operations;
  }
  for (int64_t begin = 0; begin < s.frames; begin += s.decode_chunk) {
    const int64_t frames = std::min(s.decode_chunk, s.frames - begin);
    operations.decoder += count([&] {
      (void)autoencoder->decode(shaped({frames, vae.latent_channels, h, w}), frames);
    });
  }
  return operations;
}

}  // namespace sfv::pipeline
