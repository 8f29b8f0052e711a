#include "apps/sfv/chained_clip.h"

#include <iterator>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/core/clip_motion.h"

namespace sfv::cli {

GenerateResult make_chain(Engine& engine, const RgbImage& photo, const GenerateOptions& options,
                          int64_t parts, const ResearchFiles& files, ProgressDisplay& display,
                          const std::string& label, ProgressSpan span, const CancelToken& cancel) {
  SFV_CHECK(parts == 1 || (files.noise.empty() && files.dump.empty()), kInvalidArgument,
            "[chain] --noise and --dump are about one clip; leave --chain out");
  const double share = (span.end - span.begin) / static_cast<double>(parts);
  GenerateResult joined;
  for (int64_t part = 0; part < parts; ++part) {
    const double begin = span.begin + share * static_cast<double>(part);
    display.begin_part(parts == 1 ? label : concat(label, " part ", part + 1, "/", parts), begin,
                       begin + share);
    GenerateOptions of_part = options;
    of_part.seed = options.seed + static_cast<uint64_t>(part);
    const RgbImage start = part == 0 ? photo : joined.clip.frames.back();
    GenerateResult result = engine.generate(start, of_part, files, &display, &cancel);
    if (part == 0) {
      joined = std::move(result);
      SFV_CHECK(parts == 1 || joined.clip.frames.size() > 1, kInvalidArgument,
                "[chain] a clip of one frame has no last frame to go on from; give --frames 2 or more");
      continue;
    }
    // The first frame shows the frame it started from once more.
    std::vector<RgbImage>& frames = result.clip.frames;
    joined.clip.frames.insert(joined.clip.frames.end(), std::make_move_iterator(frames.begin() + 1),
                              std::make_move_iterator(frames.end()));
  }
  if (parts > 1) joined.motion = mean_frame_difference(joined.clip);
  return joined;
}

}  // namespace sfv::cli
