// sfv eval motion: how clips move and how sharp they are; sfv eval pairs: how alike clips are, frame by
// frame.

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "apps/sfv/eval_commands.h"
#include "apps/sfv/progress_display.h"
#include "sfv/core/check.h"
#include "sfv/evaluation/clip_statistics.h"
#include "sfv/evaluation/image_similarity.h"
#include "sfv/io/image.h"
#include "sfv/io/resize.h"
#include "sfv/tensor/frame_levels.h"

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;

struct MotionOptions {
  std::vector<std::string> clips;
  std::vector<std::string> images;
  EvalClipOptions cut;
  bool json = false;
  bool quiet = false;
};

struct PairsOptions {
  std::string a, b;
  EvalClipOptions cut;
  bool json = false;
  bool quiet = false;
};

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

// The condition picture of the clip at this place, fitted to it.
RgbImage load_condition(const MotionOptions& options, int64_t place, const RgbImage& frame) {
  const auto& images = options.images;
  const std::string& path = images.size() == 1 ? images[0] : images[static_cast<size_t>(place)];
  return io::fit_crop(io::load_image(path), frame.width, frame.height);
}

Json measure(const MotionOptions& options, const evaluation::EvaluatedClip& clip, int64_t place) {
  const Clip frames = to_clip(clip.pixels, clip.fps);
  const evaluation::ClipStatistics s = evaluation::measure_clip(frames);
  Json json = {{"clip", clip.name},
               {"frames", frames.frames.size()},
               {"speed", s.speed},
               {"fast_speed", s.fast_speed},
               {"direction_spread", s.direction_spread},
               {"static_share", s.static_share},
               {"is_static", s.is_static()},
               {"first_to_last", s.first_to_last},
               {"sharpness", s.sharpness},
               {"sharpness_last", s.sharpness.back()}};
  if (!options.images.empty()) {
    const RgbImage condition = load_condition(options, place, frames.frames.front());
    std::vector<double> distances;
    for (const RgbImage& frame : frames.frames)
      distances.push_back(evaluation::rms_difference(frame, condition));
    json["condition_distance"] = distances;
  }
  return json;
}

int motion(const MotionOptions& options, const CommandContext& context) {
  evaluation::ClipReader reader(options.clips, resolve_clip_options(options.cut));
  SFV_CHECK(options.images.size() <= 1 || static_cast<int64_t>(options.images.size()) == reader.total(),
            kInvalidArgument, "[eval] expected one --image for all clips or one for each of the ",
            reader.total(), ", got ", options.images.size());
  Json clips = Json::array();
  while (const auto clip = reader.next(&context.cancel))
    clips.push_back(measure(options, *clip, reader.passed() - 1));
  report_dropped(reader.dropped(), options.quiet);
  SFV_CHECK(!clips.empty(), kInvalidFile, "[eval] none of the ", reader.total(), " clips could be used");
  Json means;
  for (const char* key :
       {"speed", "fast_speed", "direction_spread", "static_share", "first_to_last", "sharpness_last"}) {
    std::vector<double> values;
    for (const Json& clip : clips) values.push_back(clip[key].get<double>());
    means[key] = mean(values);
  }
  int64_t still = 0;
  for (const Json& clip : clips) still += clip["is_static"].get<bool>() ? 1 : 0;
  means["static_clips"] = static_cast<double>(still) / static_cast<double>(clips.size());
  if (options.json) {
    std::printf("%s\n",
                Json{{"clips", clips}, {"mean", means}, {"protocol", protocol_json(reader.protocol())}}
                    .dump(2)
                    .c_str());
  } else {
    std::printf("%-8s %-8s %-8s %-8s %-8s %-10s clip\n", "speed", "fastest", "spread", "static", "change",
                "sharpness");
    const auto print = [](const Json& row, const std::string& name) {
      std::printf("%-8.3f %-8.3f %-8.3f %-8.3f %-8.2f %-10.2f %s\n", row["speed"].get<double>(),
                  row["fast_speed"].get<double>(), row["direction_spread"].get<double>(),
                  row["static_share"].get<double>(), row["first_to_last"].get<double>(),
                  row["sharpness_last"].get<double>(), name.c_str());
    };
    for (const Json& clip : clips) print(clip, clip["clip"].get<std::string>());
    print(means, concat("mean of ", clips.size(), " clips, ", still, " of them static"));
    for (const auto& [key, value] : reader.protocol()) std::printf("%s: %s\n", key.c_str(), value.c_str());
  }
  return reader.dropped().empty() ? 0 : 1;
}

// JSON has no infinity: null, where pictures are equal or a measure is not defined.
Json number_or_null(std::optional<double> value) {
  return value && std::isfinite(*value) ? Json(*value) : Json();
}

struct FrameMeans {
  double sum = 0;
  int64_t count = 0;
  int64_t missing = 0;
  Json values = Json::array();

  void add(std::optional<double> value) {
    values.push_back(number_or_null(value));
    if (value && std::isfinite(*value)) {
      sum += *value;
      ++count;
    } else {
      ++missing;
    }
  }
  [[nodiscard]] Json json() const { return count > 0 ? Json(sum / static_cast<double>(count)) : Json(); }
};

