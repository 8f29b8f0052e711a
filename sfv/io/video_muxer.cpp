// A muxer of libavformat.
#include "sfv/io/video_muxer.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <utility>

#include "sfv/core/check.h"

namespace sfv::io {

VideoMuxer::VideoMuxer(Settings settings) : settings_(std::move(settings)) {
  silence_av_log();
  const std::string url = av_url(settings_.file);
  avformat_alloc_output_context2(&context_, nullptr, settings_.container.c_str(), url.c_str());
  SFV_CHECK(context_ != nullptr, kUnsupported, "[write_video] ", settings_.name,
            ": the installed FFmpeg cannot write ", settings_.container,
            "; install a complete FFmpeg (Debian, Ubuntu: libavformat-extra)");
  context_->flags |= AVFMT_FLAG_BITEXACT;
}

VideoMuxer::~VideoMuxer() {
  avio_closep(&context_->pb);
  avformat_free_context(context_);
}

bool VideoMuxer::wants_global_header() const {
  return (context_->oformat->flags & AVFMT_GLOBALHEADER) != 0;
}

void VideoMuxer::check(int result, const char* attempt) const {
  check_av_write(result, "[write_video] " + settings_.name + ": " + attempt);
}

void VideoMuxer::start(const VideoEncoder& encoder) {
  AVStream* stream = avformat_new_stream(context_, nullptr);
  SFV_CHECK(stream != nullptr, kOutOfMemory, "[write_video] ", settings_.name, ": no memory for a stream");
  const AVCodecContext& codec = encoder.context();
  check(avcodec_parameters_from_context(stream->codecpar, &codec), "no memory for a stream");
  stream->time_base = codec.time_base;
  stream->avg_frame_rate = codec.framerate;
  stream->sample_aspect_ratio = codec.sample_aspect_ratio;
  time_base_ = {codec.time_base.num, codec.time_base.den};
  if (!settings_.comment.empty()) {
    check(av_dict_set(&context_->metadata, "comment", settings_.comment.c_str(), 0),
          "no memory for the metadata");
  }
  check(avio_open(&context_->pb, av_url(settings_.file).c_str(), AVIO_FLAG_WRITE),
        "cannot open the temporary file");
  AvOptions options;
  for (const auto& [key, value] : settings_.options) options.set(key, value);
  check(avformat_write_header(context_, options.get()), "cannot write the file's header");
  options.expect_all_used("[write_video] " + settings_.container);
}

void VideoMuxer::write(AVPacket& packet, int64_t duration) {
  const AVStream* stream = context_->streams[0];
  if (packet.duration == 0) packet.duration = duration;
  packet.stream_index = 0;
  av_packet_rescale_ts(&packet, {time_base_.numerator, time_base_.denominator}, stream->time_base);
  check(av_write_frame(context_, &packet), "cannot write a frame");
  check(context_->pb->error, "cannot write a frame");
}

void VideoMuxer::finish() {
  check(av_write_trailer(context_), "cannot write the file's end");
  check(context_->pb->error, "cannot write the file's end");
  check(avio_closep(&context_->pb), "cannot write the file's end");
}

}  // namespace sfv::io
