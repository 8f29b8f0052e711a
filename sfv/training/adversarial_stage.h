#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sfv/diffusion/noise_distribution.h"
#include "sfv/models/discriminator.h"
#include "sfv/training/gradient_balance.h"
#include "sfv/training/latent_batch.h"
#include "sfv/training/patch_logits.h"
#include "sfv/training/trained_network.h"
#include "sfv/training/training_stage.h"

namespace sfv::training {

/// SF-V's latent adversarial training, and LADD and UFOGen as sets of its switches. The generator is the UNet
/// at a few noise levels; the discriminator is a frozen copy of its initial encoder with heads. Source: SF-V
/// section 3.
class AdversarialStage : public TrainingStage {
 public:
  AdversarialStage(const Recipe& recipe, checkpoint::Model model);

  [[nodiscard]] std::vector<Phase> phases() override;
  [[nodiscard]] NamedTensors state() override;
  [[nodiscard]] std::vector<const torch::nn::Module*> networks() const override;
  [[nodiscard]] NamedTensors running_figures() override;
  [[nodiscard]] checkpoint::Model averaged_model() override;
  [[nodiscard]] std::string model_defaults() const override;

 private:
  // What the generator is given and what came out.
  struct Generated {
    torch::Tensor sigma;        // [B], its noise level
    torch::Tensor sigma_below;  // [B], the level below on the generator's ladder
    torch::Tensor x0_hat;       // [B, F, C, h, w]
  };
  // What the discriminator says of clips at one noise level each.
  struct Judgement {
    std::vector<torch::Tensor> taps;
    std::vector<models::HeadLogits> heads;
    torch::Tensor noised;  // x' = x + sigma' e
    torch::Tensor sigma;   // [B]
  };

  void accumulate_discriminator(const TrainBatch& batch, double share, MetricMeans& metrics);
  void accumulate_generator(const TrainBatch& batch, double share, int64_t iteration, MetricMeans& metrics);
  // noises: so many samples after each other share a noise level.
  Generated generate(const LatentBatch& latents, int64_t noises = 1);
  // sigma' of real (side 0) or fake (side 1) clips, and unit noise for them.
  torch::Tensor discriminator_sigma(const LatentBatch& latents, const Generated& generated,
                                    int64_t side) const;
  torch::Tensor discriminator_noise(const LatentBatch& latents, int64_t side) const;
  // with_graph: the encoder's part of the graph is wanted, for the generator's gradient or a trained
  // backbone.
  Judgement judge(const torch::Tensor& noised, const torch::Tensor& sigma, const LatentBatch& condition,
                  bool with_graph);
  torch::Tensor penalty(const Judgement& judged, const LatentBatch& condition, int64_t side, bool with_graph);
  torch::Tensor further_fakes(const LatentBatch& latents, const Generated& generated, bool with_graph);
  // The generator's loss of what the discriminator says about x0_hat. made: what it was made of is added.
  torch::Tensor adversarial_loss(const Generated& cut, const LatentBatch& latents, NamedTensors& made);
  torch::Tensor reconstruction(const Generated& generated, const LatentBatch& latents) const;

  Recipe recipe_;
  models::Discriminator discriminator_;  // made first: its encoder is a copy of what the model begins with
  checkpoint::Model model_;              // its UNet is the generator
  TrainedNetwork generator_;
  NamedTensors discriminator_parameters_;
  std::unique_ptr<Optimizer> discriminator_optimizer_;
  std::vector<double> generator_ladder_;  // rising, T_g levels
  diffusion::LevelDistribution generator_law_;
  diffusion::NoiseLaw discriminator_law_;  // empty when tied
  GradientBalance balance_;
};

}  // namespace sfv::training
