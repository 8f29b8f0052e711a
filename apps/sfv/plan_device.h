#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace sfv::cli {

/// What something is planned for: the device where it is there, else its kind alone.
struct PlanDevice {
  at::DeviceType type = at::kCPU;
  std::optional<torch::Device> here;
};

/// name: as in open_device. Errors: those of open_device but for a GPU that is not there.
[[nodiscard]] PlanDevice find_plan_device(const std::string& name);

}  // namespace sfv::cli
