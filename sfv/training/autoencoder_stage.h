#pragma once

#include <optional>
#include <string>

#include "sfv/training/latent_scale.h"
#include "sfv/training/trained_network.h"
#include "sfv/training/training_stage.h"

namespace sfv::training {

/// Trains the VAE on clips: the encoder and the temporal decoder, the decoder alone, or only its temporal
/// layers. L1 of pixels, a small KL, and the L1 between differences of frames.
class AutoencoderStage : public TrainingStage {
 public:
  /// Errors: kUnsupported for what the recipe asks of this stage that is not there yet.
  AutoencoderStage(const Recipe& recipe, checkpoint::Model model);

  [[nodiscard]] std::vector<Phase> phases() override;
  [[nodiscard]] NamedTensors state() override;
  [[nodiscard]] checkpoint::Model& averaged_model() override;
  [[nodiscard]] std::string model_defaults() const override;
  /// vae/config.json's scaling_factor, where the recipe measures it.
  void update_configs(checkpoint::ConfigTexts& texts) const override;

 private:
  void accumulate(const TrainBatch& batch, double share, MetricMeans& metrics);

  Recipe recipe_;
  checkpoint::Model model_;  // its VAE trains
  TrainedNetwork trained_;
  std::optional<LatentScale> scale_;
  checkpoint::Model averaged_;
};

}  // namespace sfv::training
