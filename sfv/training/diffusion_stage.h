#pragma once

#include <string>
#include <vector>

#include "sfv/diffusion/noise_distribution.h"
#include "sfv/training/trained_network.h"
#include "sfv/training/training_stage.h"

namespace sfv::training {

/// EDM pre-training or fine-tuning of the UNet with SVD's conditions: weight(sigma) |D(x0 + sigma n; sigma,
/// c) - x0|^2, with the image token and the condition latent dropped now and then, so that guidance has
/// something to compare with. Source: Karras et al. 2022; Blattmann et al. 2023 (SVD), appendix D.
class DiffusionStage : public TrainingStage {
 public:
  DiffusionStage(const Recipe& recipe, checkpoint::Model model);

  [[nodiscard]] std::vector<Phase> phases() override;
  [[nodiscard]] NamedTensors state() override;
  [[nodiscard]] std::vector<const torch::nn::Module*> networks() const override;
  [[nodiscard]] checkpoint::Model averaged_model() override;
  [[nodiscard]] std::string model_defaults() const override;

 private:
  void accumulate(const TrainBatch& batch, double share, MetricMeans& metrics);

  Recipe recipe_;
  checkpoint::Model model_;  // its UNet trains
  TrainedNetwork trained_;
  diffusion::NoiseLaw sigma_law_;
};

}  // namespace sfv::training
