#include "sfv/evaluation/clip_decoder.h"

#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/evaluation/clip_pixels.h"
#include "sfv/io/resize.h"
#ifdef SFV_HAS_VIDEO
#include "sfv/data/clip_transform.h"
#include "sfv/data/frame_folder.h"
#include "sfv/data/frame_names.h"
#include "sfv/data/video_item.h"
#include "sfv/io/video_times.h"
#endif

namespace sfv::evaluation {
namespace {

void check_length(int64_t stored, int64_t frames, int64_t stride) {
  const int64_t needed = (frames - 1) * stride + 1;
  SFV_CHECK(stored >= needed, kInvalidFile, "[clips] too short: ", stored, " frames, ", frames,
            " with stride ", stride, " need ", needed);
}

#ifdef SFV_HAS_VIDEO
// frames: 0 takes all.
Clip read_stored_frames(const data::ClipItem& item, int64_t frames, int64_t stride) {
  const io::VideoTimes times = data::scan_item(item, data::ClipTiming{}.fps);
  const int64_t stored = static_cast<int64_t>(times.starts.size());
  const int64_t count = frames > 0 ? frames : (stored - 1) / stride + 1;
  check_length(stored, count, stride);
  std::vector<int64_t> numbers;
  for (int64_t k = 0; k < count; ++k) numbers.push_back(k * stride);
  const bool is_folder = std::filesystem::is_directory(item.path);
  Clip clip = is_folder ? Clip{data::load_frames(data::list_frames(item.path), numbers), 0}
                        : io::read_video_frames(item.path, times, numbers);
  clip.fps = static_cast<double>(stored) / times.end / static_cast<double>(stride);
  return clip;
}

Clip read_timed_frames(const data::ClipItem& item, int64_t frames, double fps) {
  const io::VideoTimes times = data::scan_item(item, fps);
  const double span = std::min(item.end.value_or(times.end), times.end) - item.start.value_or(0);
  const int64_t all = std::max<int64_t>(static_cast<int64_t>(span * fps + 0.5), 1);
  const data::ClipTiming timing{.frames = frames > 0 ? frames : all, .fps = fps};
  return data::read_item_clip(item, times, data::item_starts(item, times, timing).from, timing);
}

Clip fit_clip(const Clip& clip, const ClipOptions& o) {
  if (o.width == 0) return clip;
  if (!o.stretches) return data::transform_clip(clip, {.width = o.width, .height = o.height}, 0);
  Clip result{{}, clip.fps};
  for (const RgbImage& frame : clip.frames)
    result.frames.push_back(io::resize_lanczos(frame, o.width, o.height));
  return result;
}
#endif

torch::Tensor cut_decoded(const ClipPlace& place, const ClipOptions& options) {
  SFV_CHECK(options.fps == 0 && options.width == 0, kInvalidArgument, "[clips] ", place.name(),
            ": decoded clips have no times and are not scaled; fps and a size are for files");
  const torch::Tensor& clip = place.decoded;  // [T, 3, H, W]
  const int64_t stored = clip.size(0), stride = options.stride;
  const int64_t count = options.frames > 0 ? options.frames : (stored - 1) / stride + 1;
  check_length(stored, count, stride);
  const torch::Tensor pixels = clip.slice(0, 0, (count - 1) * stride + 1, stride).to(at::kFloat);
  SFV_CHECK(at::isfinite(pixels).all().item<bool>(), kInvalidFile, "[clips] holds NaN or infinity");
  return pixels.clamp(-1, 1).contiguous();
}

}  // namespace

EvaluatedClip decode_clip(const ClipPlace& place, const ClipOptions& options) {
  SFV_CHECK(place.fault.empty(), kInvalidFile, place.fault);
  EvaluatedClip result{place.name(), {}, 7};
  if (place.decoded.defined()) {
    result.pixels = cut_decoded(place, options);
  } else {
#ifdef SFV_HAS_VIDEO
    const Clip clip = options.fps > 0 ? read_timed_frames(place.item, options.frames, options.fps)
                                      : read_stored_frames(place.item, options.frames, options.stride);
    result.pixels = to_pixels(fit_clip(clip, options));
    result.fps = clip.fps;
#endif
  }
  return result;
}

}  // namespace sfv::evaluation
