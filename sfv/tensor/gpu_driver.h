#pragma once

#include <memory>
#include <string>

namespace sfv {

/// NVIDIA's driver, asked directly: libtorch's CUDA part is not loaded for it.
class GpuDriver {
 public:
  GpuDriver();

  /// The GPUs that it shows to this process; 0 without a driver.
  [[nodiscard]] int count() const;
  /// Of GPU `index`: "NVIDIA H200"; empty where unknown.
  [[nodiscard]] std::string name(int index) const;
  /// Its multiprocessors' highest clock; 0 where unknown.
  [[nodiscard]] double clock_ghz(int index) const;

 private:
  // f, a function of the driver that gives 0 when all went well, with these arguments.
  template <typename... Arguments>
  [[nodiscard]] bool call(const char* name, Arguments... arguments) const;

  std::shared_ptr<void> library_;  // null: no driver, or one that does not start
};

}  // namespace sfv
