#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/parity/networks.h"

namespace sfv::parity {

/// How far a result lies from a committed golden.
struct Deviation {
  std::string tensor;   // its name; of gradients, the worst parameter
  double relative = 0;  // L2 of the difference over that of the golden; infinite for wrong shapes and NaN
  double largest = 0;   // absolute
};

/// How far a result may be off.
struct Bar {
  double limit = 0;
  bool is_absolute = false;  // the largest absolute difference counts; else the relative L2
};

/// The bars of bars.py. network: of cases.json; tensor: a name of a Deviation.
[[nodiscard]] Bar bar_of(std::string_view network, std::string_view tensor);

/// Compares what a golden file (tests/golden/parity/README.md) holds with a whole result: one deviation for
/// each output, and one, "gradients: <parameter>", for all gradients. Gradients are compared by norm and by
/// four projections, which estimate the relative error; those under 1e-6 of the global norm are measured
/// against the global norm.
[[nodiscard]] std::vector<Deviation> compare_with_golden(const std::filesystem::path& golden,
                                                         const Tensors& result);

}  // namespace sfv::parity
