#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sfv/checkpoint/config_texts.h"
#include "sfv/checkpoint/model.h"
#include "sfv/training/metrics_log.h"
#include "sfv/training/named_tensor.h"
#include "sfv/training/optimizer.h"
#include "sfv/training/recipe.h"
#include "sfv/training/train_batch.h"

namespace sfv::training {

/// Means of figures over the micro-batches of an iteration.
class MetricMeans {
 public:
  struct Sum {
    double total = 0;
    int64_t count = 0;
  };

  void add(const std::string& name, double value);
  void add(const std::string& name, const Sum& sum);
  [[nodiscard]] const std::map<std::string, Sum>& sums() const { return sums_; }
  /// By name; empties the collection.
  [[nodiscard]] std::vector<Metric> take();

 private:
  std::map<std::string, Sum> sums_;
};

/// One optimiser step of an iteration: its gradients are accumulated over micro-batches of its own, then it
/// is taken.
struct Phase {
  std::string name;  // "generator": what its figures are called
  Optimizer* optimizer = nullptr;
  const OptimizerOptions* options = nullptr;
  /// Adds the gradients of `share` times the mean loss of a micro-batch to the parameters. iteration: from 0.
  std::function<void(const TrainBatch& batch, double share, int64_t iteration, MetricMeans& metrics)>
      accumulate;
  /// After the optimiser's step; may be empty.
  std::function<void()> after_step;
};

/// What is trained, and against what. Owns networks, optimisers and averages.
class TrainingStage {
 public:
  virtual ~TrainingStage() = default;

  /// The optimiser steps of one iteration, in order; the same each time. Valid as long as the stage.
  [[nodiscard]] virtual std::vector<Phase> phases() = 0;
  /// Every live tensor that a checkpoint needs to go on exactly: weights, averages, moments, buffers. Names
  /// are unique.
  [[nodiscard]] virtual NamedTensors state() = 0;
  /// All networks that it holds, those of a model that it does not use, too; for who counts them.
  [[nodiscard]] virtual std::vector<const torch::nn::Module*> networks() const = 0;
  /// Those of state() that each micro-batch changes, before the optimiser's step: running figures of a rank's
  /// own clips. Over several ranks their mean is taken after each phase, and a phase that is given up sets
  /// them back.
  [[nodiscard]] virtual NamedTensors running_figures() { return {}; }
  /// The trained model with its averaged weights in place: what is sampled from and saved. Its networks share
  /// their tensors with the stage where they lie on the model's device, so it costs no memory and changes
  /// with the next step; averages in host memory are copied to the device for as long as it lives.
  [[nodiscard]] virtual checkpoint::Model averaged_model() = 0;
  /// Writes what a checkpoint has beside its model folder, for those who use the model; nothing, for most.
  virtual void save_beside(const std::filesystem::path& /*checkpoint*/) {}
  /// The text of the model's sfv.json: how it is to be sampled.
  [[nodiscard]] virtual std::string model_defaults() const = 0;
  /// Changes what training has changed in the model's config files, before they are saved.
  virtual void update_configs(checkpoint::ConfigTexts& /*texts*/) const {}
};

/// The stage that a recipe asks for. model: as loaded; its networks are the beginning, and frozen parts stay
/// in use. Errors: kInvalidArgument, kNotFound for weights named in the recipe; those of the networks.
[[nodiscard]] std::unique_ptr<TrainingStage> make_stage(const Recipe& recipe, checkpoint::Model model);

}  // namespace sfv::training
