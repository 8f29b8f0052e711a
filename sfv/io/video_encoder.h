#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sfv/io/video_handles.h"

namespace sfv::io {

/// A frame rate or time base as a fraction.
struct Fraction {
  int numerator = 0;
  int denominator = 1;
};

/// Everything that makes a video encoder of FFmpeg what we want.
struct EncoderSettings {
  std::string encoder;       // FFmpeg's name, "libx264"
  std::string install_hint;  // what to do where this FFmpeg lacks it
  int pixel_format = -1;     // AVPixelFormat
  int width = 0;             // pixels
  int height = 0;
  Fraction frame_rate = {};    // frames per second
  Fraction time_base = {};     // seconds per unit of the frames' times
  bool bt709 = false;          // tag BT.709, limited range
  bool global_header = false;  // the container wants the stream's header apart
  std::vector<std::pair<const char*, std::string>> options = {};  // the encoder's own
};

/// The number of encoder threads. Fixed: libx264 and FFV1 cut their work by it, so it is part of the bytes.
inline constexpr int kEncoderThreads = 4;

/// One video encoder: frames in, packets out, with the same bytes for the same frames on every run.
class VideoEncoder {
 public:
  using PacketSink = std::function<void(AVPacket&)>;

  /// name: the output, for messages. Errors: kUnsupported when this FFmpeg lacks the encoder or it refuses
  /// the settings.
  VideoEncoder(const EncoderSettings& settings, const std::string& name);

  [[nodiscard]] const AVCodecContext& context() const { return *context_; }
  /// frame: with its pts in time_base, or null for the end. Packets come out in decoding order. Errors: kIo,
  /// kOutOfMemory.
  void encode(const AVFrame* frame, const PacketSink& sink);

 private:
  std::string name_;
  CodecContextPtr context_;
  PacketPtr packet_;
};

}  // namespace sfv::io
