// sfv eval protocol: a paper's evaluation from end to end.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/sfv/choice_option.h"
#include "apps/sfv/eval_commands.h"
#include "apps/sfv/eval_protocol.h"
#include "apps/sfv/rank_job.h"
#include "apps/sfv/value_parse.h"
#include "sfv/core/check.h"

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  ProtocolRequest request;
  std::string name;
  std::string size = "1024x576";
  std::string score_size = "320x240";
  std::string fit = "stretch";
  std::string sampler;
  std::string guidance;
  int64_t frames = 14;
  int64_t fps = 7;
  bool json = false;
  bool quiet = false;
};

ProtocolRequest resolve(const Options& options) {
  ProtocolRequest request = options.request;
  GenerateOptions& generate = request.generate;
  const PictureSize size = parse_size(options.size), score_size = parse_size(options.score_size);
  generate.width = size.width;
  generate.height = size.height;
  request.score_width = score_size.width;
  request.score_height = score_size.height;
  generate.frames = options.frames;
  generate.fps = options.fps;
  generate.fit = parse_fit(options.fit);
  if (!options.sampler.empty()) generate.sampler = parse_sampler(options.sampler);
  if (!options.guidance.empty()) generate.guidance = parse_guidance(options.guidance);
  generate.seed = request.distance.seed;
  return request;
}

std::string number(const Json& row, const char* key, const char* format) {
  if (!row.contains(key) || !row[key].is_number()) return "-";
  char text[32];
  std::snprintf(text, sizeof(text), format, row[key].get<double>());
  return text;
}

// Table 1's columns, and beside them what it leaves out.
void print_table(const Json& rows) {
  size_t width = 5;
  for (const Json& row : rows) width = std::max(width, row["label"].get<std::string>().size());
  const int w = static_cast<int>(width);
  std::printf("%-*s %8s %5s %5s %6s %10s %23s %10s %9s %9s\n", w, "model", "sampler", "steps", "evals",
              "clips", "distance", "interval", "floor", "UNet s", "request s");
  for (const Json& row : rows) {
    const Json interval = row.value("interval", Json::object()), floor = row.value("floor", Json::object());
    const std::string range =
        interval.empty() ? "-" : number(interval, "low", "%.1f") + " to " + number(interval, "high", "%.1f");
    std::printf("%-*s %8s %5s %5s %6s %10s %23s %10s %9s %9s\n", w, row["label"].get<std::string>().c_str(),
                row["sampler"].get<std::string>().c_str(), number(row, "steps", "%.0f").c_str(),
                number(row, "evaluations", "%.0f").c_str(), number(row["fake"], "clips", "%.0f").c_str(),
                number(row, "frechet_distance", "%.1f").c_str(), range.c_str(),
                floor.is_object() ? number(floor, "real_to_real", "%.1f").c_str() : "-",
                number(row, "unet_seconds", "%.2f").c_str(), number(row, "request_seconds", "%.2f").c_str());
  }
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// A setting once where all rows share it, else row by row.
std::string of_all_rows(const Json& rows, const char* key) {
  std::string list;
  bool are_equal = true;
  for (const Json& row : rows) {
    are_equal = are_equal && row[key] == rows.front()[key];
    list += concat(list.empty() ? "" : ", ", row["label"].get<std::string>(), " ", text_of(row[key]));
  }
  return are_equal ? text_of(rows.front()[key]) : list;
}

void print_protocol(const Json& result) {
  const Json& first = result["rows"].front();
  std::printf("\ndistance: %s, %s covariance\n", first["measure"].get<std::string>().c_str(),
              first["covariance"].get<std::string>().c_str());
  for (const char* key : {"size", "frames", "fps", "fit", "motion", "noise_aug", "guidance", "seed", "device",
                          "dtype", "threads"}) {
    std::printf("generated: %s %s\n", key, of_all_rows(result["rows"], key).c_str());
  }
  for (const char* side : {"real", "fake"}) {
    for (const auto& [key, value] : first[side]["protocol"].items()) {
      std::printf("%s: %s: %s\n", side, key.c_str(), text_of(value).c_str());
    }
  }
  for (const auto& [key, value] : result["protocol"].items()) {
    std::printf("%s: %s\n", key.c_str(), text_of(value).c_str());
  }
  for (const Json& row : result["rows"]) {
    for (const Json& note : row["notes"])
      std::printf("note: %s: %s\n", row["label"].get<std::string>().c_str(), note.get<std::string>().c_str());
  }
}

int protocol(const Options& options, const EvalJob& job) {
  const Json result = run_protocol(resolve(options), job);
  if (job.ranks.rank() > 0) return 0;
  if (options.json) {
    std::printf("%s\n", result.dump(2).c_str());
  } else {
    print_table(result["rows"]);
    print_protocol(result);
  }
  return result["rows"].front()["real"]["protocol"]["dropped"].empty() ? 0 : 1;
}

void add_generation(CLI::App& command, Options& options) {
  GenerateOptions& g = options.request.generate;
  add_choice(command, "--sampler", options.sampler, {"one-step", "euler", "lcm"},
             "Of models that name none. Default: the model's own");
  command
      .add_option("--steps", g.steps,
                  "Of models that name none, 1 to 10000. Default: the model's, else the sampler's")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 10'000));
  command
      .add_option(
          "--guidance", options.guidance,
          "Guidance of the first and the last frame, 0 to 100. Default: the model's, else the sampler's")
      ->type_name("MIN[:MAX]");
  command.add_option("--frames", options.frames, "Frames that are generated, 1 to 4096. Default: 14")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 4096));
  command
      .add_option("--score-frames", options.request.score_frames,
                  "The first so many are compared, 1 to 4096. Default: 14")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 4096));
  command
      .add_option("--fps", options.fps, "Of both sides, 1 to 1000; the network is told it too. Default: 7")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 1000));
  command.add_option("--size", options.size, "Of what is generated. Default: 1024x576")->type_name("WxH");
  command.add_option("--score-size", options.score_size, "To which both sides are scaled. Default: 320x240")
      ->type_name("WxH");
  add_choice(command, "--fit", options.fit, {"crop", "pad", "stretch"},
             "How a first frame of another shape becomes the size that is generated. Default: stretch");
  command.add_option("--motion", g.motion, "Motion bucket, 0 to 10000. Default: the model's, else 127")
      ->type_name("X")
      ->check(in_range<double>(0, 10'000));
  command
      .add_option("--noise-aug", g.noise_aug,
                  "Noise on the condition, 0 to 100. Default: the model's, else 0.02")
      ->type_name("X")
      ->check(in_range<double>(0, 100));
  command.add_option("--decode-chunk", g.decode_chunk, "Frames decoded together, 1 to 4096. Default: all")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 4096));
}

