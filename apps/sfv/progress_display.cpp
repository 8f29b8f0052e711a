#include "apps/sfv/progress_display.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "apps/sfv/progress_line.h"
#include "apps/sfv/terminal.h"

namespace sfv::cli {
namespace {

constexpr auto kBarInterval = std::chrono::milliseconds(100);
// A plain line every hundredth of the time so far, within these limits: a log of days stays readable.
constexpr auto kShortestPlainInterval = std::chrono::seconds(10);
constexpr auto kLongestPlainInterval = std::chrono::minutes(5);
constexpr auto kLogInterval = std::chrono::milliseconds(1);

}  // namespace

ProgressMode progress_mode(bool quiet) {
  if (quiet) return ProgressMode::kSilent;
  return can_redraw() ? ProgressMode::kBar : ProgressMode::kPlain;
}

ProgressDisplay::ProgressDisplay(ProgressMode mode) : mode_(mode) {
  if (const char* path = std::getenv("SFV_PROGRESS_LOG"); path != nullptr && *path != '\0') {
    log_.reset(std::fopen(path, "a"));
    if (!log_) print_line(std::string("sfv: warning: cannot write the progress log ") + path);
  }
}

ProgressDisplay::~ProgressDisplay() {
  clear();
}

void ProgressDisplay::begin_part(std::string label, double begin, double end) {
  const std::lock_guard lock(mutex_);
  label_ = std::move(label);
  begin_ = begin;
  end_ = end;
  part_start_ = Clock::now();
}

ProgressUpdate ProgressDisplay::over_all_parts(const ProgressUpdate& update, Clock::time_point now) {
  ProgressUpdate all = update;
  const double in_part = std::clamp(update.fraction, 0.0, 1.0);
  shown_ = std::max(shown_, begin_ + (end_ - begin_) * in_part);
  all.fraction = shown_;
  if (update.seconds_left >= 0 && end_ > begin_) {
    // The parts to come take as long as this one.
    const double part = std::chrono::duration<double>(now - part_start_).count() + update.seconds_left;
    all.seconds_left = update.seconds_left + part * (1 - end_) / (end_ - begin_);
  }
  return all;
}

void ProgressDisplay::set_details(std::vector<std::string> details) {
  const std::lock_guard lock(mutex_);
  details_ = std::move(details);
}

void ProgressDisplay::update(const ProgressUpdate& update) {
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  const ProgressUpdate all = over_all_parts(update, now);
  if (log_) log(all, now);
  if (mode_ != ProgressMode::kSilent) draw(all, now);
  stage_ = update.stage;
}

void ProgressDisplay::draw(const ProgressUpdate& update, Clock::time_point now) {
  const Clock::duration plain =
      std::clamp<Clock::duration>((now - start_) / 100, kShortestPlainInterval, kLongestPlainInterval);
  const bool is_due = now - last_drawn_ >= (mode_ == ProgressMode::kBar ? kBarInterval : plain);
  if (mode_ == ProgressMode::kBar) {
    if (!is_due) return;
    std::fprintf(stderr, "\r%s\033[K", progress_bar(update, label_, terminal_columns(), details_).c_str());
    std::fflush(stderr);
    is_bar_drawn_ = true;
  } else {
    if (!is_due && !update.stage_finished) return;
    std::fprintf(stderr, "%s\n", progress_line(update, label_, details_).c_str());
  }
  last_drawn_ = now;
}

void ProgressDisplay::log(const ProgressUpdate& update, Clock::time_point now) {
  if (now - last_logged_ < kLogInterval && !update.stage_finished && update.stage == stage_) return;
  last_logged_ = now;
  std::fprintf(log_.get(), "%.6f\t%.9f\t%s\n", std::chrono::duration<double>(now - start_).count(),
               update.fraction, update.stage.c_str());
}

void ProgressDisplay::print_line(const std::string& line) {
  const std::lock_guard lock(mutex_);
  clear();
  std::fprintf(stderr, "%s\n", line.c_str());
}

void ProgressDisplay::clear() {
  const std::lock_guard lock(mutex_);
  if (!is_bar_drawn_) return;
  std::fprintf(stderr, "\r\033[K");
  std::fflush(stderr);
  is_bar_drawn_ = false;
}

}  // namespace sfv::cli
