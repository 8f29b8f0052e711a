#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "sfv/core/cancel.h"
#include "sfv/core/progress.h"
#include "sfv/data/clip_source.h"
#include "sfv/data/latent_cache_index.h"
#include "sfv/data/prefetch_loader.h"

namespace sfv::data {

/// Encodes a whole clip with the frozen networks. Called from one thread.
using ClipEncoder = std::function<EncodedClip(const TrainingClip& clip)>;

struct LatentCacheOptions {
  std::filesystem::path folder;  // made if it is not there
  LatentCacheKey key;
  int64_t clips = 0;    // 0: each item once; more than there are items: cut again, differently each time
  int64_t readers = 2;  // clips read ahead, each by a thread, >= 1
  ProgressSink* sink = nullptr;
  const CancelToken* cancel = nullptr;
  std::function<void(const SkippedItem&)> on_skip = {};  // for every item that cannot be read
};

struct LatentCacheResult {
  int64_t clips = 0;    // in the cache now, without the skipped ones
  int64_t skipped = 0;  // among them those of earlier calls
  int64_t kept = 0;     // clips that were there already
};

/// Encodes the clips of a source into a cache folder, shard by shard: a shard that is there is kept, so that
/// a call that was killed loses at most one; a cache may also be given more clips than it was first made for.
/// Errors: kAlreadyExists for a folder that holds a cache of other networks or data, naming what differs, or
/// something else; kInvalidArgument for an endless source without `clips`; kCancelled; those of encode and
/// files.
LatentCacheResult make_latent_cache(const ClipSource& source, const ClipEncoder& encode,
                                    const LatentCacheOptions& options);

/// What the cut of an item is drawn with, the round-th time (from 0).
[[nodiscard]] uint64_t cache_draw_seed(int64_t item, int64_t round);

}  // namespace sfv::data