void add_machine(CLI::App& command, EngineOptions& engine) {
  command.add_option("--device", engine.device, "auto, cpu, cuda or cuda:N. Default: auto")
      ->type_name("DEVICE");
  add_choice(command, "--dtype", engine.dtype, {"auto", "fp32", "bf16", "fp16"},
             "Number format of the generating networks. Default: auto");
  command.add_option("--threads", engine.threads, "CPU threads, 1 to 1024. Default: libtorch's choice")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 1024));
}

}  // namespace

void add_eval_protocol_command(Program& program, CLI::App& parent) {
  const auto options = std::make_shared<Options>();
  ProtocolRequest& r = options->request;
  CLI::App& command =
      program.add_command(parent, "protocol",
                          "A paper's evaluation from end to end: generate, scale, compare, with the seconds "
                          "it took. What is in DIR "
                          "already is kept, so that a run that was stopped loses one clip. Exit code 1 when "
                          "a real clip had to be "
                          "dropped",
                          [options](const CommandContext& context) {
                            return run_on_ranks("eval", context, [&](distributed::Ranks& ranks) {
                              return protocol(*options, {ranks, context.cancel, options->quiet});
                            });
                          });
  add_choice(command, "NAME", options->name, {"ucf101"},
             "ucf101: SF-V's Table 1, first frames of UCF-101 animated")
      ->required();
  command.add_option("--data", r.data, "Real clips, as of sfv eval features")->required()->type_name("CLIPS");
  command
      .add_option("-m,--model", r.models,
                  "[LABEL=]MODEL[@STEPS[:SAMPLER[:GUIDANCE]]], may be repeated: 1 step is one-step, more are "
                  "euler unless said")
      ->required()
      ->type_name("MODEL")
      ->allow_extra_args(false);
  command.add_option("-o,--output", r.out, "Folder for clips, features and protocol.json")
      ->required()
      ->type_name("DIR");
  command
      .add_option(
          "--clips", r.clips,
          "Animate the first N usable real clips, 2 to 1000000; N further ones are for the floor. Default: "
          "all")
      ->type_name("N")
      ->check(in_range<int64_t>(2, 1'000'000));
  add_generation(command, *options);
  add_network_options(command, r.features);
  add_distance_options(command, r.distance);
  add_machine(command, r.engine);
  program.add_json_flag(command, options->json);
  program.add_quiet_flag(command, options->quiet);
}

}  // namespace sfv::cli
