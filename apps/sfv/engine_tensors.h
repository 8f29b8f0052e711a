#pragma once

#include <filesystem>

#include "sfv/pipeline/image_to_video.h"

namespace sfv::cli {

/// Reads --noise: image_noise [1, 3, H, W], latent_noise [1, F, C, h, w] and, optional, step_noise
/// [1, N, F, C, h, w], all F32. Their shapes are checked by the pipeline.
/// Errors: those of SafetensorsFile::open; kInvalidFile for a missing or unknown tensor or another dtype.
[[nodiscard]] pipeline::Noise read_noise(const std::filesystem::path& path);

/// Writes --dump: every tensor of the trace under its name, F32. Atomic. Errors: those of SafetensorsWriter.
void write_trace(const pipeline::Trace& trace, const std::filesystem::path& path);

}  // namespace sfv::cli
