// sfv eval: measures clips, feature files and models.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/sfv/choice_option.h"
#include "apps/sfv/commands.h"
#include "apps/sfv/eval_commands.h"
#include "apps/sfv/value_parse.h"

namespace sfv::cli {

void add_clip_options(CLI::App& command, EvalClipOptions& options) {
  command
      .add_option("--frames", options.clips.frames,
                  "Frames of each clip; shorter clips are dropped. Default: as many as the first clip has")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 4096));
  command.add_option("--stride", options.clips.stride, "Take every N-th stored frame, 1 to 1000. Default: 1")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 1000));
  command
      .add_option("--fps", options.clips.fps,
                  "Pick frames by time, so many a second, above 0 to 1000. Default: frames as stored")
      ->type_name("FPS")
      ->check(in_range<double>(1e-3, 1000));
  command.add_option("--size", options.size, "Scale all clips to this size. Default: as stored, all alike")
      ->type_name("WxH");
  add_choice(command, "--fit", options.fit, {"crop", "stretch"},
             "How clips of another shape get that size. Default: crop");
}

evaluation::ClipOptions resolve_clip_options(const EvalClipOptions& options) {
  evaluation::ClipOptions clips = options.clips;
  if (!options.size.empty()) {
    const PictureSize size = parse_size(options.size);
    clips.width = size.width;
    clips.height = size.height;
  }
  clips.stretches = options.fit == "stretch";
  return clips;
}

nlohmann::ordered_json protocol_json(const evaluation::Protocol& protocol) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [key, value] : protocol) {
    // The header of a feature file may be anyone's: what is no list stays a text.
    nlohmann::ordered_json list =
        key == "dropped" ? nlohmann::ordered_json::parse(value, nullptr, false) : nlohmann::ordered_json();
    json[key] = list.is_array() ? std::move(list) : nlohmann::ordered_json(value);
  }
  return json;
}

void report_dropped(const std::vector<evaluation::DroppedClip>& dropped, bool quiet) {
  if (quiet) return;
  for (const evaluation::DroppedClip& clip : dropped) {
    std::fprintf(stderr, "sfv: dropped %s: %s\n", clip.name.c_str(), clip.reason.c_str());
  }
}

void add_eval_command(Program& program) {
  CLI::App& parent = program.add_command(program.root(), "eval", "Measure clips, feature files and models");
  add_eval_features_command(program, parent);
  add_eval_frechet_command(program, parent);
  add_eval_fvd_command(program, parent);
  add_eval_motion_command(program, parent);
  add_eval_pairs_command(program, parent);
  add_eval_models_command(program, parent);
  add_eval_protocol_command(program, parent);
  add_eval_report_command(program, parent);
}

}  // namespace sfv::cli
