#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "sfv/io/video_handles.h"

struct AVStream;

namespace sfv::io {

/// The video stream of a local file, opened with libavformat. Only container formats that hold their data
/// themselves are accepted (no playlists, no concatenation scripts), and only local files are ever opened.
class VideoFile {
 public:
  /// Errors: kUnsupported for a file that is not one of the known containers or has no video stream;
  /// kInvalidFile for a damaged one or pictures beyond kMaxPixels; those of MappedFile.
  explicit VideoFile(std::filesystem::path path);
  ~VideoFile();
  VideoFile(const VideoFile&) = delete;
  VideoFile& operator=(const VideoFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const AVFormatContext& container() const { return *context_; }
  [[nodiscard]] const AVStream& stream() const;
  /// The container's comment; empty where there is none.
  [[nodiscard]] std::string comment() const;

  enum class Step {
    kGot,      // a packet or a frame
    kEnd,      // of the file
    kDamaged,  // the bytes that follow make no sense
  };
  /// The next packet of the video stream.
  [[nodiscard]] Step next_packet(AVPacket& packet);
  /// The next frame, in display order. After kDamaged one may go on (a stream cut out of a longer one begins
  /// with packets that cannot be decoded) or take the frames that the decoder still holds with drain().
  /// Errors: kUnsupported without a decoder for the stream.
  [[nodiscard]] Step next_frame(AVFrame& frame);
  /// Goes to the last key frame at or before a time stamp of the video stream, as far as the file's own index
  /// knows: what next_frame() gives first must be checked. False where the file cannot be entered there.
  [[nodiscard]] bool seek(int64_t stamp);
  /// No more packets are read: next_frame() gives what the decoder holds, then kEnd.
  void drain();

 private:
  void open_decoder();

  std::filesystem::path path_;
  AVFormatContext* context_ = nullptr;
  int stream_ = -1;
  CodecContextPtr decoder_;
  PacketPtr packet_;
  bool draining_ = false;
};

}  // namespace sfv::io
