// sfv bench: how fast a model is on this machine, and where the time goes.

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>

#include "apps/sfv/bench_rates.h"
#include "apps/sfv/bench_result.h"
#include "apps/sfv/choice_option.h"
#include "apps/sfv/clip_options.h"
#include "apps/sfv/commands.h"
#include "apps/sfv/engine_options.h"
#include "apps/sfv/progress_display.h"
#include "apps/sfv/stop_signals.h"
#include "apps/sfv/text_format.h"
#include "sfv/core/check.h"
#include "sfv/core/cpu_clock.h"
#include "sfv/core/cpu_features.h"
#include "sfv/io/chrome_trace.h"
#include "sfv/tensor/device.h"
#include "sfv/tensor/device_memory.h"
#include "sfv/tensor/gpu_driver.h"
#include "sfv/tensor/precision.h"

namespace sfv::cli {
namespace {

constexpr int64_t kMostRounds = 1000;
constexpr int64_t kMostSteps = 1000;

struct Options {
  ClipOptions clip;
  EngineOptions engine;
  int64_t warm_up = 1;
  int64_t rounds = 3;
  std::vector<int64_t> compare_steps;
  std::string until = "decode";
  std::string profile;
  bool json = false;
  bool quiet = false;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// A picture with edges and grain, the same each time: how long the networks take does not depend on it.
RgbImage made_up_photo(int64_t width, int64_t height) {
  RgbImage photo{width, height, {}};
  std::minstd_rand random(1);
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const bool is_bright = (x / 32 + y / 32) % 2 == 0;
      for (int64_t c = 0; c < 3; ++c) {
        const int64_t level = (is_bright ? 160 : 60) + c * 20 + static_cast<int64_t>(random() % 16);
        photo.rgb.push_back(static_cast<uint8_t>(level));
      }
    }
  }
  return photo;
}

// Shows progress, and ends a request when it comes to the stage after a part of it, or when it is to stop.
class UntilPart : public ProgressSink {
 public:
  UntilPart(ProgressSink& shown, const std::string& part, const CancelToken& outer)
      : shown_(shown),
        next_stage_(part == "encoders" ? "denoise"
                    : part == "unet"   ? "decode"
                                       : ""),
        outer_(outer) {}

  void update(const ProgressUpdate& update) override {
    shown_.update(update);
    const bool is_there = !next_stage_.empty() && update.stage.starts_with(next_stage_);
    if (is_there || outer_.is_cancelled()) token_.cancel(outer_.reason());
  }
  [[nodiscard]] const CancelToken& token() const { return token_; }

 private:
  ProgressSink& shown_;
  std::string next_stage_;  // empty: goes on to the end
  const CancelToken& outer_;
  CancelToken token_;
};

// "AMD EPYC, avx2 avx512, 3.70 GHz".
std::string describe_processor(const torch::Device& device) {
  if (device.is_cuda()) {
    const GpuDriver driver;
    return driver.name(device.index()) + format(", up to %.2f GHz", driver.clock_ghz(device.index()));
  }
  const CpuFeatures cpu = cpu_features();
  return concat(cpu.name.empty() ? "unknown" : cpu.name, ", ", to_string(cpu),
                format(", %.2f GHz", measure_clock_ghz()));
}

// One request, or the first parts of it.
BenchRound measure(Engine& engine, const RgbImage& photo, const GenerateOptions& generate,
                   const torch::Device& device, UntilPart& sink) {
  BenchRound round{0, TraceRecorder([device] { wait_for(device); })};
  const TraceScope scope(&round.trace);
  const auto begin = std::chrono::steady_clock::now();
  try {
    (void)engine.generate(photo, generate, {}, &sink, &sink.token());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCancelled) throw;  // where it was to end
  }
  wait_for(device);
  round.seconds = seconds_since(begin);
  return round;
}

