#include "apps/sfv/clip_options.h"

#include <CLI/CLI.hpp>

#include "apps/sfv/choice_option.h"
#include "apps/sfv/value_parse.h"

namespace sfv::cli {
namespace {

constexpr const char* kClipGroup = "Clip (defaults marked M are the model's own where it has one)";
constexpr const char* kSamplingGroup = "Sampling";

void add_picture_options(CLI::App& command, ClipOptions& options) {
  command
      .add_option("-n,--frames", options.frames,
                  "Frames of the clip, 1 to 4096. Default: M, else 14 (svd) or 25 (svd-xt)")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 4096))
      ->group(kClipGroup);
  command
      .add_option("--fps", options.fps,
                  "Frames per second, 1 to 1000; the network is told it too. Default: M, else 7")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 1000))
      ->group(kClipGroup);
  command
      .add_option("--size", options.size,
                  "Width and height in pixels, each divisible by 8, 8 to 16384. Default: M, else 1024x576")
      ->type_name("WxH")
      ->group(kClipGroup);
  add_choice(command, "--fit", options.fit, {"crop", "pad", "stretch"},
             "How a photo of another shape becomes that size: cover and cut the centre, black borders, or "
             "distorted (as diffusers does). "
             "Default: M, else crop")
      ->group(kClipGroup);
  command
      .add_option(
          "--motion", options.motion,
          "How much moves, 0 to 10000 (motion bucket; SVD was trained on 0 to 255). Default: M, else 127")
      ->type_name("X")
      ->check(in_range<double>(0, 10000))
      ->group(kClipGroup);
  command
      .add_option(
          "--noise-aug", options.noise_aug,
          "Noise put on the photo before it is encoded, 0 to 100; more lets the clip depart further from it. "
          "Default: M, else 0.02")
      ->type_name("X")
      ->check(in_range<double>(0, 100))
      ->group(kClipGroup);
}

}  // namespace

void add_clip_options(CLI::App& command, ClipOptions& options) {
  add_picture_options(command, options);
  add_choice(command, "--sampler", options.sampler, {"one-step", "euler", "lcm"},
             "SF-V's single step, diffusers' Euler, or AnimateLCM's. Brings its own steps and guidance: "
             "one-step 1 at 1:1, "
             "euler 25 at 1:3, lcm 4 at 1:1. Default: M, else euler")
      ->group(kSamplingGroup);
  command
      .add_option("--steps", options.steps,
                  "Evaluations of the network, 1 to 10000 (lcm: to 40). Default: M, else the sampler's")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 10000))
      ->group(kSamplingGroup);
  command
      .add_option(
          "--guidance", options.guidance,
          "Guidance of the first and the last frame, 0 to 100, 1:1 is none; one number is both. Default: M, "
          "else the sampler's")
      ->type_name("MIN[:MAX]")
      ->group(kSamplingGroup);
  command
      .add_option("--sigmas", options.sigmas,
                  "euler's noise levels instead of --steps: falling numbers with commas, 0 at the end; or "
                  "ays, the 10 "
                  "steps of Align Your Steps. Default: Karras's schedule")
      ->type_name("LIST|ays")
      ->group(kSamplingGroup);
  add_choice(command, "--decoder", options.decoder, {"vae", "tiny"},
             "The model's decoder, or a small one for previews (needs --tiny-vae). Default: vae")
      ->group(kSamplingGroup);
  command
      .add_option(
          "--decode-chunk", options.decode_chunk,
          "Frames decoded together, 1 to 4096: less memory, another picture (diffusers' decode_chunk_size). "
          "Default: all")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 4096))
      ->group(kSamplingGroup);
}

GenerateOptions to_generate_options(const ClipOptions& options) {
  GenerateOptions generate;
  generate.frames = options.frames;
  generate.fps = options.fps;
  if (!options.size.empty()) {
    const PictureSize size = parse_size(options.size);
    generate.width = size.width;
    generate.height = size.height;
  }
  if (!options.fit.empty()) generate.fit = parse_fit(options.fit);
  generate.motion = options.motion;
  generate.noise_aug = options.noise_aug;
  if (!options.sampler.empty()) generate.sampler = parse_sampler(options.sampler);
  generate.steps = options.steps;
  if (!options.guidance.empty()) generate.guidance = parse_guidance(options.guidance);
  if (!options.sigmas.empty()) generate.sigmas = parse_sigmas(options.sigmas);
  generate.decoder = parse_decoder(options.decoder);
  generate.decode_chunk = options.decode_chunk;
  return generate;
}

}  // namespace sfv::cli
