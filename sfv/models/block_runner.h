#pragma once

#include <torch/types.h>

#include <functional>
#include <string>
#include <vector>

namespace sfv::models {

/// One block of a network as whoever runs it sees it: all that flows in and out are tensors given and
/// returned, so that the same block can be run twice.
struct BlockCall {
  std::string name;                       // "down_blocks.0", "mid_block", "up_blocks.3": the keys' beginning
  std::vector<torch::Tensor> parameters;  // that `function` uses besides its inputs
  std::function<std::vector<torch::Tensor>(std::vector<torch::Tensor> inputs)> function;
};

/// Runs a block on its inputs and returns its outputs. The seam for activation checkpointing
/// (training/activation_checkpoint.h); an empty one means: just call the function.
using BlockRunner =
    std::function<std::vector<torch::Tensor>(const BlockCall& call, std::vector<torch::Tensor> inputs)>;

}  // namespace sfv::models
