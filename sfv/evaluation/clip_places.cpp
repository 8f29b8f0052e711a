// Inputs on a command line to places of clips.
#include "sfv/evaluation/clip_places.h"

#include <glob.h>

#include <algorithm>

#include "sfv/checkpoint/weights.h"
#include "sfv/core/check.h"
#include "sfv/core/natural_order.h"

namespace sfv::evaluation {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> matches_of(const std::string& pattern) {
  glob_t found = {};
  const int result = glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
  std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  SFV_CHECK(result != GLOB_NOSPACE, kOutOfMemory, "[clips] ", pattern, ": too many matches for memory");
  SFV_CHECK(!paths.empty(), kNotFound, "[clips] ", pattern, ": nothing matches this pattern");
  std::sort(paths.begin(), paths.end(), natural_less);
  return paths;
}

bool holds_decoded_clips(const fs::path& path) {
  return path.extension() == ".safetensors";
}

void add_decoded(const fs::path& path, std::vector<ClipPlace>& places) {
  try {
    const torch::Tensor clips = open_decoded_clips(path);
    for (int64_t i = 0; i < clips.size(0); ++i)
      places.push_back({.item = {.path = path}, .index = i, .decoded = clips[i], .fault = {}});
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound || error.code() == ErrorCode::kOutOfMemory) throw;
    places.push_back({.item = {.path = path}, .index = -1, .decoded = {}, .fault = error.what()});
  }
}

void add_files(const fs::path& path, std::vector<ClipPlace>& places) {
#ifdef SFV_HAS_VIDEO
  for (data::ClipItem& item : data::list_clips(path)) {
    places.push_back({.item = std::move(item), .index = -1, .decoded = {}, .fault = {}});
  }
#else
  (void)places;
  throw Error(ErrorCode::kUnsupported,
              concat("[clips] ", path.string(),
                     ": reading videos needs FFmpeg, which this sfv was built without; give decoded clips in "
                     "a .safetensors file"));
#endif
}

}  // namespace

std::string ClipPlace::name() const {
  return index < 0 ? item.path.string() : concat(item.path.string(), ": clip ", index);
}

torch::Tensor open_decoded_clips(const fs::path& path) {
  const auto file = io::SafetensorsFile::open(path);
  const checkpoint::Weights tensors = checkpoint::read_weights({file});
  const auto video = tensors.find("video");
  const auto frames = tensors.find("frames");
  SFV_CHECK((video == tensors.end()) != (frames == tensors.end()), kInvalidFile, "[clips] ", path.string(),
            ": expected one tensor, \"video\" [N, 3, T, H, W] or \"frames\" [N, T, 3, H, W]");
  const bool is_video = video != tensors.end();
  const torch::Tensor clips = checkpoint::as_tensor((is_video ? video : frames)->second);
  SFV_CHECK(clips.dim() == 5 && clips.size(is_video ? 1 : 2) == 3 && clips.numel() > 0, kInvalidFile,
            "[clips] ", path.string(), ": expected ",
            is_video ? "\"video\" as [N, 3, T, H, W]" : "\"frames\" as [N, T, 3, H, W]", ", got ",
            clips.sizes());
  return is_video ? clips.transpose(1, 2) : clips;
}

std::vector<ClipPlace> find_clips(const std::vector<std::string>& inputs) {
  std::vector<ClipPlace> places;
  for (const std::string& input : inputs) {
    std::error_code error;
    const bool is_pattern = !fs::exists(input, error) && input.find_first_of("*?[") != std::string::npos;
    for (const std::string& path : is_pattern ? matches_of(input) : std::vector<std::string>{input}) {
      if (holds_decoded_clips(path)) {
        add_decoded(path, places);
      } else {
        add_files(path, places);
      }
    }
  }
  SFV_CHECK(!places.empty(), kNotFound, "[clips] expected clips, got none");
  return places;
}

}  // namespace sfv::evaluation
