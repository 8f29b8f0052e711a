#pragma once

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "sfv/core/progress.h"

namespace sfv::cli {

enum class ProgressMode {
  kBar,    // a line drawn again and again, at most 10 times a second
  kPlain,  // a line every 10 seconds, in a long run every 5 minutes at most, and at the end of each stage
  kSilent,
};

/// kSilent if quiet, kBar on a terminal that can redraw, else kPlain.
[[nodiscard]] ProgressMode progress_mode(bool quiet);

/// Shows progress on stderr over several clips, as one fraction that never falls. For any thread: photos are
/// read and clips written beside the networks, with warnings of their own.
/// With the environment variable SFV_PROGRESS_LOG=FILE, also appends every millisecond's update to FILE as
/// "SECONDS FRACTION STAGE" with tabs between: for measuring, and for programs that show their own bar.
class ProgressDisplay : public ProgressSink {
 public:
  explicit ProgressDisplay(ProgressMode mode);
  ~ProgressDisplay() override;
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  /// What is being made from now on, and the part of everything that the coming updates' 0..1 stand for.
  void begin_part(std::string label, double begin, double end);
  void update(const ProgressUpdate& update) override;
  /// Figures to show beside the coming updates, the most important first: "5.2 clips/s".
  void set_details(std::vector<std::string> details);
  /// A line of its own on stderr, above the bar.
  void print_line(const std::string& line);
  /// Takes the bar away.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  [[nodiscard]] ProgressUpdate over_all_parts(const ProgressUpdate& update, Clock::time_point now);
  void draw(const ProgressUpdate& update, Clock::time_point now);
  void log(const ProgressUpdate& update, Clock::time_point now);

  std::recursive_mutex mutex_;  // a line is printed by clearing the bar first
  ProgressMode mode_;
  std::string label_;
  std::vector<std::string> details_;
  double begin_ = 0;
  double end_ = 1;
  double shown_ = 0;  // the largest fraction so far
  std::string stage_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point part_start_ = start_;
  Clock::time_point last_drawn_;
  Clock::time_point last_logged_;
  bool is_bar_drawn_ = false;
  std::unique_ptr<std::FILE, CloseFile> log_;
};

}  // namespace sfv::cli
