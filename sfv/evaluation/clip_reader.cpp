// Anyone's clips, one after the other, cut and scaled alike.
#include "sfv/evaluation/clip_reader.h"

#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/evaluation/clip_pixels.h"
#include "sfv/evaluation/clip_places.h"
#include "sfv/io/json_reader.h"
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

void check_options(const ClipOptions& o) {
  SFV_CHECK(o.frames >= 0 && o.stride >= 1 && o.fps >= 0, kInvalidArgument,
            "[clips] expected frames >= 0, stride >= 1 and fps >= 0, got ", o.frames, ", ", o.stride, " and ",
            o.fps);
  SFV_CHECK(o.fps == 0 || o.stride == 1, kInvalidArgument,
            "[clips] stride counts stored frames and fps picks them by time; give one of them");
  SFV_CHECK((o.width == 0) == (o.height == 0) && o.width >= 0 && o.height >= 0, kInvalidArgument,
            "[clips] expected a width and a height, got ", o.width, "x", o.height);
}

/// Whether the error is about the clip, and not about the run.
bool is_clip_fault(const Error& error) {
  return error.code() != ErrorCode::kCancelled && error.code() != ErrorCode::kOutOfMemory &&
         error.code() != ErrorCode::kInternal;
}

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

}  // namespace

class ClipReader::State {
 public:
  State(std::vector<ClipPlace> places, const ClipOptions& options)
      : places_(std::move(places)), options_(options) {}

  std::optional<EvaluatedClip> next(const CancelToken* cancel) {
    while (passed_ < places_.size()) {
      if (cancel != nullptr) cancel->throw_if_cancelled();
      const ClipPlace& place = places_[passed_++];
      EvaluatedClip clip;
      try {
        clip = read(place);
      } catch (const Error& error) {
        if (!is_clip_fault(error)) throw;
        dropped_.push_back({place.name(), error.what()});
        continue;
      }
      accept(clip);
      return clip;
    }
    return std::nullopt;
  }

  [[nodiscard]] Protocol protocol() const {
    const bool is_sized = options_.width > 0;
    std::string dropped = "[";
    for (const DroppedClip& clip : dropped_) {
      dropped += dropped.size() > 1 ? ", {\"clip\": " : "{\"clip\": ";
      io::append_json_string(dropped, clip.name);
      dropped += ", \"reason\": ";
      io::append_json_string(dropped, clip.reason);
      dropped += "}";
    }
    return {{"clips", std::to_string(read_)},
            {"frames", std::to_string(options_.frames)},
            {"size", concat(width_, "x", height_)},
            {"stride", std::to_string(options_.stride)},
            {"fps", options_.fps > 0 ? concat(options_.fps) : "as stored"},
            {"resize", !is_sized            ? "none"
                       : options_.stretches ? "Lanczos, stretched"
                                            : "Lanczos, covered and cut in the centre"},
            {"range", "-1..1, clamped"},
            {"dropped", dropped + "]"}};
  }

  std::vector<ClipPlace> places_;
  ClipOptions options_;  // frames is filled in by the first clip
  size_t passed_ = 0;
  std::vector<DroppedClip> dropped_;

 private:
  EvaluatedClip read(const ClipPlace& place) {
    SFV_CHECK(place.fault.empty(), kInvalidFile, place.fault);
    EvaluatedClip result{place.name(), {}, 7};
    if (place.index >= 0) {
      result.pixels = read_decoded(place);
    } else {
#ifdef SFV_HAS_VIDEO
      const Clip clip = options_.fps > 0 ? read_timed_frames(place.item, options_.frames, options_.fps)
                                         : read_stored_frames(place.item, options_.frames, options_.stride);
      result.pixels = to_pixels(fit_clip(clip, options_));
      result.fps = clip.fps;
#endif
    }
    return result;
  }

  torch::Tensor read_decoded(const ClipPlace& place) {
    SFV_CHECK(options_.fps == 0 && options_.width == 0, kInvalidArgument, "[clips] ", place.name(),
              ": decoded clips have no times and are not scaled; fps and a size are for files");
    if (open_path_ != place.item.path) {
      open_ = open_decoded_clips(place.item.path);
      open_path_ = place.item.path;
    }
    const torch::Tensor clip = open_[place.index];  // [T, 3, H, W]
    const int64_t stored = clip.size(0), stride = options_.stride;
    const int64_t count = options_.frames > 0 ? options_.frames : (stored - 1) / stride + 1;
    check_length(stored, count, stride);
    const torch::Tensor pixels = clip.slice(0, 0, (count - 1) * stride + 1, stride).to(at::kFloat);
    SFV_CHECK(at::isfinite(pixels).all().item<bool>(), kInvalidFile, "[clips] holds NaN or infinity");
    return pixels.clamp(-1, 1).contiguous();
  }

  void accept(const EvaluatedClip& clip) {
    const int64_t H = clip.pixels.size(2), W = clip.pixels.size(3);
    if (read_ == 0) {
      options_.frames = clip.pixels.size(0);
      width_ = W;
      height_ = H;
    }
    SFV_CHECK(W == width_ && H == height_, kInvalidArgument, "[clips] ", clip.name, " has ", W, "x", H,
              " pixels, the first clip ", width_, "x", height_, "; give a size, to which all are scaled");
    ++read_;
  }

  std::filesystem::path open_path_;
  torch::Tensor open_;  // decoded clips of open_path_
  int64_t read_ = 0;
  int64_t width_ = 0;
  int64_t height_ = 0;
};

ClipReader::ClipReader(const std::vector<std::string>& inputs, const ClipOptions& options) {
  check_options(options);
  state_ = std::make_unique<State>(find_clips(inputs), options);
}

ClipReader::~ClipReader() = default;

std::optional<EvaluatedClip> ClipReader::next(const CancelToken* cancel) {
  return state_->next(cancel);
}

int64_t ClipReader::total() const {
  return static_cast<int64_t>(state_->places_.size());
}

int64_t ClipReader::passed() const {
  return static_cast<int64_t>(state_->passed_);
}

const std::vector<DroppedClip>& ClipReader::dropped() const {
  return state_->dropped_;
}

Protocol ClipReader::protocol() const {
  return state_->protocol();
}

}  // namespace sfv::evaluation
