#include "sfv/training/trainer.h"

#include <chrono>
#include <cmath>
#include <memory>
#include <set>
#include <span>
#include <utility>

#include "sfv/checkpoint/save_model.h"
#include "sfv/core/check.h"
#include "sfv/tensor/device_memory.h"
#include "sfv/training/alarms.h"
#include "sfv/training/finite_loss.h"
#include "sfv/training/gradient_norm.h"
#include "sfv/training/learning_rate.h"
#include "sfv/training/progress_details.h"
#include "sfv/training/run_folder.h"
#include "sfv/training/train_ranks.h"
#include "sfv/training/train_state.h"

namespace sfv::training {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kStateName = "state.safetensors";

LearningRateSchedule schedule_of(const OptimizerOptions& o, int64_t total_steps) {
  return {.peak = o.lr,
          .warm_up = o.warm_up,
          .warm_up_steps = o.warm_up_steps,
          .decay = o.decay,
          .decay_to = o.decay_to,
          .total_steps = total_steps};
}

// How many phases there are of this one's optimiser, and how many of them come before it in an iteration.
struct PhasePlace {
  int64_t count = 0;
  int64_t before = 0;
};

PhasePlace place_of(const std::vector<Phase>& phases, size_t index) {
  PhasePlace place;
  for (size_t i = 0; i < phases.size(); ++i) {
    if (phases[i].optimizer != phases[index].optimizer) continue;
    ++place.count;
    if (i < index) ++place.before;
  }
  return place;
}

double as_gib(int64_t bytes) {
  return static_cast<double>(bytes) / (1 << 30);
}

NamedTensors copy_of(const NamedTensors& tensors) {
  NamedTensors copies;
  for (const NamedTensor& item : tensors) copies.push_back({item.name, item.tensor.clone()});
  return copies;
}

bool is_write_failure(ErrorCode code) {
  return code == ErrorCode::kNoSpace || code == ErrorCode::kPermission || code == ErrorCode::kIo ||
         code == ErrorCode::kNotFound;
}

class Run {
 public:
  Run(const Recipe& recipe, TrainingStage& stage, const data::ClipSource& source,
      const checkpoint::ConfigTexts& texts, fs::path folder, const std::optional<Checkpoint>& from,
      const TrainHooks& hooks)
      : recipe_(recipe),
        stage_(stage),
        texts_(texts),
        folder_(std::move(folder)),
        hooks_(hooks),
        ranks_(hooks.ranks, recipe, source.size()),
        phases_(stage.phases()),
        position_(from ? load_state(from->folder / kStateName, stage.state()) : TrainPosition{}),
        loader_(source, {source.size(), recipe.seed}, loader_options()) {
    ranks_.join(stage);
    texts_.insert_or_assign("sfv.json", io::JsonConfig::parse(stage.model_defaults(), "sfv.json"));
    first_iteration_ = position_.iteration;
    saved_ = from ? position_ : TrainPosition{-1, 0};
    if (!ranks_.is_first()) return;
    log_ = std::make_unique<MetricsLog>(
        folder_, from ? std::optional<int64_t>(position_.iteration) : std::nullopt, recipe.log.event_file);
    if (from) alarms_.replay(read_metrics(folder_ / kMetricsName));
  }

  TrainResult run() {
    while (position_.iteration < recipe_.steps) {
      for (; position_.phase < std::ssize(phases_); ++position_.phase) {
        if (const auto reason = run_phase(static_cast<size_t>(position_.phase))) {
          finish();
          return {position_.iteration, reason, ranks_.total(loader_.skipped())};
        }
      }
      position_ = {position_.iteration + 1, 0};
      finish_iteration();
    }
    finish();
    return {position_.iteration, std::nullopt, ranks_.total(loader_.skipped())};
  }

 private:
  data::PrefetchOptions loader_options() {
    data::PrefetchOptions options;
    options.first = (position_.iteration * std::ssize(phases_) + position_.phase) * recipe_.batch +
                    ranks_.rank() * recipe_.micro_batch;
    options.block = recipe_.micro_batch;
    options.stride = recipe_.micro_batch * ranks_.size();
    options.threads = recipe_.data.readers;
    options.capacity = recipe_.data.ahead * recipe_.micro_batch;
    options.on_skip = [this](const data::SkippedItem& item) {
      const std::string text = concat("skipped ", item.name, ": ", item.reason, " (", ++skipped_, " so far)");
      ranks_.is_first() ? tell_and_note(text) : notes_.push_back(text);
    };
    return options;
  }

