#include "sfv/core/generate_options.h"

#include <array>
#include <cmath>
#include <utility>

#include "sfv/core/check.h"

namespace sfv {
namespace {

constexpr std::array<std::pair<SamplerKind, std::string_view>, 3> kSamplers = {
    {{SamplerKind::kOneStep, "one-step"}, {SamplerKind::kEuler, "euler"}, {SamplerKind::kLcm, "lcm"}}};
constexpr std::array<std::pair<Fit, std::string_view>, 3> kFits = {
    {{Fit::kCrop, "crop"}, {Fit::kPad, "pad"}, {Fit::kStretch, "stretch"}}};
constexpr std::array<std::pair<DecoderKind, std::string_view>, 2> kDecoders = {
    {{DecoderKind::kVae, "vae"}, {DecoderKind::kTiny, "tiny"}}};

// Beyond these a size is a typing error or an attack, not a picture: 25 frames of 16384 x 16384 are 80 GB of
// pixels.
constexpr int64_t kMaxSide = 16384;
constexpr int64_t kMaxFrames = 4096;
constexpr int64_t kMaxSteps = 10000;

template <typename Table>
std::string_view name_in(const Table& table, auto value) {
  for (const auto& [entry, name] : table) {
    if (entry == value) return name;
  }
  return "?";
}

template <typename Table>
auto parse_in(const Table& table, std::string_view text, std::string_view option) {
  std::string allowed;
  for (const auto& [entry, name] : table) {
    if (name == text) return entry;
    allowed += allowed.empty() ? "" : ", ";
    allowed += name;
  }
  throw Error(ErrorCode::kInvalidArgument,
              concat("[", option, "] expected one of ", allowed, ", got \"", text, "\""));
}

template <typename T>
T first_of(const std::optional<T>& a, const std::optional<T>& b, T fallback) {
  return a ? *a : b.value_or(fallback);
}

void check_range(std::string_view option, int64_t value, int64_t low, int64_t high) {
  SFV_CHECK(value >= low && value <= high, kInvalidArgument, "[", option, "] expected ", low, " to ", high,
            ", got ", value);
}

void check_range(std::string_view option, double value, double low, double high) {
  SFV_CHECK(std::isfinite(value) && value >= low && value <= high, kInvalidArgument, "[", option,
            "] expected ", low, " to ", high, ", got ", value);
}

void check_size(std::string_view option, int64_t value) {
  check_range(option, value, 8, kMaxSide);
  SFV_CHECK(value % 8 == 0, kInvalidArgument, "[", option,
            "] expected a number of pixels divisible by 8, got ", value, "; the nearest are ", value / 8 * 8,
            " and ", value / 8 * 8 + 8);
}

void check_sigmas(const std::vector<double>& sigmas) {
  SFV_CHECK(sigmas.size() >= 2 && static_cast<int64_t>(sigmas.size()) <= kMaxSteps, kInvalidArgument,
            "[sigmas] expected at least two noise levels, the last of them 0, got ", sigmas.size());
  for (size_t i = 0; i < sigmas.size(); ++i) {
    const bool is_last = i + 1 == sigmas.size();
    SFV_CHECK(std::isfinite(sigmas[i]) && (is_last ? sigmas[i] == 0 : sigmas[i] > sigmas[i + 1]),
              kInvalidArgument, "[sigmas] expected falling noise levels ending in 0, got ", sigmas[i],
              " at place ", i + 1);
  }
}

GuidanceRange default_guidance(SamplerKind sampler) {
  return sampler == SamplerKind::kEuler ? GuidanceRange{1, 3} : GuidanceRange{1, 1};
}

int64_t default_steps(SamplerKind sampler) {
  switch (sampler) {
    case SamplerKind::kOneStep:
      return 1;
    case SamplerKind::kLcm:
      return 4;
    default:
      return 25;
  }
}

void check_sampler(const GenerateSettings& s) {
  // First: the number of steps follows from the list, and an error about steps would name what nobody gave.
  if (!s.sigmas.empty()) {
    SFV_CHECK(s.sampler == SamplerKind::kEuler, kInvalidArgument,
              "[sigmas] only the euler sampler takes its own noise levels, the sampler is ",
              to_string(s.sampler));
    check_sigmas(s.sigmas);
  }
  check_range("steps", s.steps, 1, kMaxSteps);
  check_range("guidance", s.guidance.min, 0, 100);
  check_range("guidance", s.guidance.max, 0, 100);
  SFV_CHECK(s.guidance.max > 1 || s.guidance.min <= 1, kInvalidArgument, "[guidance] a maximum of ",
            s.guidance.max, " switches guidance off, so a minimum of ", s.guidance.min,
            " has no meaning; expected MIN <= 1 or MAX > 1");
  if (s.sampler == SamplerKind::kOneStep) {
    SFV_CHECK(s.steps == 1, kInvalidArgument, "[steps] the one-step sampler takes 1 step, got ", s.steps,
              "; use --sampler euler or lcm for more");
    SFV_CHECK(s.guidance.max <= 1, kInvalidArgument,
              "[guidance] the one-step sampler takes no guidance, got a maximum of ", s.guidance.max);
  }
  if (s.sampler == SamplerKind::kLcm) check_range("steps", s.steps, 1, 40);  // its schedule has 40 levels
}

}  // namespace

std::string_view to_string(SamplerKind kind) {
  return name_in(kSamplers, kind);
}
std::string_view to_string(Fit fit) {
  return name_in(kFits, fit);
}
std::string_view to_string(DecoderKind kind) {
  return name_in(kDecoders, kind);
}
SamplerKind parse_sampler(std::string_view text) {
  return parse_in(kSamplers, text, "sampler");
}
Fit parse_fit(std::string_view text) {
  return parse_in(kFits, text, "fit");
}
DecoderKind parse_decoder(std::string_view text) {
  return parse_in(kDecoders, text, "decoder");
}

GenerateSettings resolve_settings(const GenerateOptions& options, const GenerateOptions& model,
                                  int64_t num_frames) {
  GenerateSettings s;
  const SamplerKind model_sampler = model.sampler.value_or(SamplerKind::kEuler);
  s.sampler = options.sampler.value_or(model_sampler);
  // The model's steps, guidance and sigmas belong to the model's sampler; another sampler brings its own.
  const bool is_model_sampler = s.sampler == model_sampler;
  s.sigmas = !options.sigmas.empty()              ? options.sigmas
             : is_model_sampler && !options.steps ? model.sigmas
                                                  : std::vector<double>{};
  SFV_CHECK(options.sigmas.empty() || !options.steps, kInvalidArgument,
            "[sigmas] a list of noise levels sets the number of steps; give either sigmas or steps");
  s.steps = s.sigmas.empty() ? first_of(options.steps, is_model_sampler ? model.steps : std::nullopt,
                                        default_steps(s.sampler))
                             : static_cast<int64_t>(s.sigmas.size()) - 1;
  s.guidance = first_of(options.guidance, is_model_sampler ? model.guidance : std::nullopt,
                        default_guidance(s.sampler));
  s.width = first_of(options.width, model.width, int64_t{1024});
  s.height = first_of(options.height, model.height, int64_t{576});
  s.frames = first_of(options.frames, model.frames, num_frames);
  s.fps = first_of(options.fps, model.fps, int64_t{7});
  s.motion = first_of(options.motion, model.motion, 127.0);
  s.noise_aug = first_of(options.noise_aug, model.noise_aug, 0.02);
  s.fit = first_of(options.fit, model.fit, Fit::kCrop);
  s.decoder = options.decoder;
  s.seed = options.seed;

  check_sampler(s);
  check_size("width", s.width);
  check_size("height", s.height);
  check_range("frames", s.frames, 1, kMaxFrames);
  check_range("fps", s.fps, 1, 1000);
  check_range("motion", s.motion, 0, 10000);
  check_range("noise_aug", s.noise_aug, 0, 100);
  s.decode_chunk = options.decode_chunk.value_or(s.frames);
  check_range("decode_chunk", s.decode_chunk, 1, kMaxFrames);
  return s;
}

}  // namespace sfv
