#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sfv/training/alarm_options.h"
#include "sfv/training/metrics_log.h"

// Adversarial training and fine-tuning of video models fail in a few known ways that no loss shows. Sources:
// SF-V 3.3 and Table 3, APT (2501.08316) figure 5, and what users of public trainers report.

namespace sfv::training {

/// Says in words when a run goes wrong, from its figures alone. Each failure is said once when it begins, and
/// once when it has been over for a whole window.
class Alarms {
 public:
  explicit Alarms(const AlarmOptions& options) : options_(options) {}

  /// Takes the figures of iteration `step`, later than those before. Returns what a person should hear now.
  /// Figures it knows: loss/discriminator, accuracy_real/… and accuracy_fake/…, motion/… and
  /// distance_from_first_frame/… as add_motion_metrics() names them; what is absent trips nothing.
  [[nodiscard]] std::vector<std::string> observe(int64_t step, std::span<const Metric> metrics);

  /// Takes the figures of the part of the run that is over, in order, and says nothing of them.
  void replay(std::span<const MetricsLine> lines);

 private:
  struct Line {
    int64_t step = 0;
    std::vector<Metric> metrics;
  };
  // A failure that is going on or not.
  struct Episode {
    bool is_on = false;
    int64_t last_step = 0;  // that it was seen in
  };

  [[nodiscard]] std::optional<double> mean(std::string_view name) const;
  [[nodiscard]] std::optional<double> lowest_mean(std::string_view prefix) const;
  // Generated over real; nothing if either is unknown or real clips stand still themselves.
  [[nodiscard]] std::optional<double> share_of_real(const std::string& chart) const;
  [[nodiscard]] std::optional<std::string> discriminator_won() const;
  [[nodiscard]] std::optional<std::string> collapsed() const;
  [[nodiscard]] std::optional<std::string> motion_falls();
  void judge(Episode& episode, std::string_view name, const std::optional<std::string>& finding,
             std::vector<std::string>& said) const;

  AlarmOptions options_;
  std::deque<Line> lines_;  // of the last window
  std::optional<int64_t> first_step_;
  double most_motion_ = 0;  // highest share of the real clips' motion over a window, at most 1
  Episode discriminator_, still_, motion_;
};

}  // namespace sfv::training
