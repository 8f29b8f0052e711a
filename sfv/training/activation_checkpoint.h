#pragma once

#include <torch/types.h>

#include <functional>
#include <string>
#include <vector>

#include "sfv/models/block_runner.h"

namespace sfv::training {

/// function(inputs) that keeps its inputs instead of its inner activations: the forward pass runs without a
/// graph, the backward pass runs the function again with one. Costs one more forward pass of the function.
/// inputs: any number, with or without requires_grad. parameters: all tensors wanting a gradient that the
/// function uses besides; they get theirs as usual, through backward() and through grad(). function: returns
/// tensors that depend on inputs and parameters alone, the same every time (the networks have no dropout); it
/// must not change its inputs. The second run has the first one's MixedPrecision. No second derivatives.
/// Without gradient mode: plain function(inputs).
[[nodiscard]] std::vector<torch::Tensor> checkpointed(
    const std::function<std::vector<torch::Tensor>(std::vector<torch::Tensor>)>& function,
    const std::vector<torch::Tensor>& inputs, const std::vector<torch::Tensor>& parameters);

/// For UNetSpatioTemporalEncoder::set_block_runner and its whole: checkpoints the blocks of these names
/// ("down_blocks.0", "mid_block") or groups ("up_blocks"), all of them if empty.
[[nodiscard]] models::BlockRunner make_checkpointing_runner(std::vector<std::string> blocks = {});

}  // namespace sfv::training
