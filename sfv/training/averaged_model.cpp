#include "sfv/training/averaged_model.h"

#include "sfv/core/check.h"
#include "sfv/training/activation_checkpoint.h"

namespace sfv::training {

checkpoint::Model with_own_unet(const checkpoint::Model& model) {
  checkpoint::Model copy = model;
  copy.unet = models::UNetSpatioTemporalConditionModel(model.unet->config());
  copy_parameters(*model.unet, *copy.unet);
  copy.unet->eval();
  return copy;
}

checkpoint::Model with_averaged_unet(const checkpoint::Model& model, const TrainedNetwork& trained) {
  checkpoint::Model averaged = model;
  averaged.unet = models::UNetSpatioTemporalConditionModel(model.unet->config());
  trained.share_averages(*model.unet, *averaged.unet);
  averaged.unet->eval();
  return averaged;
}

void use_checkpointing(models::UNetSpatioTemporalEncoderImpl& network, const Recipe& recipe) {
  if (recipe.activation_checkpointing) network.set_block_runner(make_checkpointing_runner());
}

std::string sampling_defaults(const Recipe& recipe, SamplerKind sampler, int64_t steps,
                              GuidanceRange guidance) {
  const ConditioningOptions& c = recipe.conditioning;
  // The middle of what the network was told in training, where that varied.
  const double motion = c.motion == MotionKind::kFixed ? c.motion_bucket : 127;
  const double noise = c.noise == ConditionNoiseKind::kFixed ? c.noise_level : 0.02;
  return concat("{\n  \"sampler\": \"", to_string(sampler), "\",\n  \"steps\": ", steps,
                ",\n  \"guidance\": [", guidance.min, ", ", guidance.max,
                "],\n  \"width\": ", recipe.data.width, ",\n  \"height\": ", recipe.data.height,
                ",\n  \"frames\": ", recipe.data.frames, ",\n  \"fps\": ", recipe.data.fps,
                ",\n  \"motion\": ", motion, ",\n  \"noise_aug\": ", noise, ",\n  \"fit\": \"crop\"\n}\n");
}

}  // namespace sfv::training
