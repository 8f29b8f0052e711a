#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sfv/core/cancel.h"
#include "sfv/data/clip_index.h"
#include "sfv/data/clip_list.h"

namespace sfv::data {

/// What is known of one item after a check.
struct CheckedItem {
  std::string name;     // its path
  std::string reason;   // why it cannot be used; empty: it can
  bool is_cut = false;  // usable, but the file says it holds more than is there
  int64_t width = 0;    // pixels, as shown
  int64_t height = 0;
  double fps = 0;       // on average
  double duration = 0;  // seconds, of the item's part
  int64_t starts = 0;   // frames at which a clip may start
  int64_t motion = 0;   // bucket: the item's own, else the mean of the clips that were looked at
};

/// What a set of items is good for.
struct DataReport {
  ClipTiming timing;
  std::vector<CheckedItem> items;  // in the order given
  [[nodiscard]] int64_t usable() const;
};

/// Looks at each item: times of all frames, then the clips at its beginning, middle and end are decoded and
/// their motion is measured. A broken item is a line in the report, not an error. on_item: called after each,
/// with the number done. Errors: kCancelled; kInvalidArgument for an impossible timing.
[[nodiscard]] DataReport check_data(const std::vector<ClipItem>& items, const ClipTiming& timing,
                                    const CancelToken* cancel = nullptr,
                                    const std::function<void(int64_t)>& on_item = {});

/// For people: totals, sizes, rates, durations, motion histogram, then each broken item with its reason.
[[nodiscard]] std::string to_text(const DataReport& report);
/// The same as one JSON object, with every item.
[[nodiscard]] std::string to_json(const DataReport& report);

}  // namespace sfv::data
