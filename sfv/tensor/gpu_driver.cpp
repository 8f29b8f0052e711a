#include "sfv/tensor/gpu_driver.h"

#include <dlfcn.h>

#include <array>

#include "sfv/core/side_library.h"

namespace sfv {

template <typename... Arguments>
bool GpuDriver::call(const char* name, Arguments... arguments) const {
  int (*function)(Arguments...) = nullptr;
  return library_ && find_functions(library_.get(), name, function) && function(arguments...) == 0;
}

GpuDriver::GpuDriver() {
  void* const library = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return;
  library_ = std::shared_ptr<void>(library, [](void* handle) { dlclose(handle); });
  if (!call("cuInit", 0U)) library_.reset();
}

int GpuDriver::count() const {
  int count = 0;
  return call("cuDeviceGetCount", &count) ? count : 0;
}

// CUdevice is an int.
std::string GpuDriver::name(int index) const {
  int device = 0;
  std::array<char, 256> text = {};
  const bool is_known = call("cuDeviceGet", &device, index) &&
                        call("cuDeviceGetName", text.data(), static_cast<int>(text.size() - 1), device);
  return is_known ? text.data() : "";
}

double GpuDriver::clock_ghz(int index) const {
  constexpr int kClockRate = 13;  // CU_DEVICE_ATTRIBUTE_CLOCK_RATE, in kHz
  int device = 0, khz = 0;
  const bool is_known =
      call("cuDeviceGet", &device, index) && call("cuDeviceGetAttribute", &khz, kClockRate, device);
  return is_known ? khz / 1e6 : 0;
}

}  // namespace sfv
