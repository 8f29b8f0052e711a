#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sfv/data/clip_index.h"
#include "sfv/data/clip_list.h"
#include "sfv/data/clip_source.h"
#include "sfv/data/clip_transform.h"

namespace sfv::data {

struct VideoSourceOptions {
  ClipTiming timing;
  ClipTransform transform;
  // Draw the start uniformly from all frames where a clip fits; else clips start at the item's beginning.
  bool random_start = true;
};

/// Clips cut from videos, animations and picture folders. One clip of an item an epoch. When each frame is
/// shown is read once for an item and remembered (8 bytes a frame, at most 64 MiB in all; what was used
/// longest ago goes first).
class VideoSource : public ClipSource {
 public:
  /// Errors: kInvalidArgument for no items or impossible options.
  VideoSource(std::vector<ClipItem> items, const VideoSourceOptions& options);
  ~VideoSource() override;

  [[nodiscard]] int64_t size() const override;
  [[nodiscard]] std::string name(int64_t item) const override;
  [[nodiscard]] TrainingClip load(int64_t item, uint64_t draw_seed) const override;

 private:
  class TimesCache;
  std::vector<ClipItem> items_;
  VideoSourceOptions options_;
  std::unique_ptr<TimesCache> times_;
};

}  // namespace sfv::data