int bench(const Options& options, const CommandContext& context) {
  SFV_CHECK(options.until == "decode" || options.compare_steps.empty(), kInvalidArgument,
            "[compare-steps] wants whole requests: leave --until ", options.until, " out");
  const GenerateOptions generate = to_generate_options(options.clip);
  SFV_CHECK(options.profile.empty() || !std::filesystem::exists(options.profile), kAlreadyExists,
            "[profile] ", options.profile, " exists already; name another file");
  ProgressDisplay display(progress_mode(options.quiet || options.json));
  BenchResult result;
  result.warm_up = options.warm_up;
  result.rounds = options.rounds;

  display.update({.stage = "load model"});
  const auto start = std::chrono::steady_clock::now();
  std::unique_ptr<Engine> engine;
  {
    const StopAtOnce stop_at_once;
    engine = load_engine(options.engine, generate);
  }
  result.load_seconds = seconds_since(start);
  result.engine = engine->identity();
  const torch::Device device = open_device(result.engine.device);
  result.processor = describe_processor(device);
  result.rates = measure_rates(device, choose_precision(result.engine.dtype, device, cpu_features()).dtype);

  result.settings = engine->resolve(generate);
  const RgbImage photo = made_up_photo(result.settings.width, result.settings.height);
  const int64_t count = options.warm_up + options.rounds;
  std::vector<BenchRound> rounds;
  for (int64_t i = 0; i < count; ++i) {
    const std::string name =
        i < options.warm_up ? "warm-up" : concat("round ", i - options.warm_up + 1, "/", options.rounds);
    display.begin_part(name, static_cast<double>(i) / static_cast<double>(count),
                       static_cast<double>(i + 1) / static_cast<double>(count));
    UntilPart sink(display, options.until, context.cancel);
    BenchRound round = measure(*engine, photo, generate, device, sink);
    context.cancel.throw_if_cancelled();
    if (i >= options.warm_up) rounds.push_back(std::move(round));
  }
  result.peak_bytes = device_memory(device).peak;
  display.clear();
  summarize_rounds(rounds, options.until, result);
  if (!options.profile.empty())
    io::write_chrome_trace(rounds.back().trace.spans(), "sfv bench", options.profile);
  const std::vector<StepsComparison> comparison = compare_steps(result, options.compare_steps);
  std::printf("%s%s",
              options.json ? bench_json(result, comparison).c_str() : bench_text(result, comparison).c_str(),
              options.json ? "\n" : "");
  return 0;
}

}  // namespace

void add_bench_command(Program& program) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = program.add_command(
      program.root(), "bench", "Measure how fast a model is here, stage by stage and operator by operator",
      [options](const CommandContext& context) { return bench(*options, context); });
  constexpr const char* kGroup = "Measuring";
  command.add_option("--warm-up", options->warm_up, "Requests that are not counted, 0 to 1000. Default: 1")
      ->type_name("N")
      ->check(in_range<int64_t>(0, kMostRounds))
      ->group(kGroup);
  command.add_option("--rounds", options->rounds, "Requests that are, 1 to 1000. Default: 3")
      ->type_name("N")
      ->check(in_range<int64_t>(1, kMostRounds))
      ->group(kGroup);
  command
      .add_option(
          "--compare-steps", options->compare_steps,
          "Also guided sampling with so many steps beside one step, such as 25,16,8,4,1, added up from the "
          "measured parts. Default: none")
      ->type_name("LIST")
      ->delimiter(',')
      ->check(in_range<int64_t>(1, kMostSteps))
      ->group(kGroup);
  add_choice(command, "--until", options->until, kBenchParts,
             "Requests end after this part: what comes later is not measured. Default: decode, all of it")
      ->group(kGroup);
  command
      .add_option("--profile", options->profile,
                  "Write the last request operator by operator to this JSON file, which chrome://tracing and "
                  "ui.perfetto.dev open. Default: none")
      ->type_name("FILE")
      ->group(kGroup);
  add_clip_options(command, options->clip);
  add_engine_options(command, options->engine);
  program.add_json_flag(command, options->json);
  program.add_quiet_flag(command, options->quiet);
  command.footer(
      "A request goes from the decoded photo to frames in memory, with the model loaded. Work is counted as "
      "diffusers would do\n"
      "it, so a part may show more than the rate of libtorch's own products.\n"
      "Examples:\n"
      "  sfv bench --size 576x320 --dtype fp32\n"
      "  sfv bench -m models/svd --sampler one-step --compare-steps 25,16,8,4,1");
}

}  // namespace sfv::cli
