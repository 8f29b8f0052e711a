#include "sfv/pipeline/operations.h"

#include <utility>

#include "sfv/checkpoint/networks.h"
#include "sfv/core/trace.h"
#include "sfv/pipeline/stage_runs.h"
#include "sfv/tensor/parameter.h"

namespace sfv::pipeline {
StageOperations count_operations(const checkpoint::Model& model, const GenerateSettings& s) {
  const torch::NoGradGuard no_grad;
  const TraceScope untraced(nullptr);
  const MetaParameters meta;
  checkpoint::ModelConfigs configs;
  configs.unet = model.unet->config();
  configs.vae = model.vae->config();
  configs.image_encoder = model.image_encoder->config();
  checkpoint::Model blank = checkpoint::make_blank_model(configs, at::kMeta);
  blank.memory.decoder = model.memory.decoder;
  if (model.tiny_decoder) blank.tiny_decoder = models::TinyDecoder(model.tiny_decoder->kind());
  const StageRuns runs = make_stage_runs(blank, s);
  return {.image_encoder = operations_of(runs.image_encoder),
          .vae_encoder = operations_of(runs.vae_encoder),
          .unet = operations_of(runs.unet),
          .decoder = operations_of(runs.decoder)};
}

const StageOperations& OperationCounter::count(const checkpoint::Model& model, const GenerateSettings& s) {
  std::vector<int64_t> shape = {s.width, s.height, s.frames, static_cast<int64_t>(s.decoder), s.decode_chunk};
  if (shape != shape_) {
    counted_ = count_operations(model, s);
    shape_ = std::move(shape);
  }
  return counted_;
}

}  // namespace sfv::pipeline
