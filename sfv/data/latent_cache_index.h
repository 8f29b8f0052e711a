#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace sfv::data {

/// What a latent cache was made from.
struct LatentCacheKey {
  std::map<std::string, std::string> networks;  // name -> SHA-256 of what encodes
  std::map<std::string, std::string> data;      // setting -> value: source, path, frames, fps, …

  [[nodiscard]] bool operator==(const LatentCacheKey&) const = default;
};

/// index.json of a cache folder: what is cached and how far it has come. Clip k is item k modulo `items`, cut
/// for the (k / items)th time; of an endless source clip k is item k.
struct LatentCacheIndex {
  static constexpr int64_t kShardClips = 32;  // clips a shard holds; the last one may hold fewer
  static constexpr int64_t kMostClips = int64_t{1} << 40;

  LatentCacheKey key;
  int64_t items = 0;                 // of the source; 0: endless
  int64_t clips = 0;                 // wanted in all, 1 to kMostClips
  std::vector<int64_t> shard_clips;  // clips of each finished shard, skipped ones included

  [[nodiscard]] int64_t shard_count() const { return (clips + kShardClips - 1) / kShardClips; }
  /// Clips that shard `shard` is to hold.
  [[nodiscard]] int64_t clips_of(int64_t shard) const;
  [[nodiscard]] bool is_complete() const;
};

[[nodiscard]] std::filesystem::path index_path(const std::filesystem::path& folder);
/// shard-00000.safetensors and so on.
[[nodiscard]] std::filesystem::path shard_path(const std::filesystem::path& folder, int64_t shard);

/// Atomic. Errors: those of io::AtomicFile.
void save_index(const std::filesystem::path& folder, const LatentCacheIndex& index);
/// Errors: kNotFound, kPermission, kIo; kInvalidFile naming what is wrong.
[[nodiscard]] LatentCacheIndex load_index(const std::filesystem::path& folder);

/// How `found` differs from `expected`: "frames: expected 14, found 25; …". Empty: not at all.
[[nodiscard]] std::string describe_difference(const std::map<std::string, std::string>& expected,
                                              const std::map<std::string, std::string>& found);

}  // namespace sfv::data
