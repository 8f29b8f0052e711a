// GIF with one palette for the whole clip: libavfilter's palettegen over all frames, then paletteuse frame by
// frame.
#include <cstdint>  // FFmpeg wants it before its own headers

extern "C" {
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/frame.h>
#include <libavutil/pixfmt.h>
}

#include <string>

#include "sfv/core/check.h"
#include "sfv/io/video_color.h"
#include "sfv/io/video_formats.h"
#include "sfv/io/video_muxer.h"
#include "sfv/io/video_rate.h"

namespace sfv::io {
namespace {

constexpr int64_t kCentiseconds = 100;
constexpr double kMaxRate = 50;  // players show delays under 2/100 s as 10/100 s
constexpr int kPaletteSide = 16;

/// A graph of filters that is fed frames by hand. Times are in 1/100 s.
class Filter {
 public:
  /// description: in libavfilter's language, without sources and sink. Inputs are called [video] and
  /// [palette].
  Filter(const VideoJob& job, const std::string& description)
      : name_(job.name), graph_(avfilter_graph_alloc()) {
    SFV_CHECK(graph_, kOutOfMemory, "[write_video] ", name_, ": no memory for a filter");
    graph_->nb_threads = 1;
    AVFilterInOut* inputs = nullptr;
    AVFilterInOut* outputs = nullptr;
    const int result = avfilter_graph_parse2(graph_.get(), description.c_str(), &inputs, &outputs);
    const bool open = inputs != nullptr || outputs != nullptr;
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    SFV_CHECK(result >= 0 && !open, kUnsupported, "[write_video] ", name_,
              ": the installed FFmpeg lacks the filters for GIF palettes (palettegen, paletteuse): ",
              av_error_text(result));
    check(avfilter_graph_config(graph_.get(), nullptr));
  }

  /// frame: null for the end of this input.
  void push(const char* source, AVFrame* frame) {
    check(av_buffersrc_add_frame_flags(find(source), frame, AV_BUFFERSRC_FLAG_KEEP_REF));
  }

  /// The next frame that came out; null when the filter wants more or has ended.
  FramePtr pull() {
    FramePtr frame = make_frame();
    const int result = av_buffersink_get_frame(find("buffersink@out"), frame.get());
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return nullptr;
    check(result);
    return frame;
  }

 private:
  AVFilterContext* find(const char* filter) { return avfilter_graph_get_filter(graph_.get(), filter); }
  void check(int result) const {
    check_av_write(result, "[write_video] " + name_ + ": cannot make a GIF picture");
  }

  std::string name_;
  FilterGraphPtr graph_;
};

std::string source(const std::string& name, int64_t width, int64_t height) {
  return concat("buffer@", name, "=video_size=", width, "x", height,
                ":pix_fmt=bgra:time_base=1/100:pixel_aspect=1/1");
}

FramePtr make_palette(const VideoJob& job) {
  const RgbImage& first = job.clip.frames.front();
  Filter filter(job, source("video", first.width, first.height) +
                         ",palettegen=stats_mode=full:reserve_transparent=1,buffersink@out");
  int64_t number = 0;
  for (const RgbImage& image : job.clip.frames) {
    job.throw_if_cancelled();
    const FramePtr frame = make_bgr_frame(image, AV_PIX_FMT_BGRA);
    frame->pts = frame_start(number++, job.clip.fps, kCentiseconds);
    filter.push("buffer@video", frame.get());
  }
  filter.push("buffer@video", nullptr);
  FramePtr palette = filter.pull();
  SFV_CHECK(palette, kInternal, "[write_video] ", job.name, ": no palette came out of palettegen");
  palette->pts = 0;
  return palette;
}

}  // namespace

void write_gif(const VideoJob& job, const std::filesystem::path& file) {
  silence_av_log();
  const Fraction rate = frame_rate(job.clip.fps, job.name);
  SFV_CHECK(job.clip.fps <= kMaxRate, kInvalidArgument, "[write_video] ", job.name, ": a GIF shows at most ",
            kMaxRate, " frames per second, got ", job.clip.fps, "; lower --fps or write another format");
  const RgbImage& first = job.clip.frames.front();
  SFV_CHECK(first.width <= UINT16_MAX && first.height <= UINT16_MAX, kUnsupported, "[write_video] ", job.name,
            ": GIF pictures have sides up to ", UINT16_MAX);
  const FramePtr palette = make_palette(job);

  const int64_t count = static_cast<int64_t>(job.clip.frames.size());
  const auto start_of = [&](int64_t number) { return frame_start(number, job.clip.fps, kCentiseconds); };
  VideoMuxer muxer(
      {.container = "gif",
       .file = file,
       .name = job.name,
       .comment = {},
       .options = {{"loop", "0"}, {"final_delay", std::to_string(start_of(count) - start_of(count - 1))}}});
  VideoEncoder encoder({.encoder = "gif",
                        .install_hint = "install a complete FFmpeg (Debian, Ubuntu: apt-get install ffmpeg)",
                        .pixel_format = AV_PIX_FMT_PAL8,
                        .width = static_cast<int>(first.width),
                        .height = static_cast<int>(first.height),
                        .frame_rate = rate,
                        .time_base = {1, kCentiseconds},
                        .global_header = muxer.wants_global_header(),
                        .options = {}},
                       job.name);
  Filter filter(job, source("video", first.width, first.height) + "[video];" +
                         source("palette", kPaletteSide, kPaletteSide) +
                         "[palette];[video][palette]paletteuse=dither=sierra2_4a,buffersink@out");
  muxer.start(encoder);
  const auto sink = [&](AVPacket& packet) { muxer.write(packet, 1); };
  const auto encode_ready = [&] {
    while (const FramePtr ready = filter.pull()) encoder.encode(ready.get(), sink);
  };
  filter.push("buffer@palette", palette.get());
  filter.push("buffer@palette", nullptr);
  int64_t number = 0;
  for (const RgbImage& image : job.clip.frames) {
    job.throw_if_cancelled();
    const FramePtr frame = make_bgr_frame(image, AV_PIX_FMT_BGRA);
    frame->pts = start_of(number++);
    filter.push("buffer@video", frame.get());
    encode_ready();
  }
  filter.push("buffer@video", nullptr);
  encode_ready();
  encoder.encode(nullptr, sink);
  muxer.finish();
}

}  // namespace sfv::io
