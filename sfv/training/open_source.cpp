#include "sfv/training/open_source.h"

#include "sfv/core/check.h"
#include "sfv/data/latent_cache.h"
#include "sfv/data/procedural_source.h"
#include "sfv/training/cache_key.h"
#ifdef SFV_HAS_VIDEO
#include "sfv/data/clip_list.h"
#include "sfv/data/photo_backgrounds.h"
#include "sfv/data/video_source.h"
#endif

namespace sfv::training {
namespace {

constexpr uint64_t kHeldOut = 0x6865'6C64'6F75'7421U;  // added to the seed of clips that are not trained on

std::unique_ptr<data::Backgrounds> open_backgrounds(const DataOptions& o) {
  if (o.source != DataSource::kSnow) return nullptr;
#ifdef SFV_HAS_VIDEO
  return std::make_unique<data::PhotoBackgrounds>(data::list_photos(o.path));
#else
  throw Error(ErrorCode::kUnsupported,
              "[data] snow needs photos, and this sfv was built without FFmpeg and image libraries");
#endif
}

std::unique_ptr<data::ClipSource> open_procedural(const DataOptions& o, bool is_held_out) {
  data::ProceduralOptions options;
  options.kind = o.source == DataSource::kSnow ? "snow" : "shapes";
  options.width = o.width;
  options.height = o.height;
  options.scene_side = o.scene_side;
  options.frames = o.frames;
  options.fps = o.fps;
  options.seed = is_held_out ? o.seed + kHeldOut : o.seed;
  return std::make_unique<data::ProceduralSource>(options, open_backgrounds(o));
}

std::unique_ptr<data::ClipSource> open_files([[maybe_unused]] const DataOptions& o,
                                             [[maybe_unused]] bool is_held_out) {
#ifdef SFV_HAS_VIDEO
  data::VideoSourceOptions options;
  options.timing = {.frames = o.frames, .fps = o.fps};
  options.transform = {.width = o.width,
                       .height = o.height,
                       .crop = is_held_out ? data::CropPlace::kCenter : data::CropPlace::kRandom,
                       .flips = o.flip && !is_held_out};
  options.random_start = !is_held_out;
  return std::make_unique<data::VideoSource>(data::list_clips(o.path), options);
#else
  throw Error(ErrorCode::kUnsupported,
              "[data] reading videos needs FFmpeg, which this sfv was built without");
#endif
}

std::unique_ptr<data::ClipSource> open_cache(const DataOptions& o, const checkpoint::Model* model) {
  auto cache = std::make_unique<data::LatentCache>(o.path);
  if (model != nullptr) check_cache_key(cache->key(), o.path, o, *model);
  return cache;
}

}  // namespace

std::unique_ptr<data::ClipSource> open_source(const DataOptions& options, bool is_held_out,
                                              const checkpoint::Model* model) {
  switch (options.source) {
    case DataSource::kShapes:
    case DataSource::kSnow:
      return open_procedural(options, is_held_out);
    case DataSource::kVideos:
    case DataSource::kFrames:
    case DataSource::kManifest:
      return open_files(options, is_held_out);
    case DataSource::kCache:
      return open_cache(options, model);
  }
  throw Error(ErrorCode::kInternal, "[data] unknown source");
}

}  // namespace sfv::training
