// sfv generate IMAGE… -o OUT: photos to clips.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>

#include "apps/sfv/batch_session.h"
#include "apps/sfv/choice_option.h"
#include "apps/sfv/clip_options.h"
#include "apps/sfv/commands.h"
#include "apps/sfv/engine_options.h"
#include "apps/sfv/input_list.h"
#include "apps/sfv/shard.h"
#include "sfv/core/check.h"
#include "sfv/core/log.h"
#include "sfv/io/video_writer.h"

namespace sfv::cli {
namespace {

constexpr int64_t kMaxVariations = 100000;
constexpr int64_t kMaxChain = 1000;

struct Options {
  std::vector<std::string> images;
  std::string list;
  std::string output;
  std::optional<uint64_t> seed;
  int64_t variations = 1;
  std::string shard;
  bool overwrite = false;
  bool resume = false;
  bool no_metadata = false;
  ClipOptions clip;
  EngineOptions engine;
  BatchOptions batch;
  SessionOptions session;
};

// Small enough to type again.
uint64_t random_seed() {
  return std::random_device()();
}

std::vector<uint64_t> seeds_of(const Options& options) {
  const uint64_t first = options.seed.value_or(random_seed());
  std::vector<uint64_t> seeds;
  for (int64_t i = 0; i < options.variations; ++i) seeds.push_back(first + static_cast<uint64_t>(i));
  return seeds;
}

std::vector<ClipJob> jobs_of(const Options& options) {
  const auto images = expand_inputs(options.images, options.list);
  const auto per_image = static_cast<size_t>(options.variations);
  SFV_CHECK(images.size() <= 1'000'000 / per_image, kInvalidArgument,
            "[generate] expected at most 1000000 clips, got ", images.size(), " photos with ", per_image,
            " variations each");
  std::vector<ClipJob> jobs = plan_jobs(images, seeds_of(options), options.output);
  if (options.shard.empty()) return jobs;
  const Shard shard = parse_shard(options.shard, process_environment);
  std::vector<ClipJob> mine;
  for (size_t place = 0; place < jobs.size(); ++place) {
    if (shard.contains(place)) mine.push_back(std::move(jobs[place]));
  }
  return mine;
}

void check_together(const Options& options, const std::vector<ClipJob>& jobs) {
  const ResearchFiles& files = options.batch.files;
  const bool is_research = !files.noise.empty() || !files.dump.empty() || !files.profile.empty();
  SFV_CHECK(!is_research || jobs.size() <= 1, kInvalidArgument,
            "[generate] --noise, --dump and --profile are about one clip, got ", jobs.size());
  SFV_CHECK(!is_research || options.batch.chain == 1, kInvalidArgument,
            "[generate] --noise, --dump and --profile are about one clip; leave --chain out");
  for (const auto& [name, path] : {std::pair("dump", files.dump), std::pair("profile", files.profile)}) {
    SFV_CHECK(options.overwrite || path.empty() || !std::filesystem::exists(path), kAlreadyExists, "[", name,
              "] ", path.string(), " exists already; --overwrite replaces it");
  }
  for (const ClipJob& job : jobs) {
    const bool is_mp4 = io::video_format(job.output) == io::VideoFormat::kMp4;
    SFV_CHECK(!is_mp4 || options.batch.crf <= 51, kInvalidArgument, "[crf] expected 0 to 51 for mp4, got ",
              options.batch.crf);
  }
}

int generate(Options& options, const CommandContext& context) {
  options.batch.generate = to_generate_options(options.clip);
  options.batch.metadata = !options.no_metadata;
  options.batch.existing = options.overwrite ? ExistingOutput::kOverwrite
                           : options.resume  ? ExistingOutput::kResume
                                             : ExistingOutput::kRefuse;
  const std::vector<ClipJob> jobs = jobs_of(options);
  check_together(options, jobs);
  check_outputs(jobs, options.batch.existing);
  if (!options.seed && !options.session.quiet && !jobs.empty()) {
    std::fprintf(stderr, "seed %llu\n", static_cast<unsigned long long>(jobs.front().seed));
  }
  return run_batch(jobs, options.batch, options.engine, options.session, {}, context);
}

void add_file_options(CLI::App& command, Options& options) {
  constexpr const char* kGroup = "Input and output";
  command.add_option("IMAGE", options.images,
                     "Photos: files (JPEG, PNG, WebP, the first frame of a GIF or video), folders, or "
                     "patterns such as 'in/*.jpg'");
  command
      .add_option("--list", options.list,
                  "Text file with one IMAGE a line, # begins a comment line; - is standard input")
      ->type_name("FILE")
      ->group(kGroup);
  command
      .add_option("-o,--output", options.output,
                  "Clip: .mp4 .webm .gif .webp .mkv (lossless), NAME_%03d.png or a name without ending (PNG "
                  "frames). For several "
                  "clips: a folder, or a pattern with {name}, {seed}, {index}")
      ->required()
      ->type_name("OUT")
      ->group(kGroup);
  auto* overwrite =
      command.add_flag("--overwrite", options.overwrite, "Replace outputs that exist. Default: refuse")
          ->group(kGroup);
  command.add_flag("--resume", options.resume, "Skip clips whose output exists. Default: refuse")
      ->group(kGroup)
      ->excludes(overwrite);
  command
      .add_option("--crf", options.batch.crf,
                  "Quality of mp4 (0 to 51) and webm (0 to 63), 0 is best. Default: 18")
      ->type_name("N")
      ->check(in_range<int64_t>(0, 63))
      ->group(kGroup);
  command
      .add_flag("--thumbnail", options.batch.thumbnail,
                "Also write the first frame as PNG beside the clip. Default: no")
      ->group(kGroup);
  command
      .add_flag(
          "--no-metadata", options.no_metadata,
          "Do not store the settings in the clip (sfv repeat then cannot make it again). Default: store")
      ->group(kGroup);
}

void add_batch_options(CLI::App& command, Options& options) {
  constexpr const char* kGroup = "Seeds and many clips";
  command
      .add_option("--seed", options.seed,
                  "0 to 18446744073709551615; same seed, same bytes. Default: random, printed and stored")
      ->type_name("S")
      ->check(check_seed)
      ->group(kGroup);
  command
      .add_option("--variations", options.variations,
                  "Clips of each photo, with seeds S, S+1, …; 1 to 100000. Default: 1")
      ->type_name("K")
      ->check(in_range<int64_t>(1, kMaxVariations))
      ->group(kGroup);
  command
      .add_option("--chain", options.batch.chain,
                  "Join N clips: the last frame of one starts the next, N*(FRAMES-1)+1 frames in all, 1 to "
                  "1000. Default: 1")
      ->type_name("N")
      ->check(in_range<int64_t>(1, kMaxChain))
      ->group(kGroup);
  command
      .add_option("--shard", options.shard,
                  "Make only every N-th clip from the I-th, I from 1 to N; slurm takes both from a job "
                  "array's variables. "
                  "Default: all")
      ->type_name("I/N|slurm")
      ->group(kGroup);
}

void add_research_options(CLI::App& command, Options& options) {
  constexpr const char* kGroup = "Research (one clip)";
  command
      .add_option("--noise", options.batch.files.noise,
                  "Take the noise from image_noise, latent_noise and step_noise in this safetensors file. "
                  "Default: from the seed")
      ->type_name("FILE")
      ->group(kGroup);
  command
      .add_option("--dump", options.batch.files.dump,
                  "Write pixel_values, image_embeds, image_latents, latents and frames to this safetensors "
                  "file. Default: none")
      ->type_name("FILE")
      ->group(kGroup);
  command
      .add_option(
          "--profile", options.batch.files.profile,
          "Write where the time went, operator by operator, to this JSON file, which chrome://tracing and "
          "ui.perfetto.dev open. Default: none")
      ->type_name("FILE")
      ->group(kGroup);
}

}  // namespace

void add_generate_command(Program& program) {
  const auto options = std::make_shared<Options>();
  CLI::App& command =
      program.add_command(program.root(), "generate", "Turn photos into short video clips",
                          [options](const CommandContext& context) { return generate(*options, context); });
  add_file_options(command, *options);
  add_batch_options(command, *options);
  add_clip_options(command, options->clip);
  add_engine_options(command, options->engine);
  add_research_options(command, *options);
  program.add_json_flag(command, options->session.json);
  program.add_quiet_flag(command, options->session.quiet);
  command.footer(
      "Examples:\n"
      "  sfv generate cat.jpg -o cat.mp4\n"
      "  sfv generate photos/ -o clips/ --seed 7 --resume\n"
      "  sfv generate cat.jpg -o 'cat_{seed}.webm' --variations 4 --sampler lcm");
}

}  // namespace sfv::cli
