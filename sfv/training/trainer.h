#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sfv/checkpoint/config_texts.h"
#include "sfv/core/cancel.h"
#include "sfv/core/progress.h"
#include "sfv/data/clip_source.h"
#include "sfv/distributed/ranks.h"
#include "sfv/training/checkpoint_folder.h"
#include "sfv/training/recipe.h"
#include "sfv/training/sample_files.h"
#include "sfv/training/training_stage.h"

namespace sfv::training {

/// What a run tells to the outside and is told from there; each may be empty or null.
struct TrainHooks {
  ProgressSink* sink = nullptr;
  /// Heard between micro-batches: the run saves and ends.
  const CancelToken* cancel = nullptr;
  /// Makes clips with the averaged model; nothing: no samples.
  std::function<std::optional<SamplePictures>(int64_t iteration, checkpoint::Model& averaged)> sample = {};
  /// An iteration's figures in short words, the most important first; before the sink hears of it.
  std::function<void(const std::vector<std::string>& details)> figures = {};
  /// One line for a person.
  std::function<void(const std::string& line)> tell = {};
  /// Called inside a save; for tests.
  std::function<void(SavePoint)> at_save = {};
  /// The ranks that train together; null: this process alone. All but `cancel` and `at_save` of these hooks
  /// are then for rank 0.
  distributed::Ranks* ranks = nullptr;
};

struct TrainResult {
  int64_t iterations = 0;          // finished
  std::optional<int> stop_reason;  // of the token, of any rank, that ended it before the last iteration
  int64_t skipped_items = 0;       // of the data, in this process and its fellow ranks
};

/// Runs a recipe to its end, or until it is told to stop. Writes metrics, checkpoints and samples into the
/// run folder. from: the checkpoint to go on from. texts: config files of the model, for the model folder in
/// each checkpoint. With the same recipe, model and number of threads a run that was cut anywhere ends with
/// the same bytes as one that was not, on the same number of ranks. Every rank calls it, with the same
/// arguments; rank 0 alone writes; an error is one rank's, the others wait: it has to end them. Errors:
/// kNotFinite naming the first tensor that is not finite: made on the way to a loss, a loss, a gradient (the
/// step is not taken), or a weight after the step (nothing of it is saved); those of data and files. What
/// cannot be written is an error or told, as checkpoint.on_failure says; the last checkpoint always has to
/// be.
[[nodiscard]] TrainResult train(const Recipe& recipe, TrainingStage& stage, const data::ClipSource& source,
                                const checkpoint::ConfigTexts& texts, const std::filesystem::path& run,
                                const std::optional<Checkpoint>& from, const TrainHooks& hooks);

}  // namespace sfv::training
