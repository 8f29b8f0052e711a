#pragma once

#include <cstdint>
#include <filesystem>

#include "sfv/training/named_tensor.h"

namespace sfv::training {

/// How far a run has come. All else that a run draws or reads follows from it and the recipe.
struct TrainPosition {
  int64_t iteration = 0;  // finished ones
  int64_t phase = 0;      // finished optimiser steps of the next iteration

  [[nodiscard]] bool operator==(const TrainPosition&) const = default;
};

/// Writes the tensors and the position into one safetensors file. Atomic. Errors: those of SafetensorsWriter;
/// kInvalidArgument for a tensor of another type than float32, float64 and int64, or a name twice.
void save_state(const std::filesystem::path& path, const NamedTensors& state, TrainPosition position);

/// Copies the file's values into the live tensors. Errors: kInvalidFile naming what is missing, unexpected or
/// of another shape or type (a checkpoint of another recipe); nothing is changed then. Those of the reader.
[[nodiscard]] TrainPosition load_state(const std::filesystem::path& path, const NamedTensors& state);

}  // namespace sfv::training
