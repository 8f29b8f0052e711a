#pragma once

#include <filesystem>

#include "sfv/io/safetensors.h"
#include "tests/parity/networks.h"

namespace sfv::parity {

/// Writes contiguous float32 CPU tensors. Errors: those of io::SafetensorsWriter.
void write_tensors(const std::filesystem::path& path, const Tensors& tensors);

/// The float32 tensors of a file, copied. Errors: those of io::SafetensorsFile; kUnsupported for another
/// dtype.
[[nodiscard]] Tensors read_tensors(const io::SafetensorsFile& file);

}  // namespace sfv::parity
