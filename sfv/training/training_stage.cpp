#include "sfv/training/training_stage.h"

#include <utility>

#include "sfv/core/check.h"
#include "sfv/training/adversarial_stage.h"
#include "sfv/training/autoencoder_stage.h"
#include "sfv/training/consistency_stage.h"
#include "sfv/training/diffusion_stage.h"
#include "sfv/training/tiny_decoder_stage.h"

namespace sfv::training {

void MetricMeans::add(const std::string& name, double value) {
  add(name, {value, 1});
}

void MetricMeans::add(const std::string& name, const Sum& sum) {
  Sum& own = sums_[name];
  own.total += sum.total;
  own.count += sum.count;
}

std::vector<Metric> MetricMeans::take() {
  std::vector<Metric> metrics;
  for (const auto& [name, sum] : sums_) metrics.push_back({name, sum.total / static_cast<double>(sum.count)});
  sums_.clear();
  return metrics;
}

std::unique_ptr<TrainingStage> make_stage(const Recipe& recipe, checkpoint::Model model) {
  switch (recipe.stage) {
    case Stage::kAutoencoder:
      if (recipe.autoencoder.train == AutoencoderPart::kTinyDecoder)
        return std::make_unique<TinyDecoderStage>(recipe, std::move(model));
      return std::make_unique<AutoencoderStage>(recipe, std::move(model));
    case Stage::kDiffusion:
      return std::make_unique<DiffusionStage>(recipe, std::move(model));
    case Stage::kConsistency:
      return std::make_unique<ConsistencyStage>(recipe, std::move(model));
    case Stage::kAdversarial:
      return std::make_unique<AdversarialStage>(recipe, std::move(model));
  }
  throw Error(ErrorCode::kInternal, "[make_stage] unknown stage");
}

}  // namespace sfv::training
