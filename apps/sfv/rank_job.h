#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "apps/sfv/command.h"
#include "sfv/distributed/ranks.h"

namespace sfv::cli {

/// Runs a command's body as one of the ranks that a launcher started, or alone without one. An error of one
/// rank is printed with its number and ends all: the others would wait for it. Alone it is thrown on. Returns
/// the exit code.
[[nodiscard]] int run_on_ranks(const std::string& command, const CommandContext& context,
                               const std::function<int(distributed::Ranks&)>& body);

/// Sets this rank's CPU threads: as many as asked for; if 0, a rank among several takes its share of the
/// machine's cores, unless OMP_NUM_THREADS says otherwise. All ranks call it. Errors: those of
/// set_cpu_threads.
void share_threads(int64_t asked, distributed::Ranks& ranks);

/// The device this rank works on, as open_device() takes it: of `asked` "cuda" or "auto" a GPU of its own
/// where there are several ranks, and none falls back to the CPU alone. Errors: kInvalidArgument for one GPU
/// that is named for all; those of gpu_of.
[[nodiscard]] std::string device_of_rank(const std::string& asked, const distributed::Ranks& ranks);

/// The block [first, second) of `total` items that a rank does: in order of the ranks, in whole multiples of
/// `unit` but for the end, as even as that allows.
[[nodiscard]] std::pair<int64_t, int64_t> block_of(int64_t total, int64_t unit,
                                                   const distributed::RankPlace& place);

}  // namespace sfv::cli
