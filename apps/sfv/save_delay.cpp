#include "apps/sfv/save_delay.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>

#include "sfv/core/check.h"

namespace sfv::cli {
namespace {

constexpr const char* kVariable = "SFV_SAVE_DELAY";
constexpr std::array<std::string_view, 4> kPoints = {"written", "listed", "renamed", "finished"};
constexpr int kMaxMilliseconds = 60'000;

}  // namespace

std::function<void(training::SavePoint)> make_save_delay() {
  const char* value = std::getenv(kVariable);
  if (value == nullptr || *value == '\0') return {};
  const std::string_view text = value;
  const size_t colon = std::min(text.find(':'), text.size());
  const auto* const point = std::find(kPoints.begin(), kPoints.end(), text.substr(0, colon));
  const std::string_view digits = text.substr(std::min(colon + 1, text.size()));
  int milliseconds = -1;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), milliseconds);
  const bool is_number = parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size() &&
                         milliseconds >= 0 && milliseconds <= kMaxMilliseconds;
  SFV_CHECK(point != kPoints.end() && is_number, kInvalidArgument, "[train] ", kVariable,
            ": expected written, listed, renamed or finished, a colon and 0 to ", kMaxMilliseconds,
            " milliseconds, found ", text);
  const auto wanted = static_cast<training::SavePoint>(point - kPoints.begin());
  return [wanted, name = *point, milliseconds](training::SavePoint reached) {
    if (reached != wanted) return;
    std::fprintf(stderr, "sfv: save delayed: %.*s\n", static_cast<int>(name.size()), name.data());
    std::fflush(stderr);
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  };
}

}  // namespace sfv::cli