  TrainBatch next_batch() {
    std::vector<data::Sample> samples;
    for (int64_t i = 0; i < recipe_.micro_batch; ++i) samples.push_back(loader_.next());
    return make_batch(std::move(samples));
  }

  // The reason if the run is to stop; then nothing of this phase has happened.
  std::optional<int> run_phase(size_t index) {
    const Phase& phase = phases_[index];
    phase.optimizer->clear_gradients();
    const NamedTensors figures = stage_.running_figures(), before = copy_of(figures);
    const int64_t parts = accumulation_steps(recipe_, ranks_.size());
    for (int64_t part = 0; part < parts; ++part) {
      if (const auto reason = ranks_.stop_reason(hooks_.cancel)) {
        for (size_t i = 0; i < figures.size(); ++i) torch::Tensor(figures[i].tensor).copy_(before[i].tensor);
        return reason;
      }
      if (part + 1 == parts) ranks_.begin_exchange(*phase.optimizer);
      accumulate(phase, 1 / static_cast<double>(parts));
    }
    ranks_.finish_exchange(*phase.optimizer);
    ranks_.average(figures);
    const NamedTensors& parameters = phase.optimizer->parameters();
    const double norm = phase.options->clip_norm > 0 ? clip_gradients(parameters, phase.options->clip_norm)
                                                     : gradient_norm(parameters);
    if (!std::isfinite(norm)) {
      const std::string bad = find_bad_gradient(parameters);
      refuse(concat("the gradient of ", phase.name, "'s ", bad.empty() ? "parameters together" : bad,
                    " is not finite"),
             "this step was not taken");
    }
    const PhasePlace place = place_of(phases_, index);
    const double rate = schedule_of(*phase.options, recipe_.steps * place.count)
                            .at(position_.iteration * place.count + place.before + 1);
    ranks_.step(*phase.optimizer, rate);
    // Before anything of it is saved.
    if (const std::string bad = find_bad_value(parameters); !bad.empty()) {
      refuse(concat("the step made ", phase.name, "'s ", bad, " not finite"), "nothing of it was saved");
    }
    if (phase.after_step) phase.after_step();
    means_.add("gradient_norm/" + phase.name, norm);
    means_.add("learning_rate/" + phase.name, rate);
    return std::nullopt;
  }

  void accumulate(const Phase& phase, double share) {
    try {
      phase.accumulate(next_batch(), share, position_.iteration, means_);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNotFinite) throw;
      refuse(error.what(), "this step was not taken");
    }
  }

  // Ends the run: training on from values that are not finite spoils the checkpoints.
  [[noreturn]] void refuse(const std::string& what, const std::string& consequence) {
    const std::string text =
        concat("[train] iteration ", position_.iteration + 1, ": ", what, "; ", consequence,
               ". Lower the learning rate, clip gradients, or go on from an older "
               "checkpoint with another seed");
    try {
      if (log_) log_->note(position_.iteration, concat("alarm: ", text));
      if (log_) log_->sync();
    } catch (const Error&) {
      // A full disk must not hide what ended the run.
    }
    throw Error(ErrorCode::kNotFinite, text);
  }

  void finish_iteration() {
    const int64_t n = position_.iteration;
    const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    const auto done = static_cast<double>(n - first_iteration_);
    if (n % recipe_.log.every == 0 || n == recipe_.steps) report(n, done / std::max(seconds, 1e-9));
    if (hooks_.sink != nullptr) {
      hooks_.sink->update({.stage = concat("step ", n, "/", recipe_.steps),
                           .fraction = static_cast<double>(n) / static_cast<double>(recipe_.steps),
                           .seconds_left = seconds / done * static_cast<double>(recipe_.steps - n)});
    }
    const bool is_sampled =
        recipe_.samples.every > 0 && (n % recipe_.samples.every == 0 || n == recipe_.steps);
    if (is_sampled && ranks_.is_first()) write_sample(n);
    // The last one is written by finish(), where nothing is left to go on with.
    if (n % recipe_.checkpoint.every == 0 && n < recipe_.steps) save(/*is_last=*/false);
  }

