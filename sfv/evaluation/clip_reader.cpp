// Anyone's clips, one after the other, cut and scaled alike, and decoded ahead of whoever takes them.
#include "sfv/evaluation/clip_reader.h"

#include <algorithm>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/evaluation/clip_fault.h"
#include "sfv/evaluation/read_ahead.h"
#include "sfv/io/json_reader.h"

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

// A clip, and what its pixels measured before they were prepared; or why there is none.
struct ReadClip {
  EvaluatedClip clip;
  int64_t frames = 0;
  int64_t width = 0;
  int64_t height = 0;
  std::string fault;
};

}  // namespace

std::string dropped_text(const std::vector<DroppedClip>& dropped) {
  std::string text = "[";
  for (const DroppedClip& clip : dropped) {
    text += text.size() > 1 ? ", {\"clip\": " : "{\"clip\": ";
    io::append_json_string(text, clip.name);
    text += ", \"reason\": ";
    io::append_json_string(text, clip.reason);
    text += "}";
  }
  return text + "]";
}

class ClipReader::State {
 public:
  State(std::vector<ClipPlace> places, const ClipOptions& options, ReadOptions read)
      : places_(std::move(places)), options_(options), read_options_(std::move(read)) {}

  std::optional<EvaluatedClip> next(const CancelToken* cancel) {
    while (passed_ < static_cast<int64_t>(places_.size())) {
      if (cancel != nullptr) cancel->throw_if_cancelled();
      ReadClip read = take();
      ++passed_;
      if (!read.fault.empty()) {
        dropped_.push_back({read.clip.name, read.fault});
        continue;
      }
      accept(read);
      return std::move(read.clip);
    }
    return std::nullopt;
  }

  [[nodiscard]] Protocol protocol() const {
    const bool is_sized = options_.width > 0;
    return {{"clips", std::to_string(accepted_)},
            {"frames", std::to_string(options_.frames)},
            {"size", concat(width_, "x", height_)},
            {"stride", std::to_string(options_.stride)},
            {"fps", options_.fps > 0 ? concat(options_.fps) : "as stored"},
            {"resize", !is_sized            ? "none"
                       : options_.stretches ? "Lanczos, stretched"
                                            : "Lanczos, covered and cut in the centre"},
            {"range", "-1..1, clamped"},
            {"dropped", dropped_text(dropped_)}};
  }

  std::vector<ClipPlace> places_;
  ClipOptions options_;  // frames is filled in by the first clip
  int64_t passed_ = 0;
  std::vector<DroppedClip> dropped_;

 private:
  // The clip at the place that comes next. Nothing can be read ahead before the number of frames is known.
  ReadClip take() {
    if (options_.frames == 0) return read_place(passed_, options_);
    if (!ahead_) {
      const int64_t first = passed_;
      ahead_ = std::make_unique<ReadAhead<ReadClip>>(
          static_cast<int64_t>(places_.size()) - first, read_options_.threads, read_options_.capacity,
          [this, first, options = options_](int64_t i) { return read_place(first + i, options); });
    }
    return ahead_->next();
  }

  // Runs on several threads.
  [[nodiscard]] ReadClip read_place(int64_t index, const ClipOptions& options) const {
    const ClipPlace& place = places_[static_cast<size_t>(index)];
    ReadClip result;
    try {
      result.clip = decode_clip(place, options);
    } catch (const Error& error) {
      if (!is_clip_fault(error)) throw;
      result.clip.name = place.name();
      result.fault = error.what();
      return result;
    }
    torch::Tensor& pixels = result.clip.pixels;  // [T, 3, H, W]
    result.frames = pixels.size(0);
    result.height = pixels.size(2);
    result.width = pixels.size(3);
    if (read_options_.prepare) pixels = read_options_.prepare(pixels);
    return result;
  }

  void accept(const ReadClip& read) {
    if (accepted_ == 0) {
      options_.frames = read.frames;
      width_ = read.width;
      height_ = read.height;
    }
    SFV_CHECK(read.width == width_ && read.height == height_, kInvalidArgument, "[clips] ", read.clip.name,
              " has ", read.width, "x", read.height, " pixels, the first clip ", width_, "x", height_,
              "; give a size, to which all are scaled");
    ++accepted_;
  }

  ReadOptions read_options_;
  int64_t accepted_ = 0;
  int64_t width_ = 0;
  int64_t height_ = 0;
  std::unique_ptr<ReadAhead<ReadClip>> ahead_;  // last: its threads use what is above
};

ClipReader::ClipReader(std::vector<ClipPlace> places, const ClipOptions& options, ReadOptions read) {
  check_options(options);
  SFV_CHECK(read.threads >= 1 && read.capacity >= 1, kInvalidArgument,
            "[clips] expected at least one thread and room for one clip, got ", read.threads, " and ",
            read.capacity);
  state_ = std::make_unique<State>(std::move(places), options, std::move(read));
}

ClipReader::ClipReader(const std::vector<std::string>& inputs, const ClipOptions& options, ReadOptions read)
    : ClipReader(find_clips(inputs), options, std::move(read)) {}

ClipReader::~ClipReader() = default;

std::optional<EvaluatedClip> ClipReader::next(const CancelToken* cancel) {
  return state_->next(cancel);
}

int64_t ClipReader::total() const {
  return static_cast<int64_t>(state_->places_.size());
}

int64_t ClipReader::passed() const {
  return state_->passed_;
}

int64_t ClipReader::frames() const {
  return state_->options_.frames;
}

const std::vector<DroppedClip>& ClipReader::dropped() const {
  return state_->dropped_;
}

Protocol ClipReader::protocol() const {
  return state_->protocol();
}

}  // namespace sfv::evaluation
