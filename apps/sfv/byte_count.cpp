#include "apps/sfv/byte_count.h"

#include <charconv>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::cli {

uint64_t parse_byte_count(std::string_view option, std::string_view text) {
  constexpr std::pair<std::string_view, uint64_t> kUnits[] = {{"", 1},
                                                              {"KB", 1000},
                                                              {"MB", 1000000},
                                                              {"GB", 1000000000},
                                                              {"TB", uint64_t{1000} * 1000000000},
                                                              {"KiB", uint64_t{1} << 10},
                                                              {"MiB", uint64_t{1} << 20},
                                                              {"GiB", uint64_t{1} << 30},
                                                              {"TiB", uint64_t{1} << 40}};
  constexpr uint64_t kMax = uint64_t{1} << 62;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  if (error == std::errc{}) {
    for (const auto& [name, factor] : kUnits) {
      if (unit == name && number > 0 && number <= kMax / factor) return number * factor;
    }
  }
  throw Error(ErrorCode::kInvalidArgument,
              concat("[", option, "] expected a number of bytes above 0 like 5GB, 400MB or 2GiB, got \"",
                     text, "\""));
}

int64_t parse_memory_limit(std::string_view option, std::string_view text, int64_t free_bytes) {
  if (!text.starts_with('-')) return static_cast<int64_t>(parse_byte_count(option, text));
  const auto left = static_cast<int64_t>(parse_byte_count(option, text.substr(1)));
  SFV_CHECK(left < free_bytes, kInvalidArgument, "[", option, "] ", text,
            " would leave nothing: ", free_bytes, " bytes are free");
  return free_bytes - left;
}

}  // namespace sfv::cli
