#include "sfv/training/patch_adversary.h"

#include <ATen/ops/ones_like.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "sfv/checkpoint/module_weights.h"
#include "sfv/checkpoint/random_weights.h"
#include "sfv/core/check.h"
#include "sfv/tensor/mixed_precision.h"
#include "sfv/training/finite_loss.h"
#include "sfv/training/hinge_loss.h"
#include "sfv/training/train_precision.h"
#include "sfv/training/trained_network.h"

namespace sfv::training {
namespace {

models::PatchDiscriminator make_network(const Recipe& recipe, const torch::Device& device) {
  const AutoencoderOptions& o = recipe.autoencoder;
  models::PatchDiscriminator network(
      models::PatchDiscriminatorOptions{.channels = o.patch_channels, .layers = o.patch_layers});
  const int64_t side = std::min(recipe.data.width, recipe.data.height);
  SFV_CHECK(side >= network->smallest_side(), kInvalidArgument,
            "[train] autoencoder.patch_layers: ", o.patch_layers, " layers need clips of ",
            network->smallest_side(), " pixels or more a side, found ", side, "; use fewer layers");
  const checkpoint::RandomWeights weights(checkpoint::parameter_shapes(*network), recipe.seed, 0);
  for (auto& item : network->named_parameters()) {
    item.value().set_data(weights.make(item.key()).to(device));
    item.value().set_requires_grad(true);
  }
  return network;
}

// Norm of the gradient at a layer: of a scalar output, or of an output that is given one.
double norm_at(const torch::Tensor& layer, const torch::Tensor& output, const torch::Tensor& gradient) {
  const std::vector<torch::Tensor> gradients =
      gradient.defined() ? std::vector{gradient} : std::vector<torch::Tensor>{};
  const torch::Tensor at_layer = torch::autograd::grad({output}, {layer}, gradients, /*retain_graph=*/true,
                                                       /*create_graph=*/false, /*allow_unused=*/true)[0];
  return at_layer.defined() ? at_layer.norm().item<double>() : 0;
}

}  // namespace

PatchAdversary::PatchAdversary(const Recipe& recipe, const torch::Device& device)
    : options_(recipe.autoencoder),
      optimizer_options_(recipe.discriminator_optimizer),
      network_(make_network(recipe, device)),
      parameters_(trainable_parameters(*network_)),
      optimizer_(make_optimizer(optimizer_options_, parameters_)),
      compute_(trained_dtype(recipe)) {}

bool PatchAdversary::counts(int64_t iteration) const {
  return iteration >= options_.adversarial_start;
}

torch::Tensor PatchAdversary::judge(const torch::Tensor& clips) {
  const MixedPrecision scope(compute_);
  return network_->forward(clips.flatten(0, 1)).to(at::kFloat);
}

torch::Tensor PatchAdversary::gradient(const torch::Tensor& decoded, const torch::Tensor& others,
                                       const torch::Tensor& last_layer, MetricMeans& metrics) {
  // Cut at the pixels, so that the discriminator's own parameters get no gradient here.
  const torch::Tensor cut = decoded.detach().requires_grad_(true);
  const torch::Tensor logits = judge(cut);
  const torch::Tensor loss = hinge_generator_loss({logits});
  const double value =
      check_loss("loss/vae_adversarial", loss,
                 {{"the decoded clips", cut}, {"the patch logits of decoded clips", logits}});
  const torch::Tensor at_pixels = torch::autograd::grad({loss}, {cut})[0];
  const double others_norm = norm_at(last_layer, others, {});
  const double own_norm = norm_at(last_layer, decoded, at_pixels);
  constexpr double kLargest = 1e4;  // VQGAN's
  const double weight =
      own_norm > 0 ? options_.adversarial_weight * std::min(others_norm / own_norm, kLargest) : 0;
  metrics.add("loss/vae_adversarial", value);
  metrics.add("adversarial_factor", weight);
  return weight * at_pixels;
}

void PatchAdversary::accumulate(const Pair& pair, double share, MetricMeans& metrics) {
  const PatchLogits real = {judge(pair.real)}, decoded = {judge(pair.decoded)};
  const torch::Tensor loss = hinge_discriminator_loss(real, decoded);
  metrics.add("loss/discriminator", check_loss("loss/discriminator", loss,
                                               {{"the decoded clips", pair.decoded},
                                                {"the patch logits of real clips", real[0]},
                                                {"the patch logits of decoded clips", decoded[0]}}));
  (loss * share).backward();
  metrics.add("accuracy_real/patches", accuracy_on_real(real)[0]);
  metrics.add("accuracy_fake/patches", accuracy_on_fake(decoded)[0]);
}

Phase PatchAdversary::phase(std::function<Pair(const TrainBatch& batch)> make_pair) {
  return {.name = "discriminator",
          .optimizer = optimizer_.get(),
          .options = &optimizer_options_,
          .accumulate =
              [this, make_pair = std::move(make_pair)](const TrainBatch& batch, double share,
                                                       int64_t iteration, MetricMeans& metrics) {
                if (!counts(iteration)) return;
                Pair pair;
                {
                  const torch::NoGradGuard no_grad;
                  pair = make_pair(batch);
                }
                accumulate(pair, share, metrics);
              },
          .after_step = {}};
}

void PatchAdversary::append_state(NamedTensors& state) const {
  append(state, "discriminator.weights", parameters_);
  append(state, "discriminator.optimizer", optimizer_->state());
}

void backward_with(const torch::Tensor& loss, const torch::Tensor& decoded, const torch::Tensor& extra,
                   double share) {
  if (!extra.defined()) return (loss * share).backward();
  const torch::Tensor scaled = loss * share;
  torch::autograd::backward({scaled, decoded}, {at::ones_like(scaled), extra * share});
}

}  // namespace sfv::training
