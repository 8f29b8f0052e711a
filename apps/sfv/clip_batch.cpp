#include "apps/sfv/clip_batch.h"

#include <chrono>
#include <future>
#include <optional>
#include <utility>

#include "apps/sfv/chained_clip.h"
#include "apps/sfv/error_report.h"
#include "apps/sfv/output_folder.h"
#include "sfv/core/check.h"
#include "sfv/core/clip_motion.h"
#include "sfv/core/version.h"
#include "sfv/io/hash.h"
#include "sfv/io/image.h"
#include "sfv/io/resize.h"
#include "sfv/io/video_frame_names.h"
#include "sfv/io/video_writer.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;

constexpr double kNetworkShare = 0.98;  // of a job's progress; the rest is writing the file

std::string label_of(const ClipJob& job, size_t place, size_t count) {
  const std::string name = job.image.filename().string();
  return count == 1 ? name : concat("[", place + 1, "/", count, "] ", name);
}

std::string absolute_text(const fs::path& path) {
  return path.empty() ? "" : fs::absolute(path).lexically_normal().string();
}

// The photo as the networks saw it.
RgbImage fitted(const RgbImage& photo, const GenerateSettings& s) {
  switch (s.fit) {
    case Fit::kCrop:
      return io::fit_crop(photo, s.width, s.height);
    case Fit::kPad:
      return io::fit_pad(photo, s.width, s.height);
    case Fit::kStretch:
      break;
  }
  return io::resize_lanczos(photo, s.width, s.height);
}

ClipRecord make_record(const ClipJob& job, const BatchOptions& options, const EngineIdentity& engine,
                       const GenerateResult& result, const std::string& image_sha256) {
  ClipRecord record;
  record.version = version();
  record.image_path = absolute_text(job.image);
  record.image_sha256 = image_sha256;
  record.model = engine.model;
  record.model_hash = engine.model_hash;
  record.unet = engine.unet;
  record.tiny_vae = engine.tiny_vae;
  record.device = engine.device;
  record.dtype = engine.dtype;
  record.threads = engine.threads;
  record.libtorch = engine.libtorch;
  record.settings = result.settings;
  record.chain = options.chain;
  if (!options.files.noise.empty()) {
    record.noise_path = absolute_text(options.files.noise);
    record.noise_sha256 = io::sha256_file(options.files.noise);
  }
  record.crf = options.crf;
  record.motion = result.motion;
  return record;
}

void write_clip(const GenerateResult& result, const ClipRecord& record, const ClipJob& job,
                const BatchOptions& options, const CancelToken& cancel) {
  io::VideoWriteOptions write;
  write.crf = options.crf;
  if (options.metadata) write.metadata = to_json(record);
  if (options.thumbnail) write.thumbnail = thumbnail_path(job.output);
  // With kResume the clip is not there, but what belongs to it may be, left by a run that was killed.
  write.overwrite = options.existing != ExistingOutput::kRefuse;
  OutputFolder folder(fs::absolute(job.output).parent_path());
  io::write_video(result.clip, job.output, write, &cancel);
  folder.keep();
}

struct Photo {
  RgbImage pixels;
  std::string sha256;
};

