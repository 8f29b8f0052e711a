// The table of procedural clips.
#include "sfv/data/procedural_kinds.h"

#include <array>
#include <cmath>

#include "sfv/core/check.h"
#include "sfv/data/shapes.h"
#include "sfv/data/snow.h"

namespace sfv::data {
namespace {

constexpr std::array<ProceduralKind, 3> kKinds = {
    {{"shapes", "Discs, squares and triangles that bounce; direction and speed cannot be seen in frame 0",
      false, [](const ProceduralClip& request) { return DrawnClip{draw_shapes_clip(request)}; }},
     {"shapes-told", "The same with a direction told by the colour and a speed told by the kind of shape",
      false, [](const ProceduralClip& request) { return DrawnClip{draw_told_shapes_clip(request)}; }},
     {"snow", "Snow that falls over a still photo", true, draw_snow_clip}}};

constexpr int64_t kMinSide = 16;
constexpr int64_t kMaxSide = 4096;
constexpr int64_t kMaxFrames = 4096;
constexpr int64_t kMaxPixels = int64_t{1} << 30;  // as a clip that is read from a file

}  // namespace

std::span<const ProceduralKind> procedural_kinds() {
  return kKinds;
}

const ProceduralKind& procedural_kind(std::string_view name) {
  std::string names;
  for (const ProceduralKind& kind : kKinds) {
    if (kind.name == name) return kind;
    names += names.empty() ? "" : ", ";
    names += kind.name;
  }
  throw Error(ErrorCode::kInvalidArgument,
              concat("[data] expected a kind of procedural clip (", names, "), got \"", name, "\""));
}

void check_procedural_clip(const ProceduralClip& request) {
  const auto is_side = [](int64_t side) { return side >= kMinSide && side <= kMaxSide; };
  SFV_CHECK(is_side(request.width) && is_side(request.height), kInvalidArgument,
            "[data] expected procedural clips of ", kMinSide, " to ", kMaxSide, " pixels a side, got ",
            request.width, "x", request.height);
  SFV_CHECK(request.scene_side == 0 || is_side(request.scene_side), kInvalidArgument,
            "[data] expected a scene of ", kMinSide, " to ", kMaxSide,
            " pixels (scene_side; 0: the clip's own), got ", request.scene_side);
  SFV_CHECK(request.frames >= 1 && request.frames <= kMaxFrames &&
                request.frames <= kMaxPixels / (request.width * request.height),
            kInvalidArgument, "[data] expected 1 to ", kMaxFrames, " frames and at most ", kMaxPixels,
            " pixels in all, got ", request.frames, " frames of ", request.width, "x", request.height);
  SFV_CHECK(request.fps > 0 && std::isfinite(request.fps), kInvalidArgument,
            "[data] expected more than 0 frames per second, got ", request.fps);
  SFV_CHECK(request.number >= 0, kInvalidArgument, "[data] expected a clip number of 0 or more, got ",
            request.number);
}

}  // namespace sfv::data
