#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sfv/training/latent_scale.h"
#include "sfv/training/patch_adversary.h"
#include "sfv/training/trained_network.h"
#include "sfv/training/training_stage.h"

namespace sfv::training {

/// Trains the VAE on clips: the encoder and the temporal decoder, the decoder alone, or only its temporal
/// layers. L1 of pixels, a small KL, the L1 between differences of frames, and a patch discriminator if
/// asked.
class AutoencoderStage : public TrainingStage {
 public:
  /// Errors: those of PatchAdversary.
  AutoencoderStage(const Recipe& recipe, checkpoint::Model model);

  [[nodiscard]] std::vector<Phase> phases() override;
  [[nodiscard]] NamedTensors state() override;
  [[nodiscard]] std::vector<const torch::nn::Module*> networks() const override;
  [[nodiscard]] NamedTensors running_figures() override;
  [[nodiscard]] checkpoint::Model averaged_model() override;
  [[nodiscard]] std::string model_defaults() const override;
  /// vae/config.json's scaling_factor, where the recipe measures it.
  void update_configs(checkpoint::ConfigTexts& texts) const override;

 private:
  struct Reconstruction {
    torch::Tensor clips, moments, decoded;  // [B, F, 3, H, W], [(B F), 2 C, h, w], [B, F, 3, H, W]
  };
  Reconstruction reconstruct(const TrainBatch& batch);
  void accumulate(const TrainBatch& batch, double share, int64_t iteration, MetricMeans& metrics);

  Recipe recipe_;
  checkpoint::Model model_;  // its VAE trains
  TrainedNetwork trained_;
  std::optional<LatentScale> scale_;
  std::unique_ptr<PatchAdversary> adversary_;  // null without one
};

}  // namespace sfv::training
