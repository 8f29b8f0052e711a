#include "sfv/training/rank_report.h"

#include <cstdint>
#include <cstring>
#include <string_view>

#include "sfv/core/check.h"

namespace sfv::training {
namespace {

template <typename Number>
void append_number(std::string& bytes, Number number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void append_text(std::string& bytes, const std::string& text) {
  append_number(bytes, static_cast<uint64_t>(text.size()));
  bytes += text;
}

std::string_view take(std::string_view& bytes, uint64_t length) {
  SFV_CHECK(bytes.size() >= length, kInternal, "[train] a rank's report is cut short");
  const std::string_view taken = bytes.substr(0, length);
  bytes.remove_prefix(length);
  return taken;
}

template <typename Number>
Number take_number(std::string_view& bytes) {
  Number number = {};
  std::memcpy(&number, take(bytes, sizeof number).data(), sizeof number);
  return number;
}

std::string take_text(std::string_view& bytes) {
  const auto length = take_number<uint64_t>(bytes);
  return std::string(take(bytes, length));
}

}  // namespace

std::string to_report(const MetricMeans& means, const std::vector<std::string>& notes) {
  std::string bytes;
  append_number(bytes, static_cast<uint64_t>(notes.size()));
  for (const std::string& note : notes) append_text(bytes, note);
  for (const auto& [name, sum] : means.sums()) {
    append_text(bytes, name);
    append_number(bytes, sum.total);
    append_number(bytes, sum.count);
  }
  return bytes;
}

std::vector<std::string> add_report(const std::string& report, MetricMeans& means) {
  std::string_view bytes = report;
  std::vector<std::string> notes;
  for (auto count = take_number<uint64_t>(bytes); count > 0; --count) notes.push_back(take_text(bytes));
  while (!bytes.empty()) {
    const std::string name = take_text(bytes);
    MetricMeans::Sum sum;
    sum.total = take_number<double>(bytes);
    sum.count = take_number<int64_t>(bytes);
    means.add(name, sum);
  }
  return notes;
}

}  // namespace sfv::training
