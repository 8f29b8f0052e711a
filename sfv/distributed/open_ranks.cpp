#include "sfv/distributed/open_ranks.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "sfv/core/check.h"
#include "sfv/distributed/launch.h"
#include "sfv/distributed/mpi_ranks.h"
#include "sfv/distributed/store_ranks.h"

namespace sfv::distributed {

std::unique_ptr<Ranks> open_ranks() {
  const Launch launch = find_launch(process_environment);
  switch (launch.by) {
    case Launch::By::kItself:
      return std::make_unique<SingleRank>();
    case Launch::By::kMpi:
      return open_mpi_ranks(launch.place.size, launch.launcher);
    case Launch::By::kTorchrun:
      return open_store_ranks(launch);
  }
  throw Error(ErrorCode::kInternal, "[ranks] unknown launcher");
}

int64_t gpu_of(const RankPlace& place, int64_t gpus) {
  if (gpus == 1) return 0;
  SFV_CHECK(place.local_rank < gpus, kDevice, "[ranks] this machine has ", place.local_size, " ranks and ",
            gpus, " GPUs: rank ", place.rank, " has none; start one rank for each GPU");
  return place.local_rank;
}

int64_t fair_threads(Ranks& ranks) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
  std::array<char, 256> host = {};
  gethostname(host.data(), host.size() - 1);
  std::string place = host.data();
  place += '/';
  // mpirun may have bound each rank to cores of its own: then they need not share.
  for (size_t core = 0; core < CPU_SETSIZE; ++core) place += CPU_ISSET(core, &cores) ? '1' : '0';
  const std::vector<std::string> all = ranks.gather(place);
  const int64_t sharing = std::count(all.begin(), all.end(), place);
  return std::max<int64_t>(CPU_COUNT(&cores) / sharing, 1);
}

}  // namespace sfv::distributed
