#include "apps/sfv/shard.h"

#include <charconv>
#include <cstdint>
#include <cstdlib>

#include "sfv/core/check.h"

namespace sfv::cli {
namespace {

constexpr int64_t kMaxShards = 1'000'000;

std::optional<int64_t> parse_count(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int64_t slurm_number(const Environment& environment, const std::string& name,
                     std::optional<int64_t> fallback) {
  const std::optional<std::string> text = environment(name);
  if (!text && fallback) return *fallback;
  SFV_CHECK(text, kInvalidArgument, "[shard] slurm needs the variable ", name,
            ", which sbatch --array sets; give --shard I/N outside of a job array");
  const std::optional<int64_t> value = parse_count(*text);
  SFV_CHECK(value && *value >= 0, kInvalidArgument, "[shard] expected a number in ", name, ", got \"", *text,
            "\"");
  return *value;
}

Shard slurm_shard(const Environment& environment) {
  const int64_t id = slurm_number(environment, "SLURM_ARRAY_TASK_ID", std::nullopt);
  const int64_t count = slurm_number(environment, "SLURM_ARRAY_TASK_COUNT", std::nullopt);
  const int64_t min = slurm_number(environment, "SLURM_ARRAY_TASK_MIN", 0);
  const int64_t step = slurm_number(environment, "SLURM_ARRAY_TASK_STEP", 1);
  // An array with gaps (--array=1,5,7) has no rule that gives each of its tasks another part.
  SFV_CHECK(step >= 1 && count >= 1 && count <= kMaxShards && id >= min && (id - min) % step == 0 &&
                (id - min) / step < count,
            kInvalidArgument, "[shard] expected the job array to be a range such as 0-7 or 1-15:2, got task ",
            id, " of ", count, " from ", min, " by ", step, "; give --shard I/N");
  return {.index = static_cast<size_t>((id - min) / step) + 1, .count = static_cast<size_t>(count)};
}

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Shard parse_shard(std::string_view text, const Environment& environment) {
  if (text == "slurm") return slurm_shard(environment);
  const size_t slash = text.find('/');
  const auto index = parse_count(text.substr(0, slash));
  const auto count = slash == std::string_view::npos ? std::nullopt : parse_count(text.substr(slash + 1));
  SFV_CHECK(index && count && *count >= 1 && *count <= kMaxShards && *index >= 1 && *index <= *count,
            kInvalidArgument, "[shard] expected I/N with I from 1 to N, such as 2/8, or slurm; got \"", text,
            "\"");
  return {.index = static_cast<size_t>(*index), .count = static_cast<size_t>(*count)};
}

}  // namespace sfv::cli
