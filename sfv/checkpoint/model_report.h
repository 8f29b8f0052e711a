#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sfv/core/cancel.h"

namespace sfv::checkpoint {

struct FileReport {
  std::string path;
  uint64_t bytes = 0;
  std::string sha256;
};

struct ComponentReport {
  std::string name;        // "unet", "vae", "image_encoder"
  std::string class_name;  // "UNetSpatioTemporalConditionModel"
  int64_t parameters = 0;  // numbers
  int64_t tensors = 0;
  uint64_t bytes = 0;                     // of these tensors
  std::map<std::string, int64_t> dtypes;  // "F16": tensors of this type
  std::string misfit;                     // what does not fit the config; empty: all does
};

/// What `sfv info MODEL` tells.
struct ModelReport {
  std::string path;
  std::string form;         // "folder" or "single file"
  std::string hash;         // quick hash, as stored in clips
  int64_t frames = 0;       // of the clips it was trained on
  int64_t compression = 0;  // pixels a latent cell, along each side
  std::vector<ComponentReport> components;
  std::vector<FileReport> files;
};

/// Reads every byte for the SHA-256 (cancel may be null). Errors: those of open_model; kCancelled.
[[nodiscard]] ModelReport describe_model(const std::string& name, torch::Dtype wanted,
                                         const CancelToken* cancel);

/// Lines for a person; one JSON object.
[[nodiscard]] std::string to_text(const ModelReport& report);
[[nodiscard]] std::string to_json(const ModelReport& report);

}  // namespace sfv::checkpoint
