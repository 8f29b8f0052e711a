// When a container's frames are shown: from its packets, or by decoding where those have no usable times.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/io/video_file.h"
#include "sfv/io/video_sources.h"
#include "sfv/io/video_stream_facts.h"

namespace sfv::io {
namespace {

constexpr int64_t kMaxFrames = 4'000'000;  // 37 hours at 30 a second
constexpr double kDefaultRate = 7;
constexpr int64_t kFarthest = INT64_MAX / 4;  // of a time stamp, so that differences do not overflow

bool is_time(int64_t stamp) {
  return stamp != AV_NOPTS_VALUE && stamp >= -kFarthest && stamp <= kFarthest;
}

void check_count(const VideoFile& file, size_t frames) {
  SFV_CHECK(static_cast<int64_t>(frames) <= kMaxFrames, kInvalidFile, "[read_video] ", file.path().string(),
            ": more than ", kMaxFrames, " frames; cut it into parts");
}

double seconds_per_frame(const VideoFile& file) {
  const double rate = stream_rate(file);
  return 1 / (rate > 0 ? rate : kDefaultRate);
}

/// Fills in the seconds from stamps in `unit` s. last_duration: in units, 0 if unknown.
VideoTimes from_stamps(const VideoFile& file, std::vector<int64_t> stamps, double unit,
                       int64_t last_duration) {
  VideoTimes times;
  times.starts.reserve(stamps.size());
  for (const int64_t stamp : stamps)
    times.starts.push_back(static_cast<double>(stamp - stamps.front()) * unit);
  const double last = times.starts.back();
  double duration = static_cast<double>(last_duration) * unit;
  if (duration <= 0 && stamps.size() > 1) duration = last / static_cast<double>(stamps.size() - 1);
  if (duration <= 0) duration = seconds_per_frame(file);
  times.end = last + duration;
  times.stamps = std::move(stamps);
  return times;
}

/// Nothing where the packets' times cannot be trusted.
std::optional<VideoTimes> scan_packets(VideoFile& file) {
  struct Shown {
    int64_t stamp;
    int64_t duration;
  };
  std::vector<Shown> shown;
  const PacketPtr packet = make_packet();
  std::optional<int64_t> first_key;
  int64_t last_dts = INT64_MIN;
  VideoFile::Step step;
  while ((step = file.next_packet(*packet)) == VideoFile::Step::kGot) {
    if ((packet->flags & AV_PKT_FLAG_DISCARD) != 0) continue;
    // Times that are missing or that go back (files glued together).
    if (!is_time(packet->pts)) return std::nullopt;
    if (packet->dts != AV_NOPTS_VALUE) {
      if (packet->dts < last_dts) return std::nullopt;
      last_dts = packet->dts;
    }
    // What is stored before the first key frame of a stream that was cut cannot be decoded.
    if (!first_key && (packet->flags & AV_PKT_FLAG_KEY) == 0) continue;
    if (!first_key) first_key = packet->pts;
    if (packet->pts >= *first_key) shown.push_back({packet->pts, packet->duration});
    check_count(file, shown.size());
  }
  if (shown.empty()) return std::nullopt;
  const auto earlier = [](const Shown& a, const Shown& b) { return a.stamp < b.stamp; };
  std::sort(shown.begin(), shown.end(), earlier);
  std::vector<int64_t> stamps;
  stamps.reserve(shown.size());
  for (const Shown& frame : shown) {
    if (!stamps.empty() && stamps.back() == frame.stamp) return std::nullopt;
    stamps.push_back(frame.stamp);
  }
  const AVRational unit = file.stream().time_base;
  VideoTimes times = from_stamps(file, std::move(stamps), av_q2d(unit), shown.back().duration);
  times.is_cut = step == VideoFile::Step::kDamaged || ends_early(file, shown.size(), times.end);
  return times;
}

/// Counts the frames that come out of the decoder, and takes their times if these ascend.
VideoTimes scan_by_decoding(VideoFile& file) {
  const FramePtr frame = make_frame();
  std::vector<int64_t> stamps;
  bool ascends = true;
  bool damaged = false;
  VideoFile::Step step;
  while ((step = file.next_frame(*frame)) != VideoFile::Step::kEnd) {
    if (step == VideoFile::Step::kDamaged) {
      // As read_container_frames: what the decoder holds after a bad packet is good, after a bad frame it is
      // not.
      if (stamps.empty()) continue;
      damaged = true;
      if (frame->buf[0] != nullptr) break;
      file.drain();
      continue;
    }
    const int64_t stamp = frame->best_effort_timestamp;
    ascends = ascends && is_time(stamp) && (stamps.empty() || stamp > stamps.back());
    stamps.push_back(stamp);
    check_count(file, stamps.size());
  }
  SFV_CHECK(!stamps.empty(), kInvalidFile, "[read_video] ", file.path().string(),
            ": no frame could be decoded; damaged or truncated?");
  VideoTimes times;
  if (ascends) {
    times = from_stamps(file, std::move(stamps), av_q2d(file.stream().time_base), 0);
  } else {
    const double duration = seconds_per_frame(file);
    for (size_t i = 0; i < stamps.size(); ++i) times.starts.push_back(static_cast<double>(i) * duration);
    times.end = static_cast<double>(times.starts.size()) * duration;
  }
  times.stamps.clear();  // counted, whatever the times
  times.is_cut = damaged || ends_early(file, times.starts.size(), ascends ? times.end : 0);
  return times;
}

}  // namespace

VideoTimes scan_container_times(const std::filesystem::path& path) {
  {
    VideoFile file(path);
    if (std::optional<VideoTimes> times = scan_packets(file)) return *std::move(times);
  }
  VideoFile file(path);
  return scan_by_decoding(file);
}

}  // namespace sfv::io
