// The temporal decoder in pieces, beside the whole: equal up to rounding, wherever the cuts are.
#include <gtest/gtest.h>
#include <torch/csrc/autograd/grad_mode.h>

#include <tuple>

#include "sfv/models/autoencoder_kl_temporal_decoder.h"
#include "sfv/ops/split.h"
#include "sfv/tensor/random.h"

namespace sfv::models {
namespace {

// Frames, bytes of a piece. A frame of the widest layer has 48 x 32 pixels, 64 channels: 393,216 bytes.
using Case = std::tuple<int64_t, int64_t>;

class DecoderPieces : public ::testing::TestWithParam<Case> {
 protected:
  static AutoencoderKLTemporalDecoder make_vae(bool is_temporal) {
    VaeConfig config;
    config.block_out_channels = {32, 64, 64};
    config.layers_per_block = 1;
    config.has_temporal_decoder = is_temporal;
    AutoencoderKLTemporalDecoder vae(config);
    at::Generator generator = make_generator(11);
    for (torch::Tensor parameter : vae->parameters()) {
      parameter.set_requires_grad(false);
      const bool is_norm = parameter.dim() == 1;
      parameter.set_data(draw_normal(parameter.sizes(), generator) * (is_norm ? 0.3 : 0.06) +
                         (is_norm ? 0.5 : 0.0));
    }
    return vae;
  }

  const torch::NoGradGuard no_grad_;
};

TEST_P(DecoderPieces, GiveTheSameFrames) {
  const auto [frames, bytes] = GetParam();
  AutoencoderKLTemporalDecoder vae = make_vae(true);
  at::Generator generator = make_generator(5);
  const torch::Tensor z = draw_normal({2 * frames, 4, 12, 8}, generator);  // two videos
  const torch::Tensor whole = vae->decode(z, frames, DecoderMemory::kWhole);
  const ops::MaxPiece piece(bytes);
  const torch::Tensor pieces = vae->decode(z, frames, DecoderMemory::kPieces);
  const torch::Tensor recomputed = vae->decode(z, frames, DecoderMemory::kRecompute);
  ASSERT_GT(whole.abs().max().item<double>(), 0.1) << "something to compare";
  EXPECT_EQ(pieces.sizes(), whole.sizes());
  EXPECT_LT((pieces - whole).abs().max().item<double>(), 1e-5 * whole.abs().max().item<double>());
  EXPECT_TRUE(recomputed.equal(pieces)) << "to the byte";
}

TEST_P(DecoderPieces, DoNotSpoilTheirInput) {
  const auto [frames, bytes] = GetParam();
  AutoencoderKLTemporalDecoder vae = make_vae(true);
  at::Generator generator = make_generator(6);
  const torch::Tensor z = draw_normal({frames, 4, 12, 8}, generator), before = z.clone();
  const ops::MaxPiece piece(bytes);
  const torch::Tensor first = vae->decode(z, frames, DecoderMemory::kPieces);
  EXPECT_TRUE(z.equal(before));
  EXPECT_TRUE(vae->decode(z, frames, DecoderMemory::kPieces).equal(first));
}

TEST_P(DecoderPieces, OfADecoderWithoutTimeAreItsFrames) {
  const auto [frames, bytes] = GetParam();
  AutoencoderKLTemporalDecoder vae = make_vae(false);
  at::Generator generator = make_generator(7);
  const torch::Tensor z = draw_normal({frames, 4, 12, 8}, generator);
  const torch::Tensor whole = vae->decode(z, frames, DecoderMemory::kWhole);
  const torch::Tensor pieces = vae->decode(z, frames, DecoderMemory::kPieces);
  EXPECT_LT((pieces - whole).abs().max().item<double>(), 1e-5 * whole.abs().max().item<double>());
}

INSTANTIATE_TEST_SUITE_P(Cuts, DecoderPieces,
                         ::testing::Combine(::testing::Values(int64_t{1}, int64_t{5}),
                                            ::testing::Values(int64_t{1}, int64_t{100000}, int64_t{1} << 20,
                                                              int64_t{1} << 30)));

}  // namespace
}  // namespace sfv::models
