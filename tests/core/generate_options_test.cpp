#include "sfv/core/generate_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/error_of.h"

namespace sfv {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Options with one thing set.
template <typename Change>
GenerateOptions with(Change&& change) {
  GenerateOptions options;
  change(options);
  return options;
}

template <typename Change>
GenerateSettings resolved(Change&& change, const GenerateOptions& model = {}, int64_t num_frames = 14) {
  return resolve_settings(with(change), model, num_frames);
}

// The message with which the change is refused.
template <typename Change>
std::string refusal(Change&& change, const GenerateOptions& model = {}) {
  const Error error = error_of([&] { static_cast<void>(resolved(change, model)); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << error.what();
  return error.what();
}

TEST(GenerateWords, ReadWhatTheyWrite) {
  for (const SamplerKind kind : {SamplerKind::kOneStep, SamplerKind::kEuler, SamplerKind::kLcm}) {
    EXPECT_EQ(parse_sampler(to_string(kind)), kind);
  }
  for (const Fit fit : {Fit::kCrop, Fit::kPad, Fit::kStretch}) EXPECT_EQ(parse_fit(to_string(fit)), fit);
  for (const DecoderKind kind : {DecoderKind::kVae, DecoderKind::kTiny})
    EXPECT_EQ(parse_decoder(to_string(kind)), kind);
  EXPECT_EQ(to_string(SamplerKind::kOneStep), "one-step");
}

TEST(GenerateWords, RefuseOthersNamingTheAllowedOnes) {
  const Error error = error_of([] { static_cast<void>(parse_sampler("Euler")); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_STREQ(error.what(), "[sampler] expected one of one-step, euler, lcm, got \"Euler\"");
  EXPECT_THAT(error_of([] { static_cast<void>(parse_fit("")); }).what(), HasSubstr("crop, pad, stretch"));
  EXPECT_THAT(error_of([] { static_cast<void>(parse_decoder("x")); }).what(), HasSubstr("vae, tiny"));
}

TEST(ResolveSettings, TakesDiffusersDefaultsWhenNobodySaysMore) {
  const GenerateSettings s = resolve_settings({}, {}, 25);
  EXPECT_EQ(s.sampler, SamplerKind::kEuler);
  EXPECT_EQ(s.steps, 25);
  EXPECT_EQ(s.guidance.min, 1);
  EXPECT_EQ(s.guidance.max, 3);
  EXPECT_TRUE(s.sigmas.empty());
  EXPECT_EQ(s.width, 1024);
  EXPECT_EQ(s.height, 576);
  EXPECT_EQ(s.frames, 25);  // the UNet config's
  EXPECT_EQ(s.fps, 7);
  EXPECT_EQ(s.motion, 127);
  EXPECT_EQ(s.noise_aug, 0.02);
  EXPECT_EQ(s.fit, Fit::kCrop);
  EXPECT_EQ(s.decoder, DecoderKind::kVae);
  EXPECT_EQ(s.decode_chunk, 25);  // the whole clip
  EXPECT_EQ(s.seed, 0U);
}

GenerateOptions all_set() {
  return with([](GenerateOptions& o) {
    o.sampler = SamplerKind::kEuler;
    o.steps = 10;
    o.guidance = GuidanceRange{1.5, 2.5};
    o.width = 512;
    o.height = 320;
    o.frames = 5;
    o.fps = 12;
    o.motion = 60;
    o.noise_aug = 0.1;
    o.fit = Fit::kPad;
  });
}

TEST(ResolveSettings, TakesTheModelsDefaultsBeforeDiffusers) {
  const GenerateSettings s = resolve_settings({}, all_set(), 14);
  EXPECT_EQ(s.steps, 10);
  EXPECT_EQ(s.guidance.min, 1.5);
  EXPECT_EQ(s.guidance.max, 2.5);
  EXPECT_EQ(s.width, 512);
  EXPECT_EQ(s.height, 320);
  EXPECT_EQ(s.frames, 5);
  EXPECT_EQ(s.fps, 12);
  EXPECT_EQ(s.motion, 60);
  EXPECT_EQ(s.noise_aug, 0.1);
  EXPECT_EQ(s.fit, Fit::kPad);
  EXPECT_EQ(s.decode_chunk, 5);
}

TEST(ResolveSettings, TakesTheCallersBeforeTheModels) {
  GenerateOptions model = all_set();
  model.steps = 99;
  model.guidance = GuidanceRange{9, 9};
  model.width = model.height = 64;
  model.frames = 99;
  model.fps = 99;
  model.motion = 99;
  model.noise_aug = 9;
  model.fit = Fit::kStretch;
  GenerateOptions options = all_set();
  options.decoder = DecoderKind::kTiny;
  options.decode_chunk = 2;
  options.seed = UINT64_MAX;
  const GenerateSettings s = resolve_settings(options, model, 14);
  EXPECT_EQ(s.steps, 10);
  EXPECT_EQ(s.guidance.max, 2.5);
  EXPECT_EQ(s.width, 512);
  EXPECT_EQ(s.height, 320);
  EXPECT_EQ(s.frames, 5);
  EXPECT_EQ(s.fps, 12);
  EXPECT_EQ(s.motion, 60);
  EXPECT_EQ(s.noise_aug, 0.1);
  EXPECT_EQ(s.fit, Fit::kPad);
  EXPECT_EQ(s.decoder, DecoderKind::kTiny);
  EXPECT_EQ(s.decode_chunk, 2);
  EXPECT_EQ(s.seed, UINT64_MAX);
}

TEST(ResolveSettings, GivesAnotherSamplerItsOwnStepsAndGuidance) {
  const auto check = [](SamplerKind asked, const GenerateOptions& model, int64_t steps, double min,
                        double max) {
    const GenerateSettings s = resolved([&](GenerateOptions& o) { o.sampler = asked; }, model);
    EXPECT_EQ(s.sampler, asked);
    EXPECT_EQ(s.steps, steps);
    EXPECT_EQ(s.guidance.min, min);
    EXPECT_EQ(s.guidance.max, max);
  };
  check(SamplerKind::kLcm, {}, 4, 1, 1);
  check(SamplerKind::kOneStep, {}, 1, 1, 1);
  check(SamplerKind::kEuler, {}, 25, 1, 3);
  // A model of euler with 10 steps: they are not lcm's.
  check(SamplerKind::kLcm, all_set(), 4, 1, 1);
  check(SamplerKind::kOneStep, all_set(), 1, 1, 1);
  check(SamplerKind::kEuler, all_set(), 10, 1.5, 2.5);
  // A model of lcm: its steps count for lcm alone.
  const GenerateOptions lcm = with([](GenerateOptions& o) {
    o.sampler = SamplerKind::kLcm;
    o.steps = 6;
    o.guidance = GuidanceRange{1, 1.2};
  });
  check(SamplerKind::kLcm, lcm, 6, 1, 1.2);
  check(SamplerKind::kEuler, lcm, 25, 1, 3);
  EXPECT_EQ(resolve_settings({}, lcm, 14).sampler, SamplerKind::kLcm);
}

TEST(ResolveSettings, CountsStepsOfAListOfSigmas) {
  const std::vector<double> sigmas = {700, 50, 2, 0};
  const GenerateOptions model = with([&](GenerateOptions& o) { o.sigmas = sigmas; });
  EXPECT_EQ(resolved([&](GenerateOptions& o) { o.sigmas = sigmas; }).steps, 3);
  EXPECT_EQ(resolved([&](GenerateOptions& o) { o.sigmas = sigmas; }).sigmas, sigmas);
  EXPECT_EQ(resolve_settings({}, model, 14).sigmas, sigmas);
  EXPECT_EQ(resolve_settings({}, model, 14).steps, 3);
  // The caller's steps replace the model's list; another sampler does not take it.
  EXPECT_TRUE(resolved([](GenerateOptions& o) { o.steps = 7; }, model).sigmas.empty());
  EXPECT_EQ(resolved([](GenerateOptions& o) { o.steps = 7; }, model).steps, 7);
  EXPECT_TRUE(resolved([](GenerateOptions& o) { o.sampler = SamplerKind::kLcm; }, model).sigmas.empty());
}

TEST(ResolveSettings, RefusesSigmasThatAreNoSchedule) {
  const auto message = [](std::vector<double> sigmas) {
    return refusal([&](GenerateOptions& o) { o.sigmas = std::move(sigmas); });
  };
  EXPECT_THAT(message({0}), HasSubstr("at least two noise levels"));
  EXPECT_THAT(message({5, 1}), HasSubstr("falling noise levels ending in 0, got 1 at place 2"));
  EXPECT_THAT(message({1, 1, 0}), HasSubstr("got 1 at place 1"));
  EXPECT_THAT(message({1, 5, 0}), HasSubstr("at place 1"));
  EXPECT_THAT(message({kNan, 0}), HasSubstr("at place 1"));
  EXPECT_THAT(message({kInfinity, 0}), HasSubstr("at place 1"));
  EXPECT_THAT(message({5, -1, 0}), HasSubstr("at place 2"));
  EXPECT_THAT(refusal([](GenerateOptions& o) {
                o.sigmas = {5, 0};
                o.steps = 1;
              }),
              HasSubstr("either sigmas or steps"));
  for (const SamplerKind kind : {SamplerKind::kLcm, SamplerKind::kOneStep}) {
    EXPECT_THAT(refusal([&](GenerateOptions& o) {
                  o.sigmas = {5, 0};
                  o.sampler = kind;
                }),
                HasSubstr("only the euler sampler"));
  }
}

TEST(ResolveSettings, NamesOptionRangeAndValueOfEveryNumberOutOfRange) {
  using O = GenerateOptions;
  EXPECT_EQ(refusal([](O& o) { o.steps = 0; }), "[steps] expected 1 to 10000, got 0");
  EXPECT_THAT(refusal([](O& o) { o.steps = 10001; }), StartsWith("[steps]"));
  EXPECT_THAT(refusal([](O& o) { o.width = 0; }), StartsWith("[width] expected 8 to 16384"));
  EXPECT_THAT(refusal([](O& o) { o.width = -8; }), StartsWith("[width]"));
  EXPECT_THAT(refusal([](O& o) { o.width = 16392; }), StartsWith("[width]"));
  EXPECT_EQ(refusal([](O& o) { o.height = 577; }),
            "[height] expected a number of pixels divisible by 8, got 577; the nearest are 576 and 584");
  EXPECT_THAT(refusal([](O& o) { o.frames = 0; }), StartsWith("[frames] expected 1 to 4096, got 0"));
  EXPECT_THAT(refusal([](O& o) { o.frames = 4097; }), StartsWith("[frames]"));
  EXPECT_THAT(refusal([](O& o) { o.fps = 0; }), StartsWith("[fps] expected 1 to 1000"));
  EXPECT_THAT(refusal([](O& o) { o.fps = 1001; }), StartsWith("[fps]"));
  EXPECT_THAT(refusal([](O& o) { o.decode_chunk = 0; }), StartsWith("[decode_chunk]"));
  for (const double bad : {-1.0, kNan, kInfinity, 1e9}) {
    EXPECT_THAT(refusal([&](O& o) { o.motion = bad; }), StartsWith("[motion] expected 0 to 10000"));
    EXPECT_THAT(refusal([&](O& o) { o.noise_aug = bad; }), StartsWith("[noise_aug] expected 0 to 100"));
    EXPECT_THAT(refusal([&](O& o) {
                  o.guidance = GuidanceRange{1, bad};
                }),
                StartsWith("[guidance] expected 0 to 100"));
    EXPECT_THAT(refusal([&](O& o) {
                  o.guidance = GuidanceRange{bad, 3};
                }),
                StartsWith("[guidance] expected 0 to 100"));
  }
}

TEST(ResolveSettings, TakesTheEndsOfEveryRange) {
  const GenerateSettings low = resolved([](GenerateOptions& o) {
    o.steps = o.frames = o.fps = o.decode_chunk = 1;
    o.width = o.height = 8;
    o.motion = o.noise_aug = 0;
    o.guidance = GuidanceRange{0, 0};
  });
  EXPECT_EQ(low.height, 8);
  const GenerateSettings high = resolved([](GenerateOptions& o) {
    o.steps = 10000;
    o.frames = o.decode_chunk = 4096;
    o.fps = 1000;
    o.width = o.height = 16384;
    o.motion = 10000;
    o.noise_aug = 100;
    o.guidance = GuidanceRange{100, 100};
  });
  EXPECT_EQ(high.width, 16384);
}

TEST(ResolveSettings, RefusesWhatASamplerCannotDo) {
  using O = GenerateOptions;
  EXPECT_THAT(refusal([](O& o) {
                o.sampler = SamplerKind::kOneStep;
                o.steps = 2;
              }),
              HasSubstr("takes 1 step, got 2"));
  EXPECT_THAT(refusal([](O& o) {
                o.sampler = SamplerKind::kOneStep;
                o.guidance = GuidanceRange{1, 3};
              }),
              HasSubstr("takes no guidance"));
  EXPECT_THAT(refusal([](O& o) {
                o.sampler = SamplerKind::kLcm;
                o.steps = 41;
              }),
              StartsWith("[steps] expected 1 to 40"));
  EXPECT_THAT(refusal([](O& o) { o.guidance = GuidanceRange{2, 1}; }), HasSubstr("switches guidance off"));
}

TEST(ResolveSettings, ChecksTheModelsValuesToo) {
  const GenerateOptions model = with([](GenerateOptions& o) { o.width = 1023; });
  EXPECT_THAT(refusal([](GenerateOptions&) {}, model), StartsWith("[width]"));
}

}  // namespace
}  // namespace sfv
