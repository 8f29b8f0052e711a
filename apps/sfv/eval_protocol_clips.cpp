// What a protocol generates, clip by clip.
#include "apps/sfv/eval_protocol_clips.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>
#include <utility>

#include "apps/sfv/eval_shares.h"
#include "apps/sfv/progress_display.h"
#include "apps/sfv/rank_job.h"
#include "sfv/core/check.h"
#include "sfv/evaluation/clip_fault.h"
#include "sfv/io/atomic_file.h"
#include "sfv/io/resize.h"
#include "sfv/io/video_writer.h"
#include "sfv/tensor/frame_levels.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The pipeline's stages "denoise 1/25" are the UNet's, each ended by a look at its result, so that a GPU has
// finished too.
class UnetTimer : public ProgressSink {
 public:
  explicit UnetTimer(ProgressSink& shown) : shown_(shown) {}

  void update(const ProgressUpdate& update) override {
    const bool is_unet = update.stage.starts_with("denoise ");
    if (is_unet && update.stage != stage_) begin_ = Clock::now();
    if (is_unet && update.stage_finished) seconds_ += seconds_since(begin_);
    stage_ = update.stage;
    shown_.update(update);
  }
  [[nodiscard]] double seconds() const { return seconds_; }

 private:
  ProgressSink& shown_;
  std::string stage_;
  Clock::time_point begin_;
  double seconds_ = 0;
};

std::string clip_name(int64_t place, const char* ending) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "clip-%06lld%s", static_cast<long long>(place), ending);
  return text.data();
}

Clip score_part(const Clip& made, const evaluation::ClipOptions& scored) {
  SFV_CHECK(static_cast<int64_t>(made.frames.size()) >= scored.frames, kInternal, "[protocol] expected ",
            scored.frames, " frames to score, got ", made.frames.size());
  Clip result{{}, scored.fps};
  for (int64_t t = 0; t < scored.frames; ++t) {
    result.frames.push_back(
        io::resize_lanczos(made.frames[static_cast<size_t>(t)], scored.width, scored.height));
  }
  return result;
}

// The first frame, as stored, of a real clip that can be scored. Errors: those of evaluation::decode_clip.
RgbImage load_condition(const evaluation::ClipPlace& place, const evaluation::ClipOptions& scored) {
  const evaluation::ClipOptions as_stored{.frames = scored.frames, .fps = scored.fps};
  const evaluation::EvaluatedClip clip = evaluation::decode_clip(place, as_stored);
  return to_clip(clip.pixels.narrow(0, 0, 1), clip.fps).frames.front();
}

void write_seconds(const fs::path& path, const Json& json) {
  io::AtomicFile file(path);
  file.write(json.dump() + "\n");
  file.commit();
}

// Clip `place` of the list, unless it is there; or why the real clip cannot be used.
std::optional<evaluation::DroppedClip> make_clip(const ProtocolClips& request, int64_t place, Engine& engine,
                                                 const fs::path& folder, ProgressSink& progress,
                                                 const CancelToken& cancel) {
  cancel.throw_if_cancelled();
  const fs::path path = folder / clip_name(place, ".mkv");
  if (fs::exists(path)) return std::nullopt;
  const evaluation::ClipPlace& real = (*request.places)[static_cast<size_t>(place)];
  RgbImage condition;
  try {
    condition = load_condition(real, request.scored);
  } catch (const Error& error) {
    if (!evaluation::is_clip_fault(error)) throw;
    return evaluation::DroppedClip{real.name(), error.what()};
  }
  GenerateOptions options = request.generate;
  options.seed += static_cast<uint64_t>(place);
  UnetTimer timer(progress);
  const auto before = Clock::now();
  const GenerateResult made = engine.generate(condition, options, {}, &timer, &cancel);
  const double seconds = seconds_since(before);
  write_seconds(folder / clip_name(place, ".json"), {{"real", real.name()},
                                                     {"seed", options.seed},
                                                     {"unet_seconds", timer.seconds()},
                                                     {"request_seconds", seconds}});
  // Last: where it is, the clip is done.
  io::write_video(score_part(made.clip, request.scored), path, {.overwrite = true}, &cancel);
  return std::nullopt;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace

std::vector<evaluation::DroppedClip> make_protocol_clips(const ProtocolClips& request, Engine& engine,
                                                         const fs::path& folder, ProgressDisplay& display,
                                                         const EvalJob& job) {
  std::vector<evaluation::DroppedClip> dropped;
  const auto total = static_cast<int64_t>(request.places->size());
  const int64_t wanted = request.clips > 0 ? std::min(request.clips, total) : total;
  int64_t usable = 0;
  // As many as are missing; where some of them had to be dropped, once more.
  for (int64_t begin = 0, end = 0; begin < total && usable < wanted; begin = end) {
    end = std::min(total, begin + wanted - usable);
    const auto [first, last] = block_of(end - begin, 1, job.ranks.place());
    std::vector<evaluation::DroppedClip> own;
    for (int64_t i = begin + first; i < begin + last; ++i) {
      const auto at = [&](int64_t done) {
        return static_cast<double>(usable + (done - begin - first) * job.ranks.size()) /
               static_cast<double>(wanted);
      };
      display.begin_part(concat("clip ", i + 1, "/", total), std::min(at(i), 1.0), std::min(at(i + 1), 1.0));
      if (auto fault = make_clip(request, i, engine, folder, display, job.cancel))
        own.push_back(*std::move(fault));
    }
    const std::vector<evaluation::DroppedClip> all = gather_dropped(job.ranks, own);
    dropped.insert(dropped.end(), all.begin(), all.end());
    usable += end - begin - static_cast<int64_t>(all.size());
  }
  return dropped;
}

std::vector<std::string> list_protocol_clips(const fs::path& folder) {
  std::vector<std::string> clips;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".mkv" && entry.path().stem().string().starts_with("clip-"))
      clips.push_back(entry.path().string());
  }
  std::sort(clips.begin(), clips.end());
  return clips;
}

ProtocolTimes read_protocol_times(const fs::path& folder) {
  std::vector<double> unet, request;
  for (const std::string& clip : list_protocol_clips(folder)) {
    const fs::path path = fs::path(clip).replace_extension(".json");
    std::ifstream in(path);
    const Json json = Json::parse(in, nullptr, false);
    SFV_CHECK(
        json.is_object() && json.contains("unet_seconds") && json["unet_seconds"].is_number() &&
            json.contains("request_seconds") && json["request_seconds"].is_number(),
        kInvalidFile, "[protocol] ", path.string(),
        ": expected unet_seconds and request_seconds; remove it with the clip of its name, and both are "
        "made again");
    unet.push_back(json["unet_seconds"]);
    request.push_back(json["request_seconds"]);
  }
  return {median(unet), median(request), static_cast<int64_t>(unet.size())};
}

}  // namespace sfv::cli
