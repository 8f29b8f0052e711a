// sfv plan: what a request will take, before anything is loaded.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/sfv/bench_rates.h"
#include "apps/sfv/byte_count.h"
#include "apps/sfv/clip_options.h"
#include "apps/sfv/commands.h"
#include "apps/sfv/default_model.h"
#include "apps/sfv/engine_options.h"
#include "apps/sfv/plan_device.h"
#include "apps/sfv/plan_memory.h"
#include "apps/sfv/text_format.h"
#include "sfv/core/check.h"
#include "sfv/core/cpu_features.h"
#include "sfv/core/process_memory.h"
#include "sfv/tensor/device.h"
#include "sfv/tensor/device_memory.h"
#include "sfv/tensor/precision.h"

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;
using pipeline::RequestPlan;
using pipeline::StagePlan;

struct Options {
  ClipOptions clip;
  EngineOptions engine;
  bool json = false;
  bool quiet = false;
};

// What the answer consists of.
struct Answer {
  pipeline::RequestShape shape;
  PlanDevice device;
  RequestPlan chosen;
  std::vector<RequestPlan> all;      // every mode, the fastest first
  std::optional<int64_t> free;       // bytes of the device; unknown where it is not there
  std::optional<int64_t> limit;      // --max-memory
  std::optional<DeviceRates> rates;  // measured, where the device is there
  [[nodiscard]] int64_t bytes(const RequestPlan& plan) const {
    return with_program(plan.peak(), shape.device);
  }
};

// Convolutions make up the VAE; the other networks are convolutions and products, half and half.
double seconds_of(const StagePlan& stage, const DeviceRates& rates) {
  const bool is_vae = stage.name == "vae_encoder" || stage.name == "decoder";
  return stage.operations * (is_vae ? 1 / rates.conv : 0.5 / rates.conv + 0.5 / rates.matmul);
}

std::optional<double> seconds_of(const Answer& answer) {
  if (!answer.rates) return std::nullopt;
  double seconds = 0;
  for (const StagePlan& stage : answer.chosen.stages) seconds += seconds_of(stage, *answer.rates);
  return seconds;
}

Answer answer_of(const Options& options) {
  const EngineOptions& engine = options.engine;
  if (engine.threads > 0) set_cpu_threads(engine.threads);
  Answer answer;
  answer.device = find_plan_device(engine.device);
  const torch::Device device = answer.device.here.value_or(torch::Device(answer.device.type));
  const torch::Dtype dtype = choose_precision(engine.dtype, device, cpu_features()).dtype;
  const PlannedModel model =
      read_planned_model(engine.model.empty() ? default_model() : engine.model, dtype, engine.unet);
  answer.shape = request_shape(model, to_generate_options(options.clip), dtype, device.type());
  if (device.is_cpu()) {
    answer.free = available_memory() + private_memory();
  } else if (answer.device.here) {
    answer.free = free_device_memory(device);
  }
  SFV_CHECK(answer.free || !engine.max_memory.starts_with('-'), kInvalidArgument, "[max-memory] ",
            engine.max_memory, " is less than what is free on a GPU that is not there; give a size");
  for (const MemoryMode& mode : pipeline::memory_modes(device.type()))
    answer.all.push_back(pipeline::plan_request(answer.shape, mode));
  if (engine.max_memory.empty()) {
    const MemoryMode mode = default_memory(answer.shape, model.bytes, answer.free.value_or(INT64_MAX));
    answer.chosen = *std::find_if(answer.all.begin(), answer.all.end(),
                                  [&](const RequestPlan& plan) { return plan.mode == mode; });
  } else {
    answer.limit = parse_memory_limit("max-memory", engine.max_memory, answer.free.value_or(0));
    answer.chosen = plan_within(answer.shape, *answer.limit);
  }
  if (answer.device.here) answer.rates = measure_operator_rates(device, dtype);
  return answer;
}

std::string row(std::string name, const std::string& weights, const std::string& activations,
                const std::string& operations, const std::string& seconds) {
  const auto right = [](const std::string& text) {
    constexpr size_t kWidth = 14;
    std::string padded(kWidth - std::min(kWidth, text.size()), ' ');
    return padded.append(text);
  };
  name.resize(22, ' ');
  return concat("  ", name, right(weights), right(activations), right(operations), right(seconds), "\n");
}

