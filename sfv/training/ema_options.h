#pragma once

#include <cstdint>

namespace sfv::training {

/// The running average of the weights, in fp32; it is what is sampled from and saved as the model.
struct EmaOptions {
  double decay = 0.95;   // [0, 1), an optimiser step
  int64_t warm_up = 0;   // decay at step n is min(decay, (1 + n) / (warm_up + n)); 0: no warm-up
  bool on_host = false;  // keep it in host memory

  [[nodiscard]] bool operator==(const EmaOptions&) const = default;
};

}  // namespace sfv::training
