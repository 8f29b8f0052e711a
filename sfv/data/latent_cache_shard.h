#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sfv/data/clip_source.h"
#include "sfv/io/safetensors.h"

namespace sfv::data {

/// A clip of a shard: encoded, or skipped for a reason.
struct CachedClip {
  std::string name;        // of the item it was cut from
  std::string reason;      // why it was skipped; empty: it was not
  TrainingClip clip = {};  // encoded, with its first frame; empty where skipped
};

/// Writes the clips first, first + 1, … as one safetensors file: tensors "N.latents" F32 [F, C, h, w],
/// "N.image_embeds" F32 [X], "N.first_frame" U8 [H, W, 3], "N.motion" I64 [1], "N.fps" F64 [1]; metadata
/// "N.name" and, for a skipped clip, "N.skipped". Atomic. Errors: those of io::SafetensorsWriter.
void write_shard(const std::filesystem::path& path, int64_t first, const std::vector<CachedClip>& clips);

/// A shard, checked whole before anything is handed out: each clip is there with all its tensors in the types
/// and shapes above, or skipped. Thread-safe.
class LatentCacheShard {
 public:
  /// Errors: those of io::SafetensorsFile; kInvalidFile naming what is wrong.
  LatentCacheShard(const std::filesystem::path& path, int64_t first, int64_t count);

  /// clip: first … first + count - 1. Returns what the item is called.
  [[nodiscard]] const std::string& name(int64_t clip) const;
  /// Why the clip was skipped; nothing if it is there.
  [[nodiscard]] std::optional<std::string> skipped(int64_t clip) const;
  [[nodiscard]] int64_t skipped_count() const { return skipped_; }
  /// Errors: kInvalidFile for a skipped clip, with its name and reason.
  [[nodiscard]] TrainingClip load(int64_t clip) const;

 private:
  void check_clip(int64_t clip) const;

  std::shared_ptr<const io::SafetensorsFile> file_;
  int64_t skipped_ = 0;
};

}  // namespace sfv::data
