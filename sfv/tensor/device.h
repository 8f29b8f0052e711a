#pragma once

#include <torch/types.h>

#include <string>
#include <string_view>

namespace sfv {

/// What a device's name asks for. Errors: kInvalidArgument for anything but auto, cpu, cuda and cuda:N.
struct DeviceName {
  enum class Kind { kAuto, kCpu, kCuda } kind = Kind::kAuto;
  int index = 0;  // of the GPU
};
[[nodiscard]] DeviceName parse_device(std::string_view text);

/// The GPUs that NVIDIA's driver shows to this process; 0 without a driver. Asks the driver only: libtorch's
/// CUDA part is not loaded.
[[nodiscard]] int count_gpus();

/// The device for "auto", "cpu", "cuda" or "cuda:N". A CUDA device loads libtorch's CUDA library, which lies
/// beside libtorch_cpu, into the process on first use; the program itself does not link to it. auto: the
/// first GPU where there is a driver and that library, else the CPU; a GPU that cannot be used is named in a
/// warning (log.h). Errors: kInvalidArgument; kDevice saying what is missing.
[[nodiscard]] torch::Device open_device(std::string_view text);

/// Until the device has done everything that was asked of it. At once on the CPU.
void wait_for(const torch::Device& device);

/// The number of CPU threads that libtorch computes with. set: 1..1024, errors: kInvalidArgument.
void set_cpu_threads(int threads);
[[nodiscard]] int cpu_threads();

/// "2.11.0".
[[nodiscard]] std::string libtorch_version();

}  // namespace sfv
