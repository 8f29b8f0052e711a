#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "sfv/models/patch_discriminator.h"
#include "sfv/training/recipe.h"
#include "sfv/training/training_stage.h"

namespace sfv::training {

/// The patch discriminator of an autoencoder and its optimiser: tells decoded frames from real ones. Hinge
/// loss, with SF-V's sign: low on real pictures. Source: VQGAN (2012.09841), section 3.1.
class PatchAdversary {
 public:
  /// Random weights from the recipe's seed. Errors: those of the network; kInvalidArgument for clips that are
  /// too small for it.
  PatchAdversary(const Recipe& recipe, const torch::Device& device);

  /// Whether it trains and counts in this iteration (from 0).
  [[nodiscard]] bool counts(int64_t iteration) const;

  /// What it adds to the gradient of the other losses at the decoded pixels: w times its own, such that at
  /// the decoder's last layer w |g_adversarial| = adversarial_weight |g_others| (w at most 10^4). decoded:
  /// [B, F, 3, H, W] with its graph, which is kept; others: the sum of the other losses, a scalar;
  /// last_layer: weight of the convolution that made `decoded`. Returns a tensor like `decoded`.
  [[nodiscard]] torch::Tensor gradient(const torch::Tensor& decoded, const torch::Tensor& others,
                                       const torch::Tensor& last_layer, MetricMeans& metrics);

  /// Its own optimiser step. make_pair: real and decoded pixels of a batch, each [B, F, 3, H, W] without
  /// gradients. Before its time it lets the batch pass.
  struct Pair {
    torch::Tensor real, decoded;
  };
  [[nodiscard]] Phase phase(std::function<Pair(const TrainBatch& batch)> make_pair);

  [[nodiscard]] const torch::nn::Module& network() const { return *network_; }
  /// Weights and moments.
  void append_state(NamedTensors& state) const;

 private:
  [[nodiscard]] torch::Tensor judge(const torch::Tensor& clips);
  void accumulate(const Pair& pair, double share, MetricMeans& metrics);

  AutoencoderOptions options_;
  OptimizerOptions optimizer_options_;
  models::PatchDiscriminator network_;
  NamedTensors parameters_;
  std::unique_ptr<Optimizer> optimizer_;
  at::ScalarType compute_;
};

/// Adds to the parameters' gradients those of share * (loss + what `extra`, a gradient at `decoded`, stands
/// for), in one pass. extra may be undefined.
void backward_with(const torch::Tensor& loss, const torch::Tensor& decoded, const torch::Tensor& extra,
                   double share);

}  // namespace sfv::training