std::string verdict(const Answer& answer) {
  const int64_t bytes = answer.bytes(answer.chosen);
  const std::string text = "peak " + gigabytes(bytes);
  if (!answer.free) return text + "; this machine has no such device to compare with\n";
  const std::string of = concat(text, " of ", gigabytes(*answer.free), " that are free: ");
  if (bytes <= *answer.free) return of + "fits\n";
  const auto smaller = std::find_if(answer.all.begin(), answer.all.end(), [&](const RequestPlan& plan) {
    return answer.bytes(plan) <= *answer.free;
  });
  if (smaller == answer.all.end())
    return of + "does not fit; use a smaller --size, fewer --frames or --dtype bf16\n";
  return concat(of, "does not fit; --max-memory ", format("%.1f", static_cast<double>(*answer.free) / 1e9),
                "GB makes it fit\n");
}

std::string text_of(const Answer& answer) {
  const GenerateSettings& s = answer.shape.settings;
  std::string text =
      concat(s.frames, " frames of ", s.width, "x", s.height, ", ", to_string(s.sampler), ", ", s.steps,
             s.steps == 1 ? " step, " : " steps, ", precision_name(answer.shape.dtype),
             answer.shape.device == at::kCPU ? ", on the CPU" : ", on the GPU", "\n",
             pipeline::describe(answer.chosen.mode), "\n");
  text += row("", "weights", "activations", "operations", "about");
  for (const StagePlan& stage : answer.chosen.stages) {
    text += row(stage.name, gigabytes(stage.weights), gigabytes(stage.activations),
                format("%.3g T", stage.operations / 1e12),
                answer.rates ? format("%.3g s", seconds_of(stage, *answer.rates)) : "-");
  }
  text += row("all the time", gigabytes(answer.chosen.weights), gigabytes(answer.chosen.clip), "", "");
  const std::optional<double> seconds = seconds_of(answer);
  text +=
      row("program, allocator", "", gigabytes(answer.bytes(answer.chosen) - answer.chosen.peak()), "", "");
  text +=
      row("together", "", gigabytes(answer.bytes(answer.chosen)),
          format("%.3g T", answer.chosen.operations() / 1e12), seconds ? format("%.3g s", *seconds) : "-");
  text += verdict(answer);
  text += "ways to go, the fastest first:\n";
  for (const RequestPlan& plan : answer.all)
    text += concat("  ", gigabytes(answer.bytes(plan)), "  ", pipeline::describe(plan.mode),
                   plan.mode == answer.chosen.mode ? "  <- this one" : "", "\n");
  return text;
}

Json json_of(const Answer& answer) {
  const GenerateSettings& s = answer.shape.settings;
  Json stages = Json::array();
  for (const StagePlan& stage : answer.chosen.stages) {
    Json item = {{"name", stage.name},
                 {"weight_bytes", stage.weights},
                 {"activation_bytes", stage.activations},
                 {"operations", stage.operations}};
    if (answer.rates) item["seconds"] = seconds_of(stage, *answer.rates);
    stages.push_back(std::move(item));
  }
  Json modes = Json::array();
  for (const RequestPlan& plan : answer.all)
    modes.push_back({{"mode", pipeline::describe(plan.mode)}, {"peak_bytes", answer.bytes(plan)}});
  Json result = {{"width", s.width},
                 {"height", s.height},
                 {"frames", s.frames},
                 {"steps", s.steps},
                 {"dtype", precision_name(answer.shape.dtype)},
                 {"device", answer.shape.device == at::kCPU ? "cpu" : "cuda"},
                 {"mode", pipeline::describe(answer.chosen.mode)},
                 {"stages", stages},
                 {"kept_weight_bytes", answer.chosen.weights},
                 {"peak_bytes", answer.bytes(answer.chosen)},
                 {"operations", answer.chosen.operations()}};
  if (const auto seconds = seconds_of(answer)) result["seconds"] = *seconds;
  if (answer.free) {
    result["free_bytes"] = *answer.free;
    result["fits"] = answer.bytes(answer.chosen) <= *answer.free;
  }
  result["modes"] = modes;
  return result;
}

int plan(const Options& options) {
  const Answer answer = answer_of(options);
  std::printf("%s", options.json ? (json_of(answer).dump(2) + "\n").c_str() : text_of(answer).c_str());
  return 0;
}

}  // namespace

void add_plan_command(Program& program) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = program.add_command(program.root(), "plan",
                                          "Tell what a clip will take: memory, time, and whether it fits",
                                          [options](const CommandContext&) { return plan(*options); });
  add_clip_options(command, options->clip);
  add_engine_options(command, options->engine);
  program.add_json_flag(command, options->json);
  command.footer(
      "Reads the model's configs and the headers of its weights, nothing more; svd and svd-xt stand for the "
      "published sizes.\n"
      "Memory is that of the process alone, without mapped files, or of a GPU.\n"
      "Examples:\n"
      "  sfv plan -m svd --size 1024x576 --dtype bf16\n"
      "  sfv plan -m svd-xt --device cuda --max-memory 8GB");
}

}  // namespace sfv::cli
