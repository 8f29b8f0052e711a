#include "sfv/data/video_source.h"

#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/data/counter_random.h"
#include "sfv/data/motion.h"
#include "sfv/data/video_item.h"

namespace sfv::data {
namespace {

constexpr uint64_t kStartStream = 0x7374617274;  // "start"
constexpr size_t kMaxCachedBytes = size_t{64} << 20;

}  // namespace

/// What scan_item found, by item. Thread-safe; two threads may scan one item at the same time, with the same
/// result.
class VideoSource::TimesCache {
 public:
  [[nodiscard]] std::shared_ptr<const io::VideoTimes> find(int64_t item) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(item);
    if (found == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->times;
  }

  void add(int64_t item, std::shared_ptr<const io::VideoTimes> times) {
    const size_t bytes = (times->starts.size() + times->stamps.size()) * 8;
    const std::lock_guard lock(mutex_);
    if (bytes > kMaxCachedBytes || places_.count(item) > 0) return;
    entries_.push_front({item, bytes, std::move(times)});
    places_[item] = entries_.begin();
    bytes_ += bytes;
    while (bytes_ > kMaxCachedBytes) {
      bytes_ -= entries_.back().bytes;
      places_.erase(entries_.back().item);
      entries_.pop_back();
    }
  }

 private:
  struct Entry {
    int64_t item;
    size_t bytes;
    std::shared_ptr<const io::VideoTimes> times;
  };
  std::mutex mutex_;
  std::list<Entry> entries_;  // last used first
  std::unordered_map<int64_t, std::list<Entry>::iterator> places_;
  size_t bytes_ = 0;
};

VideoSource::VideoSource(std::vector<ClipItem> items, const VideoSourceOptions& options)
    : items_(std::move(items)), options_(options), times_(std::make_unique<TimesCache>()) {
  SFV_CHECK(!items_.empty(), kInvalidArgument, "[data] expected at least one video, got none");
  const ClipTransform& transform = options_.transform;
  SFV_CHECK(transform.width >= 1 && transform.height >= 1, kInvalidArgument,
            "[data] expected clips of 1x1 pixels or more, got ", transform.width, "x", transform.height);
  check_timing(options_.timing);
}

VideoSource::~VideoSource() = default;

int64_t VideoSource::size() const {
  return static_cast<int64_t>(items_.size());
}

std::string VideoSource::name(int64_t item) const {
  return items_.at(static_cast<size_t>(item)).path.string();
}

TrainingClip VideoSource::load(int64_t item, uint64_t draw_seed) const {
  SFV_CHECK(item >= 0 && item < size(), kInvalidArgument, "[data] expected an item from 0 to ", size() - 1,
            ", got ", item);
  const ClipItem& entry = items_[static_cast<size_t>(item)];
  std::shared_ptr<const io::VideoTimes> times = times_->find(item);
  if (!times) {
    times = std::make_shared<const io::VideoTimes>(scan_item(entry, options_.timing.fps));
    times_->add(item, times);
  }
  const StartRange range = item_starts(entry, *times, options_.timing);
  const int64_t drawn = options_.random_start ? CounterRandom(draw_seed, kStartStream).below(range.count) : 0;
  const Clip raw = read_item_clip(entry, *times, range.from + drawn, options_.timing);
  TrainingClip result{.clip = transform_clip(raw, options_.transform, draw_seed), .motion = 0};
  result.motion = entry.motion ? *entry.motion : measure_motion(result.clip).bucket;
  return result;
}

}  // namespace sfv::data
