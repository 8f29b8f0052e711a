#pragma once

#include <filesystem>
#include <memory>
#include <string>

struct AVCodecContext;
struct AVDictionary;
struct AVFilterGraph;
struct AVFormatContext;
struct AVFrame;
struct AVPacket;
struct SwsContext;

namespace sfv::io {

/// Frees FFmpeg's objects with the function that each kind wants.
struct AvDelete {
  void operator()(AVCodecContext* context) const noexcept;
  void operator()(AVFilterGraph* graph) const noexcept;
  void operator()(AVFrame* frame) const noexcept;
  void operator()(AVPacket* packet) const noexcept;
  void operator()(SwsContext* context) const noexcept;
};

using CodecContextPtr = std::unique_ptr<AVCodecContext, AvDelete>;
using FilterGraphPtr = std::unique_ptr<AVFilterGraph, AvDelete>;
using FramePtr = std::unique_ptr<AVFrame, AvDelete>;
using PacketPtr = std::unique_ptr<AVPacket, AvDelete>;
using ScalerPtr = std::unique_ptr<SwsContext, AvDelete>;

/// Errors: kOutOfMemory.
[[nodiscard]] FramePtr make_frame();
/// A frame with its own picture of `pixel_format` (an AVPixelFormat). Errors: kOutOfMemory.
[[nodiscard]] FramePtr make_picture(int pixel_format, int width, int height);
[[nodiscard]] PacketPtr make_packet();

/// Owns an AVDictionary: options given to FFmpeg by name.
class AvOptions {
 public:
  AvOptions() = default;
  ~AvOptions();
  AvOptions(const AvOptions&) = delete;
  AvOptions& operator=(const AvOptions&) = delete;

  void set(const char* key, const std::string& value);
  [[nodiscard]] AVDictionary** get() { return &dictionary_; }
  /// Errors: kInternal when FFmpeg did not know one of the options (what it knows, it takes out).
  void expect_all_used(const std::string& where) const;

 private:
  AVDictionary* dictionary_ = nullptr;
};

/// FFmpeg's name for a file: "file:" keeps a colon in the path from being read as a protocol.
[[nodiscard]] std::string av_url(const std::filesystem::path& path);

/// The system's or FFmpeg's text for an AVERROR.
[[nodiscard]] std::string av_error_text(int result);

/// Throws when result is an AVERROR: kNoSpace, kPermission and others from the system's codes, kOutOfMemory,
/// else kIo. attempt: "[where] path: what was attempted".
void check_av_write(int result, const std::string& attempt);

/// Keeps FFmpeg from printing: its messages go nowhere, what matters comes back as error codes. Call before
/// any use.
void silence_av_log();

}  // namespace sfv::io
