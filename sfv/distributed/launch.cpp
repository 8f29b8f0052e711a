#include "sfv/distributed/launch.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::distributed {
namespace {

constexpr int64_t kMaxRanks = 1'000'000;

int64_t number_of(const std::string& name, const std::string& text, int64_t min, int64_t max) {
  int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  SFV_CHECK(error == std::errc() && end == text.data() + text.size() && value >= min && value <= max,
            kInvalidArgument, "[ranks] ", name, ": expected a number from ", min, " to ", max, ", found \"",
            text, "\"; it is set by the launcher (torchrun, mpirun, srun)");
  return value;
}

// Nothing unless all four are there: single ones may be left from elsewhere.
std::optional<Launch> find_torchrun(const Environment& environment) {
  const auto rank = environment("RANK"), size = environment("WORLD_SIZE");
  const auto address = environment("MASTER_ADDR"), port = environment("MASTER_PORT");
  if (!rank || !size || !address || !port) return std::nullopt;
  Launch launch;
  launch.launcher = environment("TORCHELASTIC_RUN_ID") ? "torchrun" : "the variables RANK and WORLD_SIZE";
  launch.place.size = number_of("WORLD_SIZE", *size, 1, kMaxRanks);
  launch.place.rank = number_of("RANK", *rank, 0, launch.place.size - 1);
  const auto local_rank = environment("LOCAL_RANK"), local_size = environment("LOCAL_WORLD_SIZE");
  if (local_size) launch.place.local_size = number_of("LOCAL_WORLD_SIZE", *local_size, 1, launch.place.size);
  if (local_rank) launch.place.local_rank = number_of("LOCAL_RANK", *local_rank, 0, launch.place.size - 1);
  launch.address = *address;
  launch.port = static_cast<uint16_t>(number_of("MASTER_PORT", *port, 1, 65535));
  // torchrun sets it where its own agent listens at MASTER_PORT.
  launch.has_store = environment("TORCHELASTIC_USE_AGENT_STORE").value_or("") == "True";
  if (launch.place.size > 1) launch.by = Launch::By::kTorchrun;
  return launch;
}

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Launch find_launch(const Environment& environment) {
  if (auto launch = find_torchrun(environment)) return *std::move(launch);
  constexpr std::array<std::pair<const char*, const char*>, 3> kSizes = {
      {{"OMPI_COMM_WORLD_SIZE", "mpirun"}, {"PMI_SIZE", "mpirun"}, {"SLURM_STEP_NUM_TASKS", "srun"}}};
  for (const auto& [name, launcher] : kSizes) {
    const auto text = environment(name);
    if (!text) continue;
    Launch launch;
    launch.launcher = launcher;
    launch.place.size = number_of(name, *text, 1, kMaxRanks);
    if (launch.place.size > 1) launch.by = Launch::By::kMpi;
    return launch;
  }
  return {};
}

}  // namespace sfv::distributed
