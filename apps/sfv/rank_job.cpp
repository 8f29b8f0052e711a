#include "apps/sfv/rank_job.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "apps/sfv/error_report.h"
#include "sfv/core/check.h"
#include "sfv/core/rounding.h"
#include "sfv/distributed/open_ranks.h"
#include "sfv/tensor/device.h"
#include "sfv/training/rank_agreement.h"

namespace sfv::cli {

int run_on_ranks(const std::string& command, const CommandContext& context,
                 const std::function<int(distributed::Ranks&)>& body) {
  const auto ranks = distributed::open_ranks();
  try {
    return body(*ranks);
  } catch (const std::exception& exception) {
    if (ranks->size() == 1) throw;
    const Error error = as_error(exception);
    const std::string text = "[" + command + "] " + training::rank_name(*ranks) + ": " + error.what();
    std::fprintf(stderr, "%s\n", error_line(text).c_str());
    std::fflush(stderr);
    const int status = exit_code(error, context.cancel);
    ranks->end_all(status);
    return status;
  }
}

void share_threads(int64_t asked, distributed::Ranks& ranks) {
  if (asked > 0) return set_cpu_threads(static_cast<int>(asked));
  // A user's word, or torchrun's.
  const bool is_told = std::getenv("OMP_NUM_THREADS") != nullptr;
  const int64_t share = distributed::fair_threads(ranks);
  if (ranks.size() > 1 && !is_told) set_cpu_threads(static_cast<int>(share));
}

std::string device_of_rank(const std::string& asked, const distributed::Ranks& ranks) {
  const DeviceName::Kind kind = parse_device(asked).kind;
  if (ranks.size() == 1 || kind == DeviceName::Kind::kCpu) return asked;
  const int gpus = count_gpus();
  if (kind == DeviceName::Kind::kAuto && gpus == 0) return "cpu";
  SFV_CHECK(asked.find(':') == std::string::npos, kInvalidArgument, "[device] --device ", asked, " for ",
            ranks.size(),
            " ranks: each needs a GPU of its own; give --device cuda, and the GPUs to use by "
            "CUDA_VISIBLE_DEVICES");
  if (gpus == 0) return asked;  // opening it says what is missing
  return concat("cuda:", distributed::gpu_of(ranks.place(), gpus));
}

std::pair<int64_t, int64_t> block_of(int64_t total, int64_t unit, const distributed::RankPlace& place) {
  const int64_t units = quotient_up(total, unit);
  const auto edge = [&](int64_t rank) { return std::min(units * rank / place.size * unit, total); };
  return {edge(place.rank), edge(place.rank + 1)};
}

}  // namespace sfv::cli
