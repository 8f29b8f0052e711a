// An encoder of libavcodec.
#include "sfv/io/video_encoder.h"

extern "C" {
#include <libavcodec/avcodec.h>
}

#include "sfv/core/check.h"

namespace sfv::io {

VideoEncoder::VideoEncoder(const EncoderSettings& settings, const std::string& name) : name_(name) {
  silence_av_log();
  const AVCodec* codec = avcodec_find_encoder_by_name(settings.encoder.c_str());
  SFV_CHECK(codec != nullptr, kUnsupported, "[write_video] ", name, ": the installed FFmpeg has no encoder ",
            settings.encoder, "; ", settings.install_hint);
  context_.reset(avcodec_alloc_context3(codec));
  SFV_CHECK(context_, kOutOfMemory, "[write_video] ", name, ": no memory for the encoder");
  context_->pix_fmt = static_cast<AVPixelFormat>(settings.pixel_format);
  context_->width = settings.width;
  context_->height = settings.height;
  context_->framerate = {settings.frame_rate.numerator, settings.frame_rate.denominator};
  context_->time_base = {settings.time_base.numerator, settings.time_base.denominator};
  context_->sample_aspect_ratio = {1, 1};
  context_->thread_count = kEncoderThreads;
  context_->flags |= AV_CODEC_FLAG_BITEXACT;
  if (settings.global_header) context_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  if (settings.bt709) {
    context_->colorspace = AVCOL_SPC_BT709;
    context_->color_primaries = AVCOL_PRI_BT709;
    context_->color_trc = AVCOL_TRC_BT709;
    context_->color_range = AVCOL_RANGE_MPEG;
    context_->chroma_sample_location = AVCHROMA_LOC_LEFT;
  }
  AvOptions options;
  for (const auto& [key, value] : settings.options) options.set(key, value);
  const int result = avcodec_open2(context_.get(), codec, options.get());
  SFV_CHECK(result != AVERROR(ENOMEM), kOutOfMemory, "[write_video] ", name, ": no memory for the encoder");
  SFV_CHECK(result >= 0, kUnsupported, "[write_video] ", name, ": the encoder ", settings.encoder,
            " refuses ", settings.width, "x", settings.height, ": ", av_error_text(result));
  options.expect_all_used("[write_video] " + settings.encoder);
  packet_ = make_packet();
}

void VideoEncoder::encode(const AVFrame* frame, const PacketSink& sink) {
  check_av_write(avcodec_send_frame(context_.get(), frame),
                 "[write_video] " + name_ + ": cannot encode a frame");
  for (;;) {
    const int result = avcodec_receive_packet(context_.get(), packet_.get());
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
    check_av_write(result, "[write_video] " + name_ + ": cannot encode a frame");
    sink(*packet_);
    av_packet_unref(packet_.get());
  }
}

}  // namespace sfv::io
