#include "sfv/distributed/launch.h"

#include <gmock/gmock.h>

#include <map>
#include <utility>
#include <vector>

#include "sfv/distributed/open_ranks.h"
#include "tests/error_of.h"

namespace sfv::distributed {
namespace {

using ::testing::HasSubstr;
using By = Launch::By;

Launch launch_of(const std::map<std::string, std::string>& variables) {
  return find_launch([&](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

const std::map<std::string, std::string> kTorchrun = {{"RANK", "3"},
                                                      {"WORLD_SIZE", "4"},
                                                      {"LOCAL_RANK", "1"},
                                                      {"LOCAL_WORLD_SIZE", "2"},
                                                      {"MASTER_ADDR", "node0"},
                                                      {"MASTER_PORT", "29500"}};

TEST(Launch, WithoutALauncherItIsOneProcess) {
  EXPECT_EQ(launch_of({}).by, By::kItself);
  EXPECT_EQ(launch_of({}).place, RankPlace{});
}

TEST(Launch, MpiAndSlurmTellTheirSize) {
  const Launch mpirun = launch_of({{"OMPI_COMM_WORLD_SIZE", "4"}, {"SLURM_STEP_NUM_TASKS", "1"}});
  EXPECT_EQ(mpirun.by, By::kMpi);
  EXPECT_EQ(mpirun.place.size, 4);
  EXPECT_EQ(mpirun.launcher, "mpirun");
  EXPECT_EQ(launch_of({{"PMI_SIZE", "2"}}).by, By::kMpi);
  EXPECT_EQ(launch_of({{"SLURM_STEP_NUM_TASKS", "8"}}).launcher, "srun");
  EXPECT_EQ(launch_of({{"OMPI_COMM_WORLD_SIZE", "1"}}).by, By::kItself);
  // A batch script's own variable: its commands are no tasks of a step.
  EXPECT_EQ(launch_of({{"SLURM_NTASKS", "8"}}).by, By::kItself);
}

TEST(Launch, TorchrunTellsThePlace) {
  auto variables = kTorchrun;
  variables["SLURM_STEP_NUM_TASKS"] = "2";  // srun starts one torchrun a machine
  Launch launch = launch_of(variables);
  EXPECT_EQ(launch.by, By::kTorchrun);
  EXPECT_EQ(launch.place, (RankPlace{.rank = 3, .size = 4, .local_rank = 1, .local_size = 2}));
  EXPECT_EQ(launch.address, "node0");
  EXPECT_EQ(launch.port, 29500);
  EXPECT_FALSE(launch.has_store);
  variables["TORCHELASTIC_USE_AGENT_STORE"] = "True";
  EXPECT_TRUE(launch_of(variables).has_store);
  variables.erase("MASTER_PORT");
  EXPECT_EQ(launch_of(variables).by, By::kMpi);  // no longer all four
}

TEST(Launch, RefusesWhatIsNoNumber) {
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"RANK", "4"},
                                                        {"RANK", "-1"},
                                                        {"WORLD_SIZE", "four"},
                                                        {"WORLD_SIZE", ""},
                                                        {"LOCAL_RANK", "4"},
                                                        {"LOCAL_WORLD_SIZE", "9"},
                                                        {"MASTER_PORT", "70000"}}) {
    auto variables = kTorchrun;
    variables[name] = value;
    const Error error = error_of([&] { (void)launch_of(variables); });
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << name << "=" << value;
    EXPECT_THAT(error.what(), HasSubstr(name));
  }
  EXPECT_EQ(error_of([] {
              (void)launch_of({{"OMPI_COMM_WORLD_SIZE", "x"}});
            }).code(),
            ErrorCode::kInvalidArgument);
}

TEST(OpenRanks, EachRankHasAGpuOfItsOwn) {
  const RankPlace place = {.rank = 5, .size = 8, .local_rank = 1, .local_size = 4};
  EXPECT_EQ(gpu_of(place, 4), 1);
  EXPECT_EQ(gpu_of(place, 1), 0);  // srun showed it one
  const RankPlace last = {.rank = 7, .size = 8, .local_rank = 3, .local_size = 4};
  EXPECT_EQ(error_of([&] { (void)gpu_of(last, 2); }).code(), ErrorCode::kDevice);
}

}  // namespace
}  // namespace sfv::distributed
