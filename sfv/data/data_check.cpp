// Looks at every item of a clip list the way the trainer will.
#include "sfv/data/data_check.h"

#include <algorithm>
#include <array>

#include "sfv/core/check.h"
#include "sfv/data/motion.h"
#include "sfv/data/video_item.h"

namespace sfv::data {
namespace {

void look_at(const ClipItem& item, const ClipTiming& timing, CheckedItem& checked) {
  const io::VideoTimes times = scan_item(item, timing.fps);
  checked.is_cut = times.is_cut;
  checked.fps = static_cast<double>(times.starts.size()) / times.end;
  checked.duration =
      std::max(std::min(item.end.value_or(times.end), times.end) - item.start.value_or(0), 0.0);
  const StartRange range = item_starts(item, times, timing);
  std::array<int64_t, 3> firsts = {range.from, range.from + range.count / 2, range.from + range.count - 1};
  const auto distinct = std::unique(firsts.begin(), firsts.end());
  double motion = 0;
  for (auto first = firsts.begin(); first != distinct; ++first) {
    const Clip clip = read_item_clip(item, times, *first, timing);
    checked.width = clip.frames.front().width;
    checked.height = clip.frames.front().height;
    motion += measure_motion(clip).per_second;
  }
  checked.motion =
      item.motion.value_or(motion_bucket(motion / static_cast<double>(distinct - firsts.begin())));
  checked.starts = range.count;
}

/// Whether the error is about the item, and not about the run.
bool is_item_fault(const Error& error) {
  return error.code() != ErrorCode::kCancelled && error.code() != ErrorCode::kOutOfMemory &&
         error.code() != ErrorCode::kInternal;
}

}  // namespace

int64_t DataReport::usable() const {
  return std::count_if(items.begin(), items.end(),
                       [](const CheckedItem& item) { return item.reason.empty(); });
}

DataReport check_data(const std::vector<ClipItem>& items, const ClipTiming& timing, const CancelToken* cancel,
                      const std::function<void(int64_t)>& on_item) {
  check_timing(timing);
  DataReport report{.timing = timing, .items = {}};
  for (const ClipItem& item : items) {
    if (cancel != nullptr) cancel->throw_if_cancelled();
    CheckedItem checked;
    checked.name = item.path.string();
    try {
      look_at(item, timing, checked);
    } catch (const Error& error) {
      if (!is_item_fault(error)) throw;
      checked.reason = error.what();
    }
    report.items.push_back(std::move(checked));
    if (on_item) on_item(static_cast<int64_t>(report.items.size()));
  }
  return report;
}

}  // namespace sfv::data
