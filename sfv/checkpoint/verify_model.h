#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sfv/core/cancel.h"

namespace sfv::checkpoint {

/// One thing looked at, and how it is.
struct VerifyItem {
  std::string what;  // "unet/diffusion_pytorch_model.fp16.safetensors"
  bool is_good = false;
  std::string detail;  // what is wrong, or what was checked
};

/// Checks a model through and through: every variant of its weight files opens, every tensor has the name and
/// shape that its config asks for, and every number is finite. Reads every byte. cancel may be null. Errors:
/// those of open_model, for a model that cannot even be opened; kCancelled.
[[nodiscard]] std::vector<VerifyItem> verify_model(const std::string& name, const CancelToken* cancel);

}  // namespace sfv::checkpoint
