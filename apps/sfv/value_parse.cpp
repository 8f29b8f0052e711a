#include "apps/sfv/value_parse.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "sfv/core/check.h"

namespace sfv::cli {
namespace {

// AysSchedules["StableDiffusionVideoSigmas"] of diffusers 0.42; Align Your Steps, Sabour et al. 2024.
constexpr std::array kAlignYourSteps = {700.0, 54.5,  15.886, 7.977, 4.248, 1.789,
                                        0.981, 0.403, 0.173,  0.034, 0.0};

template <typename T>
std::optional<T> parse_number(std::string_view text) {
  T value = {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_finite(std::string_view text) {
  const std::optional<double> value = parse_number<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

}  // namespace

PictureSize parse_size(std::string_view text) {
  const size_t cross = text.find('x');
  const auto width = parse_number<int64_t>(text.substr(0, cross));
  const auto height =
      cross == std::string_view::npos ? std::nullopt : parse_number<int64_t>(text.substr(cross + 1));
  SFV_CHECK(width && height && *width > 0 && *height > 0, kInvalidArgument,
            "[size] expected WIDTHxHEIGHT in pixels, such as 1024x576, got \"", text, "\"");
  return {.width = *width, .height = *height};
}

GuidanceRange parse_guidance(std::string_view text) {
  const size_t colon = text.find(':');
  const auto min = parse_finite(text.substr(0, colon));
  const auto max = colon == std::string_view::npos ? min : parse_finite(text.substr(colon + 1));
  SFV_CHECK(min && max, kInvalidArgument,
            "[guidance] expected MIN:MAX or one number, such as 1:3 or 2, got \"", text, "\"");
  return {.min = *min, .max = *max};
}

std::vector<double> parse_sigmas(std::string_view text) {
  if (text == "ays") return {kAlignYourSteps.begin(), kAlignYourSteps.end()};
  std::vector<double> sigmas;
  for (std::string_view rest = text;;) {
    const size_t comma = rest.find(',');
    const auto sigma = parse_finite(rest.substr(0, comma));
    SFV_CHECK(sigma, kInvalidArgument,
              "[sigmas] expected ays, or falling noise levels with commas and 0 at the end, such as "
              "700,50,2,0; got \"",
              text, "\"");
    sigmas.push_back(*sigma);
    if (comma == std::string_view::npos) return sigmas;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace sfv::cli
