#include "apps/sfv/clip_batch.h"

#include <chrono>
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
                const BatchOptions& options, ProgressDisplay& display, const CancelToken& cancel) {
  display.update({.stage = "write", .fraction = 0});
  io::VideoWriteOptions write;
  write.crf = options.crf;
  if (options.metadata) write.metadata = to_json(record);
  if (options.thumbnail) write.thumbnail = thumbnail_path(job.output);
  // With kResume the clip is not there, but what belongs to it may be, left by a run that was killed.
  write.overwrite = options.existing != ExistingOutput::kRefuse;
  OutputFolder folder(fs::absolute(job.output).parent_path());
  io::write_video(result.clip, job.output, write, &cancel);
  folder.keep();
  display.update({.stage = "write", .fraction = 1, .stage_finished = true});
}

void make_clip(ClipOutcome& outcome, const BatchOptions& options, const EngineSource& engine_source,
               ProgressDisplay& display, const std::string& label, double begin, double end,
               const CancelToken& cancel) {
  const ClipJob& job = outcome.job;
  const RgbImage photo = io::load_image(job.image);
  const std::string image_sha256 = io::sha256_file(job.image);
  Engine& engine = engine_source();
  GenerateOptions generate = options.generate;
  generate.seed = job.seed;
  const double network_end = begin + (end - begin) * kNetworkShare;
  const GenerateResult result = make_chain(engine, photo, generate, options.chain, options.files, display,
                                           label, {begin, network_end}, cancel);
  outcome.is_static = result.clip.frames.size() > 1 && is_static(result.clip, fitted(photo, result.settings));
  outcome.record = make_record(job, options, engine.identity(), result, image_sha256);
  display.begin_part(label, network_end, end);
  write_clip(result, *outcome.record, job, options, display, cancel);
}

// Nothing can be made any more, or nobody wants it: not a matter of this one photo.
bool ends_batch(const Error& error) {
  return error.code() == ErrorCode::kCancelled;
}

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
  std::vector<ClipOutcome> outcomes;
  const auto count = static_cast<double>(jobs.size());
  bool is_checked = false;
  // Loading and checking the settings fail for all jobs alike, so their errors leave by this door.
  std::optional<Error> fatal;
  const EngineSource checked_source = [&]() -> Engine& {
    try {
      Engine& engine = engine_source();
      if (!is_checked) static_cast<void>(engine.resolve(options.generate));
      is_checked = true;
      return engine;
    } catch (const std::exception& error) {
      fatal = as_error(error);
      throw;
    }
  };
  for (size_t i = 0; i < jobs.size(); ++i) {
    cancel.throw_if_cancelled();
    ClipOutcome outcome;
    outcome.job = jobs[i];
    const auto start = std::chrono::steady_clock::now();
    const double begin = static_cast<double>(i) / count;
    const double end = static_cast<double>(i + 1) / count;
    try {
      if (options.existing == ExistingOutput::kResume && output_exists(jobs[i].output)) {
        outcome.status = ClipOutcome::Status::kSkipped;
      } else {
        const std::string label = label_of(jobs[i], i, jobs.size());
        display.begin_part(label, begin, end);
        make_clip(outcome, options, checked_source, display, label, begin, end, cancel);
        outcome.status = ClipOutcome::Status::kDone;
      }
    } catch (const std::exception& exception) {
      const Error error = as_error(exception);
      if (fatal || ends_batch(error)) throw fatal.value_or(error);
      outcome.record.reset();
      outcome.error = error;
    }
    outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    on_outcome(outcome);
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace sfv::cli
