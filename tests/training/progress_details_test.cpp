#include "sfv/training/progress_details.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sfv::training {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ProgressDetails, SayWhatAnAdversarialStepDid) {
  const std::vector<Metric> metrics = {{"accuracy_fake/a", 0.6},
                                       {"accuracy_fake/b", 0.68},
                                       {"accuracy_real/a", 0.712},
                                       {"accuracy_real/b", 0.713},
                                       {"clips_per_s", 5.24},
                                       {"gradient_at_x0/adversarial", 0.0123},
                                       {"gradient_at_x0/reconstruction", 0.0119},
                                       {"gradient_norm/discriminator", 0.92},
                                       {"gradient_norm/generator", 0.351},
                                       {"lambda", 0.1},
                                       {"learning_rate/generator", 1e-4},
                                       {"loss/discriminator", 1.7312},
                                       {"loss/generator_adversarial", 0.311},
                                       {"loss/reconstruction", 0.0121},
                                       {"memory_gib/now", 3.1},
                                       {"memory_gib/peak", 4.56},
                                       {"motion/real", 0.1}};
  EXPECT_THAT(progress_details(metrics),
              ElementsAre("D 1.73 (real 71%, fake 64% [60-68])", "G 0.311", "rec 0.0121", "|g_adv| 0.0123",
                          "|g_rec| 0.0119", "5.24 clips/s", "|g| D 0.92", "|g| G 0.351", "4.56 GiB"));
}

TEST(ProgressDetails, KnowOtherStages) {
  const std::vector<Metric> metrics = {
      {"clips_per_s", 12}, {"gradient_norm/vae", 3}, {"loss/l1", 0.05}, {"psnr", 24.31}};
  EXPECT_THAT(progress_details(metrics), ElementsAre("l1 0.05", "24.3 dB", "12 clips/s", "|g| vae 3"));
  EXPECT_THAT(progress_details({}), IsEmpty());
}

}  // namespace
}  // namespace sfv::training
