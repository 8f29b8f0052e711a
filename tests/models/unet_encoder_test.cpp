#include "sfv/models/unet_encoder.h"

#include <gtest/gtest.h>

#include <map>

#include "sfv/core/error.h"
#include "sfv/models/unet_spatio_temporal.h"
#include "tests/training/small_networks.h"

namespace sfv::models {
namespace {

using training::testing::fill_random;
using training::testing::small_unet_config;
using training::testing::small_unet_inputs;

TEST(UNetEncoder, HasTheWholesFirstKeysAndNoOthers) {
  UNetSpatioTemporalEncoder encoder(small_unet_config());
  UNetSpatioTemporalConditionModel unet(small_unet_config());
  const auto mine = encoder->named_parameters();
  const auto theirs = unet->named_parameters();
  for (size_t i = 0; i < mine.size(); ++i) {
    EXPECT_EQ(mine[i].key(), theirs[i].key());
    EXPECT_EQ(mine[i].value().sizes(), theirs[i].value().sizes());
  }
  for (size_t i = mine.size(); i < theirs.size(); ++i) {
    const std::string key = theirs[i].key();
    EXPECT_TRUE(key.starts_with("mid_block.") || key.starts_with("up_blocks.") || key.starts_with("conv_"))
        << key;
  }
}

TEST(UNetEncoder, TapsAreWhatTheWholesDownBlocksEndWith) {
  const torch::NoGradGuard no_grad;
  UNetSpatioTemporalEncoder encoder(small_unet_config());
  UNetSpatioTemporalConditionModel unet(small_unet_config());
  fill_random(*unet, 1);
  for (auto& item : encoder->named_parameters()) item.value().set_data(unet->named_parameters()[item.key()]);
  const auto in = small_unet_inputs(2, 3);
  const torch::Tensor plain = unet(in.sample, in.timestep, in.encoder_hidden_states, in.added_time_ids);
  std::map<std::string, torch::Tensor> ends;
  unet->set_block_runner([&](const BlockCall& call, std::vector<torch::Tensor> inputs) {
    auto outputs = call.function(std::move(inputs));
    ends[call.name] = outputs.back();
    return outputs;
  });
  const torch::Tensor through_runner =
      unet(in.sample, in.timestep, in.encoder_hidden_states, in.added_time_ids);
  EXPECT_TRUE(through_runner.equal(plain));
  EXPECT_EQ(ends.size(), 9U);  // four down, one in the middle, four up

  const std::vector<torch::Tensor> taps =
      encoder(in.sample, in.timestep, in.encoder_hidden_states, in.added_time_ids);
  ASSERT_EQ(taps.size(), 4U);
  const std::vector<std::vector<int64_t>> shapes = {
      {6, 32, 8, 8}, {6, 64, 4, 4}, {6, 64, 2, 2}, {6, 64, 2, 2}};
  for (size_t i = 0; i < taps.size(); ++i) {
    EXPECT_EQ(taps[i].sizes().vec(), shapes[i]);
    EXPECT_TRUE(taps[i].is_contiguous(at::MemoryFormat::ChannelsLast)) << i;
    EXPECT_TRUE(taps[i].equal(ends["down_blocks." + std::to_string(i)])) << i;
  }
}

TEST(UNetEncoder, NamesItselfInErrors) {
  UNetSpatioTemporalEncoder encoder(small_unet_config());
  const auto in = small_unet_inputs(1, 2);
  try {
    (void)encoder(in.sample.narrow(2, 0, 4), in.timestep, in.encoder_hidden_states, in.added_time_ids);
    FAIL() << "a sample of 4 channels was accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("[UNetSpatioTemporalEncoder] sample"), std::string::npos);
  }
}

}  // namespace
}  // namespace sfv::models
