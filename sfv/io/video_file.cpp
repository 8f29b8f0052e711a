// Opening hostile video files with libavformat, and decoding them packet by packet.
#include "sfv/io/video_file.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <utility>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/io/image.h"
#include "sfv/io/mapped_file.h"

namespace sfv::io {
namespace {

// Containers whose files stand alone. Left out on purpose: hls, dash, concat, image2, sdp and others that
// open further files or addresses, and still pictures, which have readers of their own.
constexpr const char* kContainers =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,mpegts,mpeg,mpegvideo,flv,ogg,asf,ivf,yuv4mpegpipe,h264,"
    "hevc";

}  // namespace

VideoFile::VideoFile(std::filesystem::path path) : path_(std::move(path)) {
  silence_av_log();
  const std::string where = "[read_video] " + path_.string();
  SFV_CHECK(!MappedFile(path_).bytes().empty(), kInvalidFile, where, ": the file is empty");
  AvOptions options;
  options.set("protocol_whitelist", "file");
  options.set("format_whitelist", kContainers);
  const int result = avformat_open_input(&context_, av_url(path_).c_str(), nullptr, options.get());
  // EINVAL: recognised, but not on the list.
  SFV_CHECK(result != AVERROR(EINVAL), kUnsupported, where,
            ": not a video container that can be read (mp4, mov, mkv, webm, avi, gif, mpeg, flv, ogg, wmv)");
  SFV_CHECK(result != AVERROR(ENOMEM), kOutOfMemory, where, ": no memory");
  SFV_CHECK(result >= 0, kInvalidFile, where, ": not a video, or a damaged one: ", av_error_text(result));
  try {
    // Pictures that are too large are refused before this step would decode one.
    std::vector<AVDictionary*> limits(context_->nb_streams, nullptr);
    for (AVDictionary*& limit : limits) av_dict_set_int(&limit, "max_pixels", kMaxPixels, 0);
    const int found = avformat_find_stream_info(context_, limits.data());
    for (AVDictionary*& limit : limits) av_dict_free(&limit);
    SFV_CHECK(found >= 0, kInvalidFile, where, ": damaged video: ", av_error_text(found));
    stream_ = av_find_best_stream(context_, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    SFV_CHECK(stream_ >= 0 && (stream().disposition & AV_DISPOSITION_ATTACHED_PIC) == 0, kUnsupported, where,
              ": the file holds no video stream");
    const AVCodecParameters& parameters = *stream().codecpar;
    // Also where the size is first known by decoding, which max_pixels has stopped.
    SFV_CHECK(parameters.width > 0 && parameters.height > 0, kInvalidFile, where,
              ": its pictures have no size, or one beyond the limit of ", kMaxPixels, " pixels; damaged?");
    SFV_CHECK(parameters.width <= kMaxPixels / parameters.height, kInvalidFile, where, ": pictures of ",
              parameters.width, "x", parameters.height, " are beyond the limit of ", kMaxPixels, " pixels");
    packet_ = make_packet();
  } catch (...) {
    avformat_close_input(&context_);
    throw;
  }
  for (unsigned i = 0; i < context_->nb_streams; ++i) {
    if (static_cast<int>(i) != stream_) context_->streams[i]->discard = AVDISCARD_ALL;
  }
}

VideoFile::~VideoFile() {
  avformat_close_input(&context_);
}

const AVStream& VideoFile::stream() const {
  return *context_->streams[stream_];
}

std::string VideoFile::comment() const {
  const AVDictionaryEntry* entry = av_dict_get(context_->metadata, "comment", nullptr, 0);
  return entry == nullptr ? std::string() : std::string(entry->value);
}

VideoFile::Step VideoFile::next_packet(AVPacket& packet) {
  for (;;) {
    av_packet_unref(&packet);
    const int result = av_read_frame(context_, &packet);
    if (result == AVERROR_EOF) return Step::kEnd;
    SFV_CHECK(result != AVERROR(ENOMEM), kOutOfMemory, "[read_video] ", path_.string(),
              ": no memory for a packet");
    // A read error repeats for ever.
    if (result < 0) {
      draining_ = true;
      return Step::kDamaged;
    }
    if (packet.stream_index != stream_) continue;
    return (packet.flags & AV_PKT_FLAG_CORRUPT) != 0 ? Step::kDamaged : Step::kGot;
  }
}

void VideoFile::open_decoder() {
  const AVCodecParameters& parameters = *stream().codecpar;
  const AVCodec* codec = avcodec_find_decoder(parameters.codec_id);
  SFV_CHECK(codec != nullptr, kUnsupported, "[read_video] ", path_.string(),
            ": the installed FFmpeg cannot decode ", avcodec_get_name(parameters.codec_id));
  decoder_.reset(avcodec_alloc_context3(codec));
  SFV_CHECK(decoder_, kOutOfMemory, "[read_video] ", path_.string(), ": no memory for the decoder");
  int result = avcodec_parameters_to_context(decoder_.get(), &parameters);
  decoder_->pkt_timebase = stream().time_base;
  decoder_->max_pixels = kMaxPixels;
  decoder_->thread_count = 1;
  decoder_->err_recognition = AV_EF_CRCCHECK;
  if (result >= 0) result = avcodec_open2(decoder_.get(), codec, nullptr);
  SFV_CHECK(result >= 0, kInvalidFile, "[read_video] ", path_.string(),
            ": its video stream cannot be decoded: ", av_error_text(result));
}

bool VideoFile::seek(int64_t stamp) {
  if (av_seek_frame(context_, stream_, stamp, AVSEEK_FLAG_BACKWARD) < 0) return false;
  if (decoder_) avcodec_flush_buffers(decoder_.get());
  draining_ = false;
  return true;
}

void VideoFile::drain() {
  draining_ = true;
}

VideoFile::Step VideoFile::next_frame(AVFrame& frame) {
  if (!decoder_) open_decoder();
  for (;;) {
    const int result = avcodec_receive_frame(decoder_.get(), &frame);
    if (result == AVERROR_EOF) return Step::kEnd;
    SFV_CHECK(result != AVERROR(ENOMEM), kOutOfMemory, "[read_video] ", path_.string(),
              ": no memory for a frame");
    if (result >= 0) {
      const bool damaged = (frame.flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame.decode_error_flags != 0;
      return damaged ? Step::kDamaged : Step::kGot;
    }
    if (result != AVERROR(EAGAIN)) {
      if (draining_) return Step::kEnd;
      return Step::kDamaged;
    }
    if (draining_) {
      if (avcodec_send_packet(decoder_.get(), nullptr) < 0) return Step::kEnd;
      continue;
    }
    const Step step = next_packet(*packet_);
    if (step == Step::kEnd) draining_ = true;
    if (step == Step::kDamaged) return step;
    if (step == Step::kGot && avcodec_send_packet(decoder_.get(), packet_.get()) < 0) return Step::kDamaged;
  }
}

}  // namespace sfv::io
