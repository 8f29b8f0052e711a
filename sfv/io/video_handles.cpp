// Owners for FFmpeg's objects, and its error codes as ours.
#include "sfv/io/video_handles.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/log.h>
#include <libswscale/swscale.h>
}

#include <array>
#include <cstdarg>
#include <mutex>

#include "sfv/core/check.h"

namespace sfv::io {

void AvDelete::operator()(AVCodecContext* context) const noexcept {
  avcodec_free_context(&context);
}
void AvDelete::operator()(AVFilterGraph* graph) const noexcept {
  avfilter_graph_free(&graph);
}
void AvDelete::operator()(AVFrame* frame) const noexcept {
  av_frame_free(&frame);
}
void AvDelete::operator()(AVPacket* packet) const noexcept {
  av_packet_free(&packet);
}
void AvDelete::operator()(SwsContext* context) const noexcept {
  sws_freeContext(context);
}

FramePtr make_frame() {
  FramePtr frame(av_frame_alloc());
  SFV_CHECK(frame, kOutOfMemory, "[video] no memory for a frame");
  return frame;
}

FramePtr make_picture(int pixel_format, int width, int height) {
  FramePtr frame = make_frame();
  frame->format = pixel_format;
  frame->width = width;
  frame->height = height;
  SFV_CHECK(av_frame_get_buffer(frame.get(), 0) >= 0, kOutOfMemory, "[video] no memory for a picture of ",
            width, "x", height);
  return frame;
}

PacketPtr make_packet() {
  PacketPtr packet(av_packet_alloc());
  SFV_CHECK(packet, kOutOfMemory, "[video] no memory for a packet");
  return packet;
}

AvOptions::~AvOptions() {
  av_dict_free(&dictionary_);
}

void AvOptions::set(const char* key, const std::string& value) {
  SFV_CHECK(av_dict_set(&dictionary_, key, value.c_str(), 0) >= 0, kOutOfMemory,
            "[video] no memory for an option");
}

void AvOptions::expect_all_used(const std::string& where) const {
  const AVDictionaryEntry* left = av_dict_get(dictionary_, "", nullptr, AV_DICT_IGNORE_SUFFIX);
  SFV_CHECK(left == nullptr, kInternal, where, ": this FFmpeg does not know the option ", left->key);
}

std::string av_url(const std::filesystem::path& path) {
  return "file:" + path.string();
}

std::string av_error_text(int result) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(result, text.data(), text.size());
  return text.data();
}

void check_av_write(int result, const std::string& attempt) {
  if (result >= 0) return;
  // FFmpeg's own codes are tags of four letters, far below any errno.
  constexpr int kLargestErrno = 4095;
  if (-result <= kLargestErrno) throw system_error(AVUNERROR(result), attempt);
  throw Error(ErrorCode::kIo, attempt + ": " + av_error_text(result));
}

void silence_av_log() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback([](void*, int, const char*, va_list) {}); });
}

}  // namespace sfv::io
