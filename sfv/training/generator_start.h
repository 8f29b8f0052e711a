#pragma once

#include <string>

#include "sfv/checkpoint/model.h"

namespace sfv::training {

/// Gives the model's UNet other weights to start from. start: a UNet's safetensors file, or a model folder,
/// whose UNet has the same config. Errors: those of load_model; kInvalidArgument if the networks differ.
void load_unet(const std::string& start, checkpoint::Model& model);

}  // namespace sfv::training
