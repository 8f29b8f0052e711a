#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>

#include "sfv/training/ema.h"
#include "sfv/training/named_tensor.h"
#include "sfv/training/optimizer.h"
#include "sfv/training/recipe.h"
#include "sfv/training/training_stage.h"

namespace sfv::training {

/// Gives a network float32 values of its own (a loaded one may lie in a read-only file) and lets train what
/// the recipe says: all, the temporal or the spatial layers, or what a regular expression finds. Errors:
/// kInvalidArgument if nothing is left.
void make_trainable(torch::nn::Module& network, TrainableKind kind, const std::string& regex);

/// Copies of a network's values in `to`, which has the same parameters. Frozen: they want no gradients.
void copy_parameters(const torch::nn::Module& from, torch::nn::Module& to);

/// Errors: kInvalidArgument.
[[nodiscard]] std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options,
                                                        NamedTensors parameters);

/// A network that trains, its optimiser and its average.
class TrainedNetwork {
 public:
  /// network: made trainable already. prefix: of its tensors in a checkpoint, "generator".
  TrainedNetwork(const torch::nn::Module& network, std::string prefix, const OptimizerOptions& options,
                 const EmaOptions& ema);

  [[nodiscard]] Optimizer& optimizer() { return *optimizer_; }
  [[nodiscard]] Ema& ema() { return ema_; }
  /// Its optimiser's step in an iteration, called by its prefix; the average follows each step. Valid as long
  /// as the network and the options.
  [[nodiscard]] Phase phase(const OptimizerOptions& options, decltype(Phase::accumulate) accumulate);
  /// Weights that train, averages, moments, by names that begin with the prefix.
  void append_state(NamedTensors& state) const;
  /// Gives `to`, a network of the same class, the averages, and where nothing is averaged the values of
  /// `trained`: the tensors themselves, or copies on `trained`'s device of what lies elsewhere.
  void share_averages(const torch::nn::Module& trained, torch::nn::Module& to) const;

 private:
  std::string prefix_;
  NamedTensors parameters_;
  std::unique_ptr<Optimizer> optimizer_;
  Ema ema_;
};

/// tensors under "prefix/name" at the end of `state`.
void append(NamedTensors& state, const std::string& prefix, const NamedTensors& tensors);

}  // namespace sfv::training
