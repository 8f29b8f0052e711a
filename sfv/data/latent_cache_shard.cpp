#include "sfv/data/latent_cache_shard.h"

#include <cstring>
#include <map>
#include <span>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/io/utf8.h"

namespace sfv::data {
namespace {

// Names of a clip's tensors and metadata.
std::string key(int64_t clip, const char* what) {
  return concat(clip, ".", what);
}

template <typename T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span<const T>(values));
}

template <typename T>
std::vector<T> read(const io::SafetensorsFile& file, const std::string& name) {
  const std::span<const std::byte> bytes = file.data(name);
  std::vector<T> values(bytes.size() / sizeof(T));
  // Copied as bytes: the file promises no alignment.
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

void add_entries(std::vector<io::SafetensorsWriter::Entry>& entries, int64_t clip, const TrainingClip& c) {
  const EncodedClip& e = *c.encoded;
  const RgbImage& frame = c.clip.frames.front();
  entries.push_back({key(clip, "latents"), io::DType::kF32, {e.frames, e.channels, e.height, e.width}});
  entries.push_back({key(clip, "image_embeds"), io::DType::kF32, {std::ssize(e.image_embeds)}});
  entries.push_back({key(clip, "first_frame"), io::DType::kU8, {frame.height, frame.width, 3}});
  entries.push_back({key(clip, "motion"), io::DType::kI64, {1}});
  entries.push_back({key(clip, "fps"), io::DType::kF64, {1}});
}

}  // namespace

void write_shard(const std::filesystem::path& path, int64_t first, const std::vector<CachedClip>& clips) {
  std::vector<io::SafetensorsWriter::Entry> entries;
  std::map<std::string, std::string> metadata;
  std::map<std::string, std::span<const std::byte>> values;
  for (size_t i = 0; i < clips.size(); ++i) {
    const CachedClip& c = clips[i];
    const int64_t clip = first + static_cast<int64_t>(i);
    metadata.emplace(key(clip, "name"), c.name);
    if (!c.clip.encoded) {
      metadata.emplace(key(clip, "skipped"), c.reason);
      continue;
    }
    add_entries(entries, clip, c.clip);
    values.emplace(key(clip, "latents"), bytes_of(c.clip.encoded->latents));
    values.emplace(key(clip, "image_embeds"), bytes_of(c.clip.encoded->image_embeds));
    values.emplace(key(clip, "first_frame"), bytes_of(c.clip.clip.frames.front().rgb));
    values.emplace(key(clip, "motion"), std::as_bytes(std::span(&c.clip.motion, 1)));
    values.emplace(key(clip, "fps"), std::as_bytes(std::span(&c.clip.clip.fps, 1)));
  }
  io::SafetensorsWriter writer(path, std::move(entries), metadata);
  for (const auto& entry : writer.entries()) writer.write(values.at(entry.name));
  writer.finish();
}

LatentCacheShard::LatentCacheShard(const std::filesystem::path& path, int64_t first, int64_t count)
    : file_(io::SafetensorsFile::open(path)) {
  for (int64_t clip = first; clip < first + count; ++clip) {
    SFV_CHECK(file_->metadata().contains(key(clip, "name")), kInvalidFile, "[latent cache] ", path.string(),
              ": expected clips ", first, " to ", first + count - 1, ", found no clip ", clip);
    if (skipped(clip)) {
      ++skipped_;
    } else {
      check_clip(clip);
    }
  }
}

void LatentCacheShard::check_clip(int64_t clip) const {
  const auto info = [&](const char* what, io::DType dtype, size_t dims) -> const std::vector<int64_t>& {
    const auto found = file_->tensors().find(key(clip, what));
    const bool fits = found != file_->tensors().end() && found->second.dtype == dtype &&
                      found->second.shape.size() == dims && found->second.begin < found->second.end;
    SFV_CHECK(fits, kInvalidFile, "[latent cache] ", file_->path().string(), ": expected ", key(clip, what),
              " as ", io::to_string(dtype), " of ", dims, " dimensions, found ",
              found == file_->tensors().end() ? "none" : "another type or shape");
    return found->second.shape;
  };
  (void)info("latents", io::DType::kF32, 4);
  (void)info("image_embeds", io::DType::kF32, 1);
  const bool is_picture = info("first_frame", io::DType::kU8, 3)[2] == 3;
  const bool is_number =
      info("motion", io::DType::kI64, 1)[0] == 1 && info("fps", io::DType::kF64, 1)[0] == 1;
  SFV_CHECK(is_picture && is_number, kInvalidFile, "[latent cache] ", file_->path().string(), ": clip ", clip,
            " expected a picture [H, W, 3], a motion bucket and a rate");
  const int64_t motion = read<int64_t>(*file_, key(clip, "motion"))[0];
  SFV_CHECK(motion >= 0 && motion <= 255, kInvalidFile, "[latent cache] ", file_->path().string(), ": ",
            key(clip, "motion"), " expected 0 to 255, found ", motion);
}

const std::string& LatentCacheShard::name(int64_t clip) const {
  return file_->metadata().at(key(clip, "name"));
}

std::optional<std::string> LatentCacheShard::skipped(int64_t clip) const {
  const auto found = file_->metadata().find(key(clip, "skipped"));
  if (found == file_->metadata().end()) return std::nullopt;
  return found->second;
}

TrainingClip LatentCacheShard::load(int64_t clip) const {
  const auto reason = skipped(clip);
  SFV_CHECK(!reason, kInvalidFile, "[latent cache] ", file_->path().string(), ": ", io::printable(name(clip)),
            " was skipped when the cache was made: ", io::printable(*reason));
  const std::vector<int64_t>& size = file_->tensors().find(key(clip, "latents"))->second.shape;
  const std::vector<int64_t>& picture = file_->tensors().find(key(clip, "first_frame"))->second.shape;
  auto encoded = std::make_shared<EncodedClip>();
  *encoded = {.frames = size[0],
              .channels = size[1],
              .height = size[2],
              .width = size[3],
              .latents = read<float>(*file_, key(clip, "latents")),
              .image_embeds = read<float>(*file_, key(clip, "image_embeds"))};
  TrainingClip result;
  result.clip.frames = {
      {.width = picture[1], .height = picture[0], .rgb = read<uint8_t>(*file_, key(clip, "first_frame"))}};
  result.clip.fps = read<double>(*file_, key(clip, "fps"))[0];
  result.motion = read<int64_t>(*file_, key(clip, "motion"))[0];
  result.encoded = std::move(encoded);
  return result;
}

}  // namespace sfv::data
