#pragma once

#include <CLI/App.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "apps/sfv/command.h"
#include "sfv/evaluation/clip_reader.h"

namespace sfv::cli {

/// The sub-commands of `sfv eval`.
void add_eval_features_command(Program& program, CLI::App& parent);
void add_eval_frechet_command(Program& program, CLI::App& parent);
void add_eval_fvd_command(Program& program, CLI::App& parent);
void add_eval_motion_command(Program& program, CLI::App& parent);
void add_eval_pairs_command(Program& program, CLI::App& parent);
void add_eval_models_command(Program& program, CLI::App& parent);
void add_eval_protocol_command(Program& program, CLI::App& parent);
void add_eval_report_command(Program& program, CLI::App& parent);

/// How clips are cut, as words of the command line.
struct EvalClipOptions {
  evaluation::ClipOptions clips;
  std::string size;  // "320x240"; empty: as stored
  std::string fit = "crop";
};
/// Adds --frames, --stride, --fps, --size and --fit.
void add_clip_options(CLI::App& command, EvalClipOptions& options);
/// Errors: kInvalidArgument for a size that is none.
[[nodiscard]] evaluation::ClipOptions resolve_clip_options(const EvalClipOptions& options);

/// The protocol as a JSON object, its list of dropped clips as a list.
[[nodiscard]] nlohmann::ordered_json protocol_json(const evaluation::Protocol& protocol);
/// Names every dropped clip on stderr.
void report_dropped(const std::vector<evaluation::DroppedClip>& dropped, bool quiet);

}  // namespace sfv::cli