  void report(int64_t n, double iterations_per_s) {
    const std::vector<std::string> others = ranks_.collect(means_, std::exchange(notes_, {}));
    std::vector<Metric> metrics = means_.take();
    if (!ranks_.is_first()) return;
    for (const std::string& note : others) tell_and_note(note);
    metrics.push_back({"clips_per_s", iterations_per_s * static_cast<double>(recipe_.batch) *
                                          static_cast<double>(phases_.size())});
    const MemoryUse memory = device_memory(phases_.front().optimizer->parameters().front().tensor.device());
    metrics.push_back({"memory_gib/now", as_gib(memory.now)});
    metrics.push_back({"memory_gib/peak", as_gib(memory.peak)});
    if (hooks_.figures) hooks_.figures(progress_details(metrics));
    attempt("metrics", [&] { log_->write(n, metrics); });
    for (const std::string& alarm : alarms_.observe(n, metrics)) {
      tell(concat("iteration ", n, ": ", alarm));
      attempt("metrics", [&] { log_->note(n, alarm); });
    }
  }

  void write_sample(int64_t n) {
    if (!hooks_.sample) return;
    checkpoint::Model averaged = stage_.averaged_model();
    const std::optional<SamplePictures> samples = hooks_.sample(n, averaged);
    if (!samples) return;
    attempt("the samples", [&] {
      write_samples(folder_, n, *samples, *log_, [this](const std::string& line) { tell_once(line); });
    });
  }

  // The last checkpoint; no rank leaves before it stands.
  void finish() {
    // A save that failed is known to rank 0 alone.
    if (ranks_.total(saved_ == position_ ? 0 : 1) > 0) save(/*is_last=*/true);
    ranks_.meet();
  }

  // What all ranks do for a checkpoint comes before what may fail on the one that writes.
  void save(bool is_last) {
    const NamedTensors state = ranks_.gather_state(stage_.state());
    if (!ranks_.is_first()) {
      saved_ = position_;
    } else if (is_last) {
      write_checkpoint(state);
    } else {
      attempt("the checkpoint", [&] { write_checkpoint(state); });
    }
  }

  void write_checkpoint(const NamedTensors& state) {
    CheckpointWriter writer(folder_, position_.iteration);
    save_state(writer.path() / kStateName, state, position_);
    checkpoint::ConfigTexts texts = texts_;
    stage_.update_configs(texts);
    checkpoint::save_model(stage_.averaged_model(), texts, writer.path() / "model");
    stage_.save_beside(writer.path());
    log_->sync();
    writer.commit(recipe_.checkpoint.keep, hooks_.at_save);
    saved_ = position_;
  }

  // What cannot be written ends the run or is told, as the recipe says.
  template <typename Write>
  void attempt(const std::string& what, const Write& write) {
    try {
      write();
      failing_.erase(what);
    } catch (const Error& error) {
      if (recipe_.checkpoint.on_failure == SaveFailure::kStop || !is_write_failure(error.code())) throw;
      if (failing_.insert(what).second) {
        tell(concat(what, " of iteration ", position_.iteration,
                    " could not be written, the run goes on without: ", error.what()));
      }
    }
  }

  void tell_and_note(const std::string& line) {
    tell(line);
    attempt("metrics", [&] { log_->note(position_.iteration, line); });
  }

  void tell_once(const std::string& line) {
    if (told_.insert(line).second) tell(line);
  }

  void tell(const std::string& line) const {
    if (hooks_.tell) hooks_.tell(line);
  }

  const Recipe& recipe_;
  TrainingStage& stage_;
  checkpoint::ConfigTexts texts_;
  fs::path folder_;
  const TrainHooks& hooks_;
  TrainRanks ranks_;
  std::vector<Phase> phases_;
  TrainPosition position_;
  std::unique_ptr<MetricsLog> log_;  // of rank 0
  data::PrefetchLoader loader_;
  MetricMeans means_;
  TrainPosition saved_;
  Alarms alarms_{recipe_.alarms};
  std::set<std::string> failing_;  // what could not be written the last time
  std::set<std::string> told_;
  std::vector<std::string> notes_;  // of another rank than 0, which tells them
  int64_t skipped_ = 0;
  int64_t first_iteration_ = 0;
  Clock::time_point begin_ = Clock::now();
};

}  // namespace

TrainResult train(const Recipe& recipe, TrainingStage& stage, const data::ClipSource& source,
                  const checkpoint::ConfigTexts& texts, const fs::path& run,
                  const std::optional<Checkpoint>& from, const TrainHooks& hooks) {
  return Run(recipe, stage, source, texts, run, from, hooks).run();
}

}  // namespace sfv::training
