#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sfv/data/clip_source.h"
#include "sfv/data/latent_cache_index.h"
#include "sfv/data/latent_cache_shard.h"

namespace sfv::data {

/// A finished latent cache as a source of clips: the same items in the same order as the source it was made
/// from. Where an item was cut more than once, the draw seed picks one of its clips. Of an endless source the
/// first clips are there; then all come again, in another order each time. A clip that was skipped is an
/// error of its item, as in the source itself.
class LatentCache : public ClipSource {
 public:
  /// Errors: kNotFound without a cache; kInvalidFile for one that is broken or not finished, or in which all
  /// clips were skipped.
  explicit LatentCache(const std::filesystem::path& folder);

  [[nodiscard]] const LatentCacheKey& key() const { return index_.key; }
  [[nodiscard]] int64_t size() const override;
  [[nodiscard]] std::string name(int64_t item) const override;
  [[nodiscard]] TrainingClip load(int64_t item, uint64_t draw_seed) const override;

 private:
  [[nodiscard]] int64_t clip_of(int64_t item, uint64_t draw_seed) const;
  [[nodiscard]] const LatentCacheShard& shard_of(int64_t clip) const;

  LatentCacheIndex index_;
  std::vector<LatentCacheShard> shards_;
};

}  // namespace sfv::data
