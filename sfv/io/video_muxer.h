#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "sfv/io/video_encoder.h"

namespace sfv::io {

/// A container file with one video stream. Free of dates, random numbers and library versions: same packets,
/// same bytes.
class VideoMuxer {
 public:
  struct Settings {
    std::string container;       // FFmpeg's muxer, "mp4": never guessed from the file's name
    std::filesystem::path file;  // written here; an existing file is replaced
    std::string name;            // the output as the user called it, for messages
    std::string comment;         // stored as the container's comment; empty: none
    std::vector<std::pair<const char*, std::string>> options;  // the muxer's own
  };

  /// Errors: kUnsupported when this FFmpeg lacks the container.
  explicit VideoMuxer(Settings settings);
  ~VideoMuxer();
  VideoMuxer(const VideoMuxer&) = delete;
  VideoMuxer& operator=(const VideoMuxer&) = delete;

  /// Whether the encoder must be opened with global_header.
  [[nodiscard]] bool wants_global_header() const;
  /// Opens the file and writes its beginning. Errors: kNotFound, kPermission, kNoSpace, kIo.
  void start(const VideoEncoder& encoder);
  /// packet: with times in the encoder's time base; lasting one `duration` where it has none. Errors:
  /// kNoSpace, kIo.
  void write(AVPacket& packet, int64_t duration);
  /// Writes the end and closes the file. Errors: kNoSpace, kIo.
  void finish();

 private:
  void check(int result, const char* attempt) const;

  Settings settings_;
  AVFormatContext* context_ = nullptr;
  Fraction time_base_;  // of the packets
};

}  // namespace sfv::io
