#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sfv/core/generate_options.h"

namespace sfv::cli {

struct PictureSize {
  int64_t width = 0;
  int64_t height = 0;
};

/// "1024x576". Errors of all three: kInvalidArgument naming the option, the form expected and the text.
[[nodiscard]] PictureSize parse_size(std::string_view text);
/// "1:3" (first to last frame), or "2" for the same weight on every frame.
[[nodiscard]] GuidanceRange parse_guidance(std::string_view text);
/// "700,54.5,…,0", or "ays": the 10 steps of Align Your Steps for SVD.
[[nodiscard]] std::vector<double> parse_sigmas(std::string_view text);

}  // namespace sfv::cli
