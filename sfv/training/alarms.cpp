#include "sfv/training/alarms.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>

#include "sfv/core/check.h"

namespace sfv::training {
namespace {

std::string percent(double share) {
  return concat(std::llround(100 * share), " %");
}

std::string short_number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2g", value);
  return text.data();
}

}  // namespace

std::optional<double> Alarms::mean(std::string_view name) const {
  double sum = 0;
  int64_t count = 0;
  for (const Line& line : lines_) {
    for (const Metric& metric : line.metrics) {
      if (metric.name != name) continue;
      sum += metric.value;
      ++count;
    }
  }
  return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
}

std::optional<double> Alarms::lowest_mean(std::string_view prefix) const {
  std::set<std::string_view> names;
  for (const Line& line : lines_)
    for (const Metric& metric : line.metrics)
      if (metric.name.starts_with(prefix)) names.insert(metric.name);
  std::optional<double> lowest;
  for (const std::string_view name : names) {
    const double value = *mean(name);
    if (!lowest || !(value >= *lowest)) lowest = value;
  }
  return lowest;
}

std::optional<double> Alarms::share_of_real(const std::string& chart) const {
  const std::optional<double> generated = mean(chart + "/generated"), real = mean(chart + "/real");
  if (!generated || !real || *real <= 0) return std::nullopt;
  return *generated / *real;
}

std::optional<std::string> Alarms::discriminator_won() const {
  const std::optional<double> loss = mean("loss/discriminator");
  const std::optional<double> real = lowest_mean("accuracy_real/"), fake = lowest_mean("accuracy_fake/");
  if (options_.discriminator_loss == 0 || !loss || !real || !fake) return std::nullopt;
  // Not "<=" turned round: a NaN is no victory.
  const bool won =
      *loss <= options_.discriminator_loss && std::min(*real, *fake) >= options_.discriminator_accuracy;
  if (!won) return std::nullopt;
  return concat("the discriminator has won: its loss is ", short_number(*loss),
                " and every head tells at least ", percent(std::min(*real, *fake)),
                " of the clips apart, so the generator learns nothing from it. Lower "
                "discriminator_optimizer.lr, switch on adversarial.r1, or raise "
                "adversarial.discriminator.p_mean");
}

std::optional<std::string> Alarms::collapsed() const {
  const std::optional<double> share = share_of_real("distance_from_first_frame");
  if (!share || !(*share < options_.still_below)) return std::nullopt;
  return concat("the frames collapse onto the condition picture: generated clips leave their first frame by ",
                percent(*share),
                " of what real ones do. Go on from an older checkpoint with temporal heads, a lower "
                "optimizer.lr, or trainable = \"spatial\" first");
}

std::optional<std::string> Alarms::motion_falls() {
  const std::optional<double> share = share_of_real("motion");
  if (!share || options_.motion_below == 0) return std::nullopt;
  // Noise of a network that has learnt nothing yet moves more than any clip.
  most_motion_ = std::max(most_motion_, std::min(*share, 1.0));
  if (!(*share < options_.motion_below * most_motion_)) return std::nullopt;
  return concat("motion is falling: generated clips move ", percent(*share), " as much as real ones, after ",
                percent(most_motion_),
                " earlier in this run. Use temporal heads, lower optimizer.lr, or set "
                "adversarial.frame_difference_weight");
}

void Alarms::judge(Episode& episode, std::string_view name, const std::optional<std::string>& finding,
                   std::vector<std::string>& said) const {
  const int64_t now = lines_.back().step;
  if (finding) {
    if (!episode.is_on) said.push_back(concat("alarm: ", *finding));
    episode = {true, now};
  } else if (episode.is_on && now - episode.last_step >= options_.window) {
    episode.is_on = false;
    said.push_back(concat("alarm over: ", name, ", not seen for ", options_.window, " iterations"));
  }
}

std::vector<std::string> Alarms::observe(int64_t step, std::span<const Metric> metrics) {
  std::vector<std::string> said;
  if (!first_step_) first_step_ = step;
  lines_.push_back({step, {metrics.begin(), metrics.end()}});
  while (lines_.front().step <= step - options_.window) lines_.pop_front();
  if (step - *first_step_ + 1 < options_.window) return said;
  judge(discriminator_, "the discriminator had won", discriminator_won(), said);
  judge(still_, "frames had collapsed onto the condition picture", collapsed(), said);
  judge(motion_, "motion had fallen", motion_falls(), said);
  return said;
}

void Alarms::replay(std::span<const MetricsLine> lines) {
  for (const MetricsLine& line : lines)
    if (line.note.empty()) (void)observe(line.step, line.metrics);
}

}  // namespace sfv::training
