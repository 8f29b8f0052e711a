#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sfv/io/video_encoder.h"

namespace sfv::io {

/// Frames per second as the nearest fraction that containers can hold: 7 is 7/1, 24000.0 / 1001 is
/// 24000/1001. fps: in (0, 1000]. name: the output, for messages. Errors: kInvalidArgument.
[[nodiscard]] Fraction frame_rate(double fps, const std::string& name);

/// When frame `number` starts, counted in units of 1/units_per_second s and rounded from the exact time, so
/// that a format with coarse time (GIF: 100, WebP: 1000) is never off by more than half a unit however long
/// the clip is.
[[nodiscard]] int64_t frame_start(int64_t number, double fps, int64_t units_per_second);

/// The frame rate behind times that were rounded: times[i] is where frame i ends, in units of
/// 1/units_per_second s. A whole number of frames per second, or of seconds per frame, that gives exactly
/// these times; else frames / duration. 0 when it cannot be known (no times, or a duration of 0).
[[nodiscard]] double rate_from_times(std::span<const int64_t> times, int64_t units_per_second);

}  // namespace sfv::io