Photo read_photo(const fs::path& path) {
  return {io::load_image(path), io::sha256_file(path)};
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Nothing can be made any more, or nobody wants it: not a matter of this one photo.
bool ends_batch(const Error& error) {
  return error.code() == ErrorCode::kCancelled;
}

// The jobs one after the other. A clip's file is written, and the next photo read, on threads beside the
// networks: at most one of each.
class Batch {
 public:
  Batch(const std::vector<ClipJob>& jobs, const BatchOptions& options, const EngineSource& engine_source,
        ProgressDisplay& display, const std::function<void(const ClipOutcome&)>& on_outcome,
        const CancelToken& cancel)
      : jobs_(jobs),
        options_(options),
        engine_source_(engine_source),
        display_(display),
        on_outcome_(on_outcome),
        cancel_(cancel) {}

  std::vector<ClipOutcome> run() {
    for (size_t i = 0; i < jobs_.size(); ++i) {
      cancel_.throw_if_cancelled();
      const auto start = Clock::now();
      if (is_done_before(i)) {
        finish_write();
        report({.status = ClipOutcome::Status::kSkipped, .job = jobs_[i], .record = {}, .error = {}}, start);
        continue;
      }
      Made made;
      try {
        made = make(i);
      } catch (const std::exception& exception) {
        const Error error = as_error(exception);
        if (fatal_ || ends_batch(error)) throw fatal_.value_or(error);
        finish_write();
        report({.job = jobs_[i], .record = {}, .error = error}, start);
        continue;
      }
      finish_write();
      begin_write(std::move(made), start);
    }
    if (writing_) {
      const auto count = static_cast<double>(jobs_.size());
      display_.begin_part(label_of(writing_->outcome.job, jobs_.size() - 1, jobs_.size()),
                          (count - 1 + kNetworkShare) / count, 1);
      display_.update({.stage = "write", .fraction = 0});
      writing_->written.wait();
      // Before the clip is reported: nothing is drawn below the last line.
      display_.update({.stage = "write", .fraction = 1, .stage_finished = true});
      finish_write();
    }
    return std::move(outcomes_);
  }

 private:
  struct Made {
    ClipOutcome outcome;
    GenerateResult result;
  };
  struct Writing {
    ClipOutcome outcome;
    Clock::time_point start;
    std::future<void> written;
  };

  [[nodiscard]] bool is_done_before(size_t i) const {
    return options_.existing == ExistingOutput::kResume && output_exists(jobs_[i].output);
  }

  // Loading and checking the settings fail for all jobs alike: such an error ends the batch.
  Engine& engine() {
    try {
      Engine& engine = engine_source_();
      if (!is_checked_) static_cast<void>(engine.resolve(options_.generate));
      is_checked_ = true;
      return engine;
    } catch (const std::exception& error) {
      fatal_ = as_error(error);
      throw;
    }
  }

  Photo take_photo(size_t i) {
    std::future<Photo> ready;
    if (next_photo_ && next_photo_->first == i) ready = std::move(next_photo_->second);
    next_photo_.reset();
    Photo photo = ready.valid() ? ready.get() : read_photo(jobs_[i].image);
    if (i + 1 < jobs_.size() && !is_done_before(i + 1))
      next_photo_.emplace(i + 1, std::async(std::launch::async, read_photo, jobs_[i + 1].image));
    return photo;
  }

  Made make(size_t i) {
    const auto count = static_cast<double>(jobs_.size());
    const ProgressSpan span = {static_cast<double>(i) / count,
                               (static_cast<double>(i) + kNetworkShare) / count};
    const std::string label = label_of(jobs_[i], i, jobs_.size());
    display_.begin_part(label, span.begin, span.end);
    const Photo photo = take_photo(i);
    Engine& with = engine();
    GenerateOptions generate = options_.generate;
    generate.seed = jobs_[i].seed;
    Made made;
    made.result = make_chain(with, photo.pixels, generate, options_.chain, options_.files, display_, label,
                             span, cancel_);
    const GenerateResult& result = made.result;
    made.outcome.job = jobs_[i];
    made.outcome.is_static =
        result.clip.frames.size() > 1 && is_static(result.clip, fitted(photo.pixels, result.settings));
    made.outcome.record = make_record(jobs_[i], options_, with.identity(), result, photo.sha256);
    return made;
  }

  void begin_write(Made made, Clock::time_point start) {
    auto write = [this, result = std::move(made.result), record = *made.outcome.record,
                  job = made.outcome.job] { write_clip(result, record, job, options_, cancel_); };
    writing_.emplace();
    writing_->outcome = std::move(made.outcome);
    writing_->start = start;
    writing_->written = std::async(std::launch::async, std::move(write));
  }

  // Waits for the clip that is being written, if there is one.
  void finish_write() {
    if (!writing_) return;
    ClipOutcome& outcome = writing_->outcome;
    try {
      writing_->written.get();
      outcome.status = ClipOutcome::Status::kDone;
    } catch (const std::exception& exception) {
      const Error error = as_error(exception);
      if (ends_batch(error)) throw Error(error);
      outcome.record.reset();
      outcome.error = error;
    }
    report(std::move(outcome), writing_->start);
    writing_.reset();
  }

  void report(ClipOutcome outcome, Clock::time_point start) {
    outcome.seconds = seconds_since(start);
    on_outcome_(outcome);
    outcomes_.push_back(std::move(outcome));
  }

  const std::vector<ClipJob>& jobs_;
  const BatchOptions& options_;
  const EngineSource& engine_source_;
  ProgressDisplay& display_;
  const std::function<void(const ClipOutcome&)>& on_outcome_;
  const CancelToken& cancel_;
  std::optional<Error> fatal_;
  bool is_checked_ = false;
  std::optional<std::pair<size_t, std::future<Photo>>> next_photo_;
  std::optional<Writing> writing_;
  std::vector<ClipOutcome> outcomes_;
};

}  // namespace

fs::path thumbnail_path(const fs::path& output) {
  // A pattern of frames ("walk_%03d.png") has no name of its own: its folder's.
  fs::path base = io::FrameNames::is_pattern(output) ? fs::absolute(output).parent_path() : output;
  return base.replace_extension(".png");
}

std::vector<ClipOutcome> make_clips(const std::vector<ClipJob>& jobs, const BatchOptions& options,
                                    const EngineSource& engine_source, ProgressDisplay& display,
                                    const std::function<void(const ClipOutcome&)>& on_outcome,
                                    const CancelToken& cancel) {
  return Batch(jobs, options, engine_source, display, on_outcome, cancel).run();
}

}  // namespace sfv::cli
