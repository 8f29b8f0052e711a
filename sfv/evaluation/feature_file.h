#pragma once

#include <torch/types.h>

#include <filesystem>

#include "sfv/evaluation/protocol.h"

namespace sfv::evaluation {

/// Features of a set of clips, and how they were taken.
struct FeatureSet {
  torch::Tensor features;  // [N, D], float32 or float64
  Protocol protocol;       // empty where the file says nothing
};

/// A safetensors file with one tensor `features` [N, D], F32 or F64, the protocol in its header. Atomic.
/// Errors: those of io::SafetensorsWriter.
void write_features(const FeatureSet& set, const std::filesystem::path& path);

/// The same back; also of anyone else's making: other tensors beside `features` and any metadata are allowed.
/// Errors: those of io::SafetensorsFile::open; kInvalidFile for no such tensor, another shape or type.
[[nodiscard]] FeatureSet read_features(const std::filesystem::path& path);

}  // namespace sfv::evaluation
