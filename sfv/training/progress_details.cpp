#include "sfv/training/progress_details.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "sfv/core/check.h"

namespace sfv::training {
namespace {

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g", value);
  return text.data();
}

// As short as a line of 80 columns needs them.
std::string short_name(std::string_view name) {
  if (name == "discriminator") return "D";
  if (name == "generator" || name == "generator_adversarial") return "G";
  if (name == "reconstruction") return "rec";
  return std::string(name);
}

// "71%", and with heads that differ "71% [55-90]"; empty without such a figure.
std::string accuracy(std::span<const Metric> metrics, std::string_view prefix) {
  double sum = 0, low = 1, high = 0;
  int64_t count = 0;
  for (const Metric& metric : metrics) {
    if (!metric.name.starts_with(prefix)) continue;
    sum += metric.value;
    low = std::min(low, metric.value);
    high = std::max(high, metric.value);
    ++count;
  }
  if (count == 0) return {};
  const auto percent = [](double share) { return std::llround(100 * share); };
  const std::string mean = concat(percent(sum / static_cast<double>(count)), "%");
  return percent(low) == percent(high) ? mean : concat(mean, " [", percent(low), "-", percent(high), "]");
}

// All figures of one chart: "G 0.31".
void append_chart(std::vector<std::string>& details, std::span<const Metric> metrics, std::string_view chart,
                  const std::string& before) {
  for (const Metric& metric : metrics) {
    if (!metric.name.starts_with(chart)) continue;
    const std::string name = short_name(std::string_view(metric.name).substr(chart.size()));
    details.push_back(concat(before, name, " ", number(metric.value)));
    const std::string real = name == "D" && before.empty() ? accuracy(metrics, "accuracy_real/") : "";
    if (!real.empty())
      details.back() += concat(" (real ", real, ", fake ", accuracy(metrics, "accuracy_fake/"), ")");
  }
}

void append_one(std::vector<std::string>& details, std::span<const Metric> metrics, std::string_view name,
                std::string_view before, std::string_view after) {
  for (const Metric& metric : metrics)
    if (metric.name == name) details.push_back(concat(before, number(metric.value), after));
}

}  // namespace

std::vector<std::string> progress_details(std::span<const Metric> metrics) {
  std::vector<std::string> details;
  append_chart(details, metrics, "loss/", "");
  append_one(details, metrics, "psnr", "", " dB");
  append_one(details, metrics, "gradient_at_x0/adversarial", "|g_adv| ", "");
  append_one(details, metrics, "gradient_at_x0/reconstruction", "|g_rec| ", "");
  append_one(details, metrics, "clips_per_s", "", " clips/s");
  append_chart(details, metrics, "gradient_norm/", "|g| ");
  append_one(details, metrics, "memory_gib/peak", "", " GiB");
  return details;
}

}  // namespace sfv::training
