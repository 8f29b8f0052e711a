#pragma once

#include <string>
#include <vector>

#include "sfv/training/latent_batch.h"
#include "sfv/training/trained_network.h"
#include "sfv/training/training_stage.h"

namespace sfv::training {

/// AnimateLCM's consistency distillation on SVD: what the trained network says at level n of a ladder shall
/// equal what its average says at level n + 1, one guided Euler step of the teacher further. Source:
/// AnimateLCM (2402.00769), SVD part.
class ConsistencyStage : public TrainingStage {
 public:
  ConsistencyStage(const Recipe& recipe, checkpoint::Model model);

  [[nodiscard]] std::vector<Phase> phases() override;
  [[nodiscard]] NamedTensors state() override;
  [[nodiscard]] std::vector<const torch::nn::Module*> networks() const override;
  [[nodiscard]] checkpoint::Model averaged_model() override;
  [[nodiscard]] std::string model_defaults() const override;

 private:
  void accumulate(const TrainBatch& batch, double share, MetricMeans& metrics);
  // The teacher's guided step from sigma to sigma_next.
  torch::Tensor teacher_step(const torch::Tensor& x, const torch::Tensor& sigma,
                             const torch::Tensor& sigma_next, const LatentBatch& latents);

  Recipe recipe_;
  checkpoint::Model teacher_;
  checkpoint::Model model_;   // its UNet trains
  checkpoint::Model target_;  // its UNet follows by target_ema
  TrainedNetwork trained_;
  std::vector<double> ladder_;  // falling, N levels, then 0
};

}  // namespace sfv::training
