// mp4 (H.264), webm (VP9) and mkv (FFV1): one encoder into one container.
extern "C" {
#include <libavutil/frame.h>
#include <libavutil/pixfmt.h>
}

#include <string>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/core/cpu_features.h"
#include "sfv/core/rounding.h"
#include "sfv/io/video_color.h"
#include "sfv/io/video_encoder.h"
#include "sfv/io/video_formats.h"
#include "sfv/io/video_muxer.h"
#include "sfv/io/video_rate.h"

namespace sfv::io {
namespace {

struct Recipe {
  EncoderSettings encoder;
  std::string container;
  std::vector<std::pair<const char*, std::string>> container_options = {};
};

void check_crf(const VideoJob& job, int max) {
  SFV_CHECK(job.options.crf >= 0 && job.options.crf <= max, kInvalidArgument, "[write_video] ", job.name,
            ": expected --crf from 0 (lossless) to ", max, " (worst), got ", job.options.crf);
}

Recipe h264_recipe(const VideoJob& job) {
  check_crf(job, 51);
  Recipe recipe{
      .encoder = {.encoder = "libx264",
                  .install_hint = "install an FFmpeg with libx264 (Debian, Ubuntu: apt-get install ffmpeg), "
                                  "or write .webm or .mkv",
                  .pixel_format = AV_PIX_FMT_YUV420P,
                  .bt709 = true,
                  .options = {{"preset", "medium"}, {"crf", std::to_string(job.options.crf)}}},
      .container = "mp4",
      .container_options = {{"movflags", "+faststart"}}};
  // With AVX-512 x264's macroblock tree reads memory that nobody wrote, seen in 164 (Debian 12): small clips
  // then have other bytes each time. Only where the processor has it, since x264 takes this list at its word.
  if (cpu_features().avx512) recipe.encoder.options.emplace_back("x264-params", "asm=avx2");
  // Lossless H.264 exists in the profile High 4:4:4 Predictive only; x264 picks it by itself.
  if (job.options.crf > 0) recipe.encoder.options.emplace_back("profile", "high");
  return recipe;
}

Recipe vp9_recipe(const VideoJob& job) {
  check_crf(job, 63);
  Recipe recipe{.encoder = {.encoder = "libvpx-vp9",
                            .install_hint =
                                "install an FFmpeg with libvpx (Debian, Ubuntu: apt-get install ffmpeg), or "
                                "write .mp4 or .mkv",
                            .pixel_format = AV_PIX_FMT_YUV420P,
                            .bt709 = true,
                            .options = {{"b", "0"},
                                        {"crf", std::to_string(job.options.crf)},
                                        {"deadline", "good"},
                                        {"cpu-used", "2"},
                                        {"row-mt", "0"}}},
                .container = "webm"};
  if (job.options.crf == 0) recipe.encoder.options.emplace_back("lossless", "1");
  return recipe;
}

Recipe ffv1_recipe(const VideoJob& job) {
  const RgbImage& first = job.clip.frames.front();
  // FFmpeg's FFV1 (seen in 5.1) decodes slices that are one pixel wide or high to black.
  SFV_CHECK(first.width >= 2 && first.height >= 2, kUnsupported, "[write_video] ", job.name,
            ": an mkv needs at least 2x2 pixels, got ", first.width, "x", first.height, "; write PNG frames");
  // Fixed, since the encoder's own choice follows the number of threads. Four slices are two each way.
  const char* slices = first.width >= 4 && first.height >= 4 ? "4" : "1";
  return {.encoder = {.encoder = "ffv1",
                      .install_hint = "install a complete FFmpeg (Debian, Ubuntu: apt-get install ffmpeg)",
                      .pixel_format = AV_PIX_FMT_BGR0,
                      .options = {{"level", "3"}, {"slices", slices}, {"slicecrc", "1"}, {"g", "1"}}},
          .container = "matroska"};
}

Recipe make_recipe(const VideoJob& job) {
  Recipe recipe = job.format == VideoFormat::kMp4    ? h264_recipe(job)
                  : job.format == VideoFormat::kWebm ? vp9_recipe(job)
                                                     : ffv1_recipe(job);
  const Fraction rate = frame_rate(job.clip.fps, job.name);
  const RgbImage& first = job.clip.frames.front();
  const int64_t even = recipe.encoder.bt709 ? 2 : 1;
  recipe.encoder.width = static_cast<int>(round_up(first.width, even));
  recipe.encoder.height = static_cast<int>(round_up(first.height, even));
  recipe.encoder.frame_rate = rate;
  recipe.encoder.time_base = {rate.denominator, rate.numerator};
  return recipe;
}

}  // namespace

void write_container(const VideoJob& job, const std::filesystem::path& file) {
  Recipe recipe = make_recipe(job);
  VideoMuxer muxer({.container = recipe.container,
                    .file = file,
                    .name = job.name,
                    .comment = job.options.metadata,
                    .options = recipe.container_options});
  recipe.encoder.global_header = muxer.wants_global_header();
  VideoEncoder encoder(recipe.encoder, job.name);
  muxer.start(encoder);
  const auto sink = [&muxer](AVPacket& packet) { muxer.write(packet, 1); };
  int64_t number = 0;
  for (const RgbImage& image : job.clip.frames) {
    job.throw_if_cancelled();
    const FramePtr frame =
        recipe.encoder.bt709 ? make_yuv420_frame(image) : make_bgr_frame(image, recipe.encoder.pixel_format);
    frame->pts = number++;
    encoder.encode(frame.get(), sink);
  }
  job.throw_if_cancelled();
  encoder.encode(nullptr, sink);
  muxer.finish();
}

}  // namespace sfv::io
