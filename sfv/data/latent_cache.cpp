#include "sfv/data/latent_cache.h"

#include <algorithm>

#include "sfv/core/check.h"
#include "sfv/data/counter_random.h"
#include "sfv/data/sample_order.h"

namespace sfv::data {
namespace {

constexpr uint64_t kDrawStream = 0x6361636865;  // "cache"
constexpr uint64_t kOrderSeed = 0x616761696E;   // "again"

}  // namespace

LatentCache::LatentCache(const std::filesystem::path& folder) : index_(load_index(folder)) {
  SFV_CHECK(index_.is_complete(), kInvalidFile, "[latent cache] ", folder.string(), ": expected ",
            index_.shard_count(), " shards, found ", index_.shard_clips.size(),
            "; it is not finished: run the same sfv data cache again, it goes on where it ended");
  int64_t skipped = 0;
  shards_.reserve(index_.shard_clips.size());
  for (int64_t shard = 0; shard < index_.shard_count(); ++shard) {
    shards_.emplace_back(shard_path(folder, shard), shard * LatentCacheIndex::kShardClips,
                         index_.clips_of(shard));
    skipped += shards_.back().skipped_count();
  }
  SFV_CHECK(skipped < index_.clips, kInvalidFile, "[latent cache] ", folder.string(), ": all ", index_.clips,
            " clips were skipped when it was made");
}

int64_t LatentCache::size() const {
  return index_.items == 0 ? kUnlimited : std::min(index_.items, index_.clips);
}

int64_t LatentCache::clip_of(int64_t item, uint64_t draw_seed) const {
  SFV_CHECK(item >= 0 && item < size(), kInvalidArgument, "[latent cache] expected an item from 0 to ",
            size() - 1, ", got ", item);
  if (index_.items == 0) {
    return item < index_.clips ? item : SampleOrder(index_.clips, kOrderSeed).at(item).item;
  }
  const int64_t cuts = (index_.clips - item - 1) / index_.items + 1;
  return item + CounterRandom(draw_seed, kDrawStream).below(cuts) * index_.items;
}

const LatentCacheShard& LatentCache::shard_of(int64_t clip) const {
  return shards_[static_cast<size_t>(clip / LatentCacheIndex::kShardClips)];
}

std::string LatentCache::name(int64_t item) const {
  // All cuts of an item have its name.
  const int64_t clip = index_.items == 0 ? clip_of(item, 0) : item;
  return shard_of(clip).name(clip);
}

TrainingClip LatentCache::load(int64_t item, uint64_t draw_seed) const {
  const int64_t clip = clip_of(item, draw_seed);
  return shard_of(clip).load(clip);
}

}  // namespace sfv::data
