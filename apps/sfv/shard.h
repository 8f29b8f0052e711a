#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sfv::cli {

/// The part of a list that this machine does: items whose place (from 0) is index - 1 modulo count.
struct Shard {
  size_t index = 1;  // 1..count
  size_t count = 1;

  [[nodiscard]] bool contains(size_t place) const { return place % count == index - 1; }
};

/// Looks up an environment variable; nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;
/// The process's own.
[[nodiscard]] std::optional<std::string> process_environment(const std::string& name);

/// "2/8", or "slurm": from SLURM_ARRAY_TASK_ID, _COUNT, _MIN and _STEP (of sbatch --array). Not taken from
/// Slurm unasked: a job array that gives each task its own photo would then lose most of them. Errors:
/// kInvalidArgument for another form, an index outside 1..count, or variables that are missing or contradict.
[[nodiscard]] Shard parse_shard(std::string_view text, const Environment& environment);

}  // namespace sfv::cli
