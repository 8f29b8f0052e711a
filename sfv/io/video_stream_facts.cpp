// What a container says about its video stream.
#include "sfv/io/video_stream_facts.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <algorithm>
#include <string_view>

#include "sfv/io/mapped_file.h"

namespace sfv::io {

// FFmpeg has one demuxer for mp4 and mov, and one for Matroska and WebM: what the file calls itself tells
// them apart.
std::string container_name(const VideoFile& file) {
  const std::string_view name = file.container().iformat->name;
  if (name.starts_with("mov,")) {
    const AVDictionaryEntry* brand = av_dict_get(file.container().metadata, "major_brand", nullptr, 0);
    return brand != nullptr && std::string_view(brand->value) == "qt  " ? "mov" : "mp4";
  }
  if (name.starts_with("matroska,")) {
    const MappedFile bytes(file.path());
    constexpr size_t kHeadBytes = 64;  // the EBML header with its DocType
    const std::string_view head(reinterpret_cast<const char*>(bytes.bytes().data()),
                                std::min(bytes.bytes().size(), kHeadBytes));
    return head.find("webm") != std::string_view::npos ? "webm" : "mkv";
  }
  return std::string(name.substr(0, name.find(',')));
}

double stream_rate(const VideoFile& file) {
  const AVRational average = file.stream().avg_frame_rate;
  const AVRational base = file.stream().r_frame_rate;
  if (average.num > 0 && average.den > 0) return av_q2d(average);
  return base.num > 0 && base.den > 0 ? av_q2d(base) : 0;
}

bool ends_early(const VideoFile& file, size_t frames, double seconds) {
  if (container_name(file) == "gif") {
    constexpr std::byte kTrailer{0x3B};  // GIF89a, section 27
    const MappedFile bytes(file.path());
    return bytes.bytes().empty() || bytes.bytes().back() != kTrailer;
  }
  constexpr double kTolerance = 0.9;
  const auto came = static_cast<double>(frames);
  const AVStream& stream = file.stream();
  if (stream.nb_frames > 0) return came + 1 < kTolerance * static_cast<double>(stream.nb_frames);
  if (file.container().nb_streams != 1 || file.container().duration <= 0 || frames == 0) return false;
  const double announced = static_cast<double>(file.container().duration) / AV_TIME_BASE;
  if (seconds > 0) return seconds * (1 + 1 / came) < kTolerance * announced;
  return came + 1 < kTolerance * announced * stream_rate(file);
}

const int32_t* display_matrix(const VideoFile& file) {
  size_t size = 0;
  const uint8_t* data = av_stream_get_side_data(&file.stream(), AV_PKT_DATA_DISPLAYMATRIX, &size);
  return data != nullptr && size >= 9 * sizeof(int32_t) ? reinterpret_cast<const int32_t*>(data) : nullptr;
}

}  // namespace sfv::io
