#include "sfv/pipeline/request_plan.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "sfv/checkpoint/module_weights.h"
#include "sfv/checkpoint/networks.h"
#include "sfv/core/guidance.h"
#include "sfv/core/trace.h"
#include "sfv/pipeline/stage_runs.h"
#include "sfv/tensor/layout.h"
#include "sfv/tensor/parameter.h"
#include "sfv/tensor/planned_memory.h"

namespace sfv::pipeline {
namespace {

constexpr PlannedKind kOnHost = PlannedKind::kGradient;  // which there are none of

// Gives a network's parameters the type they are stored in, as if they lay in a mapped file.
void store(torch::nn::Module& network, torch::Dtype dtype) {
  for (const torch::Tensor& parameter : network.parameters())
    parameter.set_data(at::empty(parameter.sizes(), at::TensorOptions().device(at::kMeta).dtype(dtype)));
}

// What set_weights (checkpoint/module_weights.h) does when it loads.
void load(torch::nn::Module& network, const RequestShape& shape, WeightHome home) {
  const std::set<std::string> left = checkpoint::weights_left(network, home);
  for (auto& item : network.named_parameters()) {
    torch::Tensor& parameter = item.value();
    if (!left.contains(item.key())) {
      parameter.set_data(as_kernel(parameter.to(shape.dtype, false, shape.device != at::kCPU)));
    } else if (shape.device != at::kCPU) {
      // On the host: always to be brought. A type that nothing computes in stands for that, as a parameter
      // without data cannot change its device.
      const PlannedKindScope kind(kOnHost);
      parameter.set_data(parameter.to(at::kDouble));
    }
  }
}

StagePlan plan_stage(PlannedMemory& memory, std::string name, double times,
                     const std::function<void()>& run) {
  const int64_t held = memory.now().total();
  const int64_t held_copies = memory.now().of_kind(PlannedKind::kWeightCopy);
  memory.begin_peak();
  const double operations = operations_of(run);
  const PlannedBytes peak = memory.peak();
  StagePlan stage;
  stage.name = std::move(name);
  stage.weights = peak.of_kind(PlannedKind::kWeightCopy) - held_copies;
  stage.activations = peak.total() - held - stage.weights;
  stage.operations = operations * times;
  return stage;
}

}  // namespace

int64_t RequestPlan::peak() const {
  int64_t most = 0;
  for (const StagePlan& stage : stages) most = std::max(most, stage.weights + stage.activations);
  return weights + clip + most;
}

double RequestPlan::operations() const {
  double total = 0;
  for (const StagePlan& stage : stages) total += stage.operations;
  return total;
}

RequestPlan plan_request(const RequestShape& shape, const MemoryMode& mode) {
  const torch::NoGradGuard no_grad;
  const TraceScope untraced(nullptr);
  const MetaParameters meta;
  const GenerateSettings& s = shape.settings;
  checkpoint::Model model = checkpoint::make_blank_model(shape.configs, at::kMeta);
  model.dtype = shape.dtype;
  model.memory = mode;
  store(*model.unet, shape.unet_stored);
  store(*model.vae, shape.vae_stored);
  store(*model.image_encoder, shape.image_encoder_stored);

  PlannedMemory memory(shape.device);
  if (s.decoder == DecoderKind::kTiny) {
    model.tiny_decoder = models::TinyDecoder(models::TinyKind::kTaesdv);  // takes a little more than TAESD
    model.tiny_decoder->to(shape.dtype);
  }
  for (torch::nn::Module* network : checkpoint::networks_of(model)) load(*network, shape, mode.weights);
  if (shape.dtype == at::kHalf && shape.configs.vae.force_upcast) model.vae->upcast_encoder();

  RequestPlan plan;
  plan.mode = mode;
  plan.weights = memory.now().total() - memory.now().of_kind(kOnHost);
  // Noise and condition, float32; frames as 8-bit numbers beside those of the decoder.
  const int64_t pixels = 3 * s.width * s.height;
  plan.clip = (4 * 3 + s.frames) * pixels;
  const StageRuns runs = make_stage_runs(model, s);
  const auto evaluations = static_cast<double>(evaluations_of(s));
  plan.stages.push_back(plan_stage(memory, "image_encoder", 1, runs.image_encoder));
  plan.stages.push_back(plan_stage(memory, "vae_encoder", 1, runs.vae_encoder));
  plan.stages.push_back(plan_stage(memory, "unet", evaluations, runs.unet));
  plan.stages.push_back(plan_stage(memory, "decoder", 1, runs.decoder));
  return plan;
}

std::vector<MemoryMode> memory_modes(at::DeviceType device) {
  using enum WeightHome;
  using enum DecoderMemory;
  // On a CPU the pieces cost nothing, and weights are cast in memory that is there anyway; a GPU waits for
  // the bus each time.
  if (device == at::kCPU)
    return {{kDevice, kPieces}, {kStage, kPieces}, {kLayer, kPieces}, {kLayer, kRecompute}};
  return {
      {kDevice, kWhole}, {kDevice, kPieces}, {kStage, kPieces}, {kStage, kRecompute}, {kLayer, kRecompute}};
}

std::string describe(const MemoryMode& mode) {
  std::string text;
  switch (mode.weights) {
    case WeightHome::kDevice:
      text = "weights kept";
      break;
    case WeightHome::kStage:
      text = "weights brought for each network";
      break;
    case WeightHome::kLayer:
      text = "weights brought for each layer";
      break;
  }
  switch (mode.decoder) {
    case DecoderMemory::kWhole:
      return text + ", decoder whole";
    case DecoderMemory::kPieces:
      return text + ", decoder in pieces";
    case DecoderMemory::kRecompute:
      return text + ", decoder in pieces, half of its temporal layers twice";
  }
  return text;
}

}  // namespace sfv::pipeline
