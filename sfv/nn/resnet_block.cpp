#include "sfv/nn/resnet_block.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/silu.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "sfv/core/rounding.h"
#include "sfv/ops/split.h"
#include "sfv/tensor/layout.h"

namespace sfv::nn {
namespace {

using ops::Activation;

// temb [N, T] -> [N, C, 1, 1], added after the first convolution. Undefined without a time embedding.
torch::Tensor project_time(Linear& time_emb_proj, const torch::Tensor& temb) {
  return time_emb_proj->forward(at::silu(temb)).unsqueeze(2).unsqueeze(3);
}

torch::Tensor add_to(const torch::Tensor& x, const torch::Tensor& y) {
  // x was just computed and belongs to the caller; in place it costs no memory.
  return torch::GradMode::is_enabled() ? x + y : torch::Tensor(x).add_(y);
}

}  // namespace

ResnetBlock2DImpl::ResnetBlock2DImpl(const ResBlockOptions& o) {
  norm1_ = register_module("norm1", GroupNorm(o.in_channels, o.eps));
  conv1_ = register_module("conv1", Conv2d(o.in_channels, o.out_channels));
  if (o.temb_channels > 0)
    time_emb_proj_ = register_module("time_emb_proj", Linear(o.temb_channels, o.out_channels));
  norm2_ = register_module("norm2", GroupNorm(o.out_channels, o.eps));
  conv2_ = register_module("conv2", Conv2d(o.out_channels, o.out_channels));
  if (o.in_channels != o.out_channels) {
    conv_shortcut_ = register_module(
        "conv_shortcut", Conv2d(o.in_channels, o.out_channels, Conv2dOptions{.kernel = 1, .padding = 0}));
  }
}

torch::Tensor ResnetBlock2DImpl::forward(const torch::Tensor& x, const torch::Tensor& temb) {
  torch::Tensor h = conv1_(norm1_->forward(x, Activation::kSilu));
  if (time_emb_proj_) h = add_to(h, project_time(time_emb_proj_, temb));
  h = conv2_(norm2_->forward(h, Activation::kSilu));
  return add_to(h, conv_shortcut_ ? conv_shortcut_(x) : x);
}

TemporalResnetBlockImpl::TemporalResnetBlockImpl(const ResBlockOptions& o) {
  norm1_ = register_module("norm1", GroupNorm(o.out_channels, o.temporal_eps));
  conv1_ = register_module("conv1", TemporalConv(o.out_channels, o.out_channels));
  if (o.temb_channels > 0)
    time_emb_proj_ = register_module("time_emb_proj", Linear(o.temb_channels, o.out_channels));
  norm2_ = register_module("norm2", GroupNorm(o.out_channels, o.temporal_eps));
  conv2_ = register_module("conv2", TemporalConv(o.out_channels, o.out_channels));
}

torch::Tensor TemporalResnetBlockImpl::forward(const torch::Tensor& x, const torch::Tensor& temb,
                                               int64_t frames) {
  torch::Tensor h = conv1_(norm1_->forward_video(x, frames, Activation::kSilu), frames);
  if (time_emb_proj_) h = add_to(h, project_time(time_emb_proj_, temb));
  h = conv2_(norm2_->forward_video(h, frames, Activation::kSilu), frames);
  return add_to(h, x);
}

torch::Tensor TemporalResnetBlockImpl::first_half(const ops::VideoNorm& video, const torch::Tensor& rows,
                                                  int64_t frames) {
  return conv1_(norm1_->forward_part(video, rows, Activation::kSilu), frames);
}

void TemporalResnetBlockImpl::mix_into(FrameParts& parts, int64_t frames, const AlphaBlender& mixer,
                                       bool recompute) {
  const int64_t H = parts.front().size(2);
  int64_t bytes = 0;
  for (const torch::Tensor& part : parts) bytes += static_cast<int64_t>(part.nbytes());
  const int64_t step = std::clamp<int64_t>(ops::max_piece_bytes() * H / std::max<int64_t>(bytes, 1), 1, H);
  const auto bands = static_cast<size_t>(quotient_up(H, step));
  // Some rows of all frames: [(B F), C, rows, W].
  const auto rows_of = [&](const torch::Tensor& part, size_t band) {
    const int64_t begin = static_cast<int64_t>(band) * step;
    return part.narrow(2, begin, std::min(step, H - begin));
  };
  const auto gather = [&](size_t band) {
    FrameParts rows;
    for (const torch::Tensor& part : parts) rows.push_back(rows_of(part, band));
    return rows.size() == 1 ? rows[0] : as_channels_last(at::cat(rows));
  };

  ops::VideoNorm before = norm1_->begin_video(frames), between = norm2_->begin_video(frames);
  for (size_t band = 0; band < bands; ++band) before.add(gather(band));
  FrameParts halves(bands);
  for (size_t band = 0; band < bands; ++band) {
    const torch::Tensor half = first_half(before, gather(band), frames);
    between.add(half);
    if (!recompute) halves[band] = half;
  }
  for (size_t band = 0; band < bands; ++band) {
    const torch::Tensor x = gather(band);
    torch::Tensor half = recompute ? first_half(before, x, frames) : std::move(halves[band]);
    half = norm2_->forward_part(between, half, Activation::kSilu);
    half = conv2_(half, frames);
    const torch::Tensor mixed = mixer->forward(x, half.add_(x));
    int64_t first = 0;
    for (torch::Tensor& part : parts) {
      rows_of(part, band).copy_(mixed.narrow(0, first, part.size(0)));
      first += part.size(0);
    }
  }
}

SpatioTemporalResBlockImpl::SpatioTemporalResBlockImpl(const ResBlockOptions& o)
    : out_channels_(o.out_channels),
      spatial_res_block_(register_module("spatial_res_block", ResnetBlock2D(o))),
      temporal_res_block_(register_module("temporal_res_block", TemporalResnetBlock(o))),
      time_mixer_(register_module("time_mixer", AlphaBlender(o.switch_mix))) {}

torch::Tensor SpatioTemporalResBlockImpl::forward(const torch::Tensor& x, const torch::Tensor& temb,
                                                  int64_t frames) {
  const torch::Tensor spatial = spatial_res_block_(x, temb);
  const torch::Tensor temporal = temporal_res_block_(spatial, temb, frames);
  return time_mixer_(spatial, temporal);
}

FrameParts SpatioTemporalResBlockImpl::forward_in_pieces(FrameSource source, int64_t frames, bool recompute) {
  FrameParts parts;
  const int64_t step = source.frames_at_once(out_channels_);
  for (int64_t begin = 0; begin < source.N; begin += step)
    parts.push_back(spatial_res_block_(source.next(std::min(step, source.N - begin)), torch::Tensor()));
  temporal_res_block_->mix_into(parts, frames, time_mixer_, recompute);
  return parts;
}

}  // namespace sfv::nn
