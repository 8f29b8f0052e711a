#include "apps/sfv/plan_device.h"

#include "sfv/core/error.h"
#include "sfv/tensor/device.h"

namespace sfv::cli {

PlanDevice find_plan_device(const std::string& name) {
  const bool wants_gpu = parse_device(name).kind == DeviceName::Kind::kCuda;
  try {
    const torch::Device device = open_device(name);
    return {device.type(), device};
  } catch (const Error& error) {
    if (!wants_gpu || error.code() != ErrorCode::kDevice) throw;
    return {at::kCUDA, std::nullopt};
  }
}

}  // namespace sfv::cli