std::string text_of(const FrameMeans& means, const char* none) {
  if (means.count == 0) return none;
  char text[32];
  std::snprintf(text, sizeof(text), "%.6f", means.sum / static_cast<double>(means.count));
  return text;
}

int pairs(const PairsOptions& options, const CommandContext& context) {
  const evaluation::ClipOptions cut = resolve_clip_options(options.cut);
  evaluation::ClipReader left({options.a}, cut), right({options.b}, cut);
  SFV_CHECK(left.total() == right.total(), kInvalidArgument,
            "[eval] expected as many clips on both sides, got ", left.total(), " and ", right.total());
  Json rows = Json::array();
  FrameMeans all_psnr, all_ssim, all_ms_ssim;
  while (true) {
    const auto a = left.next(&context.cancel), b = right.next(&context.cancel);
    report_dropped(left.dropped(), options.quiet);
    report_dropped(right.dropped(), options.quiet);
    SFV_CHECK(left.dropped().empty() && right.dropped().empty(), kInvalidFile,
              "[eval] a clip cannot be used, so the clips of both sides no longer go together: ",
              (left.dropped().empty() ? right : left).dropped().front().name);
    if (!a || !b) break;
    SFV_CHECK(a->pixels.sizes() == b->pixels.sizes(), kInvalidArgument, "[eval] ", a->name,
              " has [T, 3, H, W] = ", a->pixels.sizes(), ", ", b->name, " has ", b->pixels.sizes(),
              "; give --frames and --size for clips that differ");
    FrameMeans psnr, ssim, ms_ssim;
    for (int64_t t = 0; t < a->pixels.size(0); ++t) {
      context.cancel.throw_if_cancelled();
      const auto add = [](FrameMeans& one, FrameMeans& all, std::optional<double> value) {
        one.add(value);
        all.add(value);
      };
      add(psnr, all_psnr, evaluation::psnr(a->pixels[t], b->pixels[t]));
      add(ssim, all_ssim, evaluation::ssim(a->pixels[t], b->pixels[t]));
      add(ms_ssim, all_ms_ssim, evaluation::ms_ssim(a->pixels[t], b->pixels[t]));
    }
    rows.push_back({{"a", a->name},
                    {"b", b->name},
                    {"psnr", psnr.values},
                    {"ssim", ssim.values},
                    {"ms_ssim", ms_ssim.values}});
    if (!options.json) {
      std::printf("%-12s %-12s %-14s %s  %s\n", text_of(psnr, "equal").c_str(),
                  text_of(ssim, "not available").c_str(), text_of(ms_ssim, "not available").c_str(),
                  a->name.c_str(), b->name.c_str());
    }
  }
  SFV_CHECK(!rows.empty(), kInvalidFile, "[eval] no clips to compare");
  if (options.json) {
    Json means = {{"psnr", all_psnr.json()},
                  {"equal_frames", all_psnr.missing},
                  {"ssim", all_ssim.json()},
                  {"ms_ssim", all_ms_ssim.json()}};
    means["ms_ssim_note"] =
        all_ms_ssim.count > 0 ? ""
                              : concat("not available: a side is under ", evaluation::kMsSsimSide, " pixels");
    std::printf(
        "%s\n",
        Json{{"pairs", rows},
             {"mean", means},
             {"protocol", {{"a", protocol_json(left.protocol())}, {"b", protocol_json(right.protocol())}}}}
            .dump(2)
            .c_str());
  } else {
    std::printf(
        "%-12s %-12s %-14s mean of all frames (PSNR in dB, SSIM, MS-SSIM; of PSNR those that differ)\n",
        text_of(all_psnr, "equal").c_str(), text_of(all_ssim, "not available").c_str(),
        text_of(all_ms_ssim, "not available").c_str());
  }
  return 0;
}

}  // namespace

void add_eval_motion_command(Program& program, CLI::App& parent) {
  const auto options = std::make_shared<MotionOptions>();
  CLI::App& command = program.add_command(
      parent, "motion", "How clips move and how sharp they are. Exit code 1 when a clip had to be dropped",
      [options](const CommandContext& context) { return motion(*options, context); });
  command.add_option("CLIPS", options->clips, "As of sfv eval features")->required();
  command
      .add_option("--image", options->images,
                  "Condition picture: one for all clips, or repeated, one for each. Default: none")
      ->type_name("IMAGE")
      ->allow_extra_args(false);
  add_clip_options(command, options->cut);
  program.add_json_flag(command, options->json);
  program.add_quiet_flag(command, options->quiet);
}

void add_eval_pairs_command(Program& program, CLI::App& parent) {
  const auto options = std::make_shared<PairsOptions>();
  CLI::App& command =
      program.add_command(parent, "pairs", "PSNR, SSIM and MS-SSIM of each frame of A and B, clip by clip",
                          [options](const CommandContext& context) { return pairs(*options, context); });
  command.add_option("A", options->a, "Clips, as of sfv eval features")->required();
  command.add_option("B", options->b, "As many clips, in the same order")->required();
  add_clip_options(command, options->cut);
  program.add_json_flag(command, options->json);
  program.add_quiet_flag(command, options->quiet);
}

}  // namespace sfv::cli
