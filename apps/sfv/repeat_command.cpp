// sfv repeat CLIP: makes a clip again from the record stored in it, with the same frames.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "apps/sfv/batch_session.h"
#include "apps/sfv/choice_option.h"
#include "apps/sfv/clip_info.h"
#include "apps/sfv/commands.h"
#include "sfv/core/check.h"
#include "sfv/core/log.h"
#include "sfv/io/hash.h"
#include "sfv/io/video_frame_names.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string clip;
  std::string output;
  std::string image;
  std::string model;
  std::string device;
  std::string dtype;
  int threads = 0;
  bool force = false;
  bool overwrite = false;
  SessionOptions session;
};

// "cat_repeat.mp4" for "cat.mp4".
fs::path default_output(const fs::path& clip) {
  SFV_CHECK(!io::FrameNames::is_pattern(clip), kInvalidArgument, "[repeat] ", clip.string(),
            " is a pattern; give the new clip's name with -o");
  // "frames/" and "frames" are the same folder.
  const fs::path plain = clip.has_filename() ? clip : clip.parent_path();
  return plain.parent_path() / (plain.stem().string() + "_repeat" + plain.extension().string());
}

// Refuses what would give other frames; with --force says so and goes on.
void expect_same(const std::string& what, const std::string& now, const std::string& then,
                 const std::string& remedy, bool force) {
  if (now == then) return;
  const std::string message =
      concat("[repeat] ", what, " is not the one the clip was made with (", now.substr(0, 12), "…, then ",
             then.substr(0, 12), "…): the frames will differ");
  SFV_CHECK(force, kInvalidArgument, message, "; ", remedy, ", or go on with --force");
  log_warning(message);
}

EngineOptions engine_of(const ClipRecord& record, const Options& options) {
  EngineOptions engine;
  engine.model = options.model.empty() ? record.model : options.model;
  engine.unet = record.unet;
  engine.tiny_vae = record.tiny_vae;
  engine.device = options.device.empty() ? record.device : options.device;
  engine.dtype = options.dtype.empty() ? record.dtype : options.dtype;
  engine.threads = options.threads > 0 ? options.threads : record.threads;
  SFV_CHECK(engine.threads >= 0 && engine.threads <= 1024, kInvalidFile, "[repeat] ", options.clip,
            ": expected 0 to 1024 threads in its record, got ", engine.threads);
  return engine;
}

// Other arithmetic than the record's: allowed, but only equal up to rounding.
void tell_differences(const ClipRecord& record, const EngineIdentity& now) {
  const auto tell = [](const std::string& what, const std::string& is, const std::string& was) {
    if (is != was)
      log_warning(concat("[repeat] ", what, " is ", is, ", the clip was made with ", was,
                         ": the frames can differ by rounding"));
  };
  tell("the device", now.device, record.device);
  tell("the number format", now.dtype, record.dtype);
  tell("the number of threads", std::to_string(now.threads), std::to_string(record.threads));
  tell("libtorch", now.libtorch, record.libtorch);
}

int repeat(const Options& options, const CommandContext& context) {
  const ClipRecord record = read_clip_record(options.clip);
  SFV_CHECK(record.chain >= 1 && record.chain <= 1000 && record.crf >= 0 && record.crf <= 63, kInvalidFile,
            "[repeat] ", options.clip, ": expected chain 1 to 1000 and crf 0 to 63 in its record, got ",
            record.chain, " and ", record.crf);
  ClipJob job;
  job.image = options.image.empty() ? record.image_path : options.image;
  job.seed = record.settings.seed;
  job.output = options.output.empty() ? default_output(options.clip) : fs::path(options.output);
  SFV_CHECK(!options.image.empty() || fs::exists(job.image), kNotFound, "[repeat] ", job.image.string(),
            ": the photo is not there any more; give its new place with --image");

  BatchOptions batch;
  batch.generate = as_options(record.settings);
  batch.chain = record.chain;
  batch.existing = options.overwrite ? ExistingOutput::kOverwrite : ExistingOutput::kRefuse;
  batch.crf = record.crf;
  batch.files.noise = record.noise_path;
  const std::vector<ClipJob> jobs = {job};
  check_outputs(jobs, batch.existing);
  expect_same("the photo " + job.image.string(), io::sha256_file(job.image), record.image_sha256,
              "give the right one with --image", options.force);
  if (!record.noise_path.empty()) {
    expect_same("the noise " + record.noise_path, io::sha256_file(record.noise_path), record.noise_sha256,
                "put the right file there", options.force);
  }
  const auto check_model = [&](const EngineIdentity& now) {
    expect_same("the model " + now.model, now.model_hash, record.model_hash, "give the right one with -m",
                options.force);
    tell_differences(record, now);
  };
  return run_batch(jobs, batch, engine_of(record, options), options.session, check_model, context);
}

}  // namespace

void add_repeat_command(Program& program) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = program.add_command(
      program.root(), "repeat", "Make a clip again from the settings stored in it, with the same frames",
      [options](const CommandContext& context) { return repeat(*options, context); });
  command
      .add_option("CLIP", options->clip, "Clip that sfv made: a video, a folder of frames, or NAME_%03d.png")
      ->required();
  constexpr const char* kGroup = "Input and output";
  command
      .add_option("-o,--output", options->output,
                  "The new clip, of any kind sfv generate writes. Default: CLIP with _repeat")
      ->type_name("OUT")
      ->group(kGroup);
  command.add_flag("--overwrite", options->overwrite, "Replace an output that exists. Default: refuse")
      ->group(kGroup);
  command.add_option("--image", options->image, "The photo, if it was moved. Default: where it was")
      ->type_name("FILE")
      ->group(kGroup);
  command.add_option("-m,--model", options->model, "The model, if it was moved. Default: where it was")
      ->type_name("MODEL")
      ->group(kGroup);
  command
      .add_flag("--force", options->force,
                "Go on, with a warning, when photo, noise or model are not the same. Default: refuse")
      ->group(kGroup);
  constexpr const char* kMachine = "Machine (another than the clip's: frames equal up to rounding)";
  command.add_option("--device", options->device, "cpu, cuda or cuda:N. Default: the clip's")
      ->type_name("DEVICE")
      ->group(kMachine);
  add_choice(command, "--dtype", options->dtype, {"fp32", "bf16", "fp16"},
             "Number format. Default: the clip's")
      ->group(kMachine);
  command.add_option("--threads", options->threads, "CPU threads, 1 to 1024. Default: the clip's")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 1024))
      ->group(kMachine);
  program.add_json_flag(command, options->session.json);
  program.add_quiet_flag(command, options->session.quiet);
}

}  // namespace sfv::cli
