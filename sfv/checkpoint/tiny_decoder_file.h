#pragma once

#include <torch/types.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "sfv/checkpoint/weights.h"
#include "sfv/models/autoencoder_tiny.h"

namespace sfv::checkpoint {

/// Opens a weight file by what it holds: a PyTorch zip state dict (.pth) or safetensors. Errors: those of the
/// readers.
[[nodiscard]] std::shared_ptr<const io::TensorFile> open_tensor_file(const std::filesystem::path& path);

/// Loads TAESD's or TAESDV's decoder; which of them is told by the first block's width. files: one that holds
/// it, alone or beside an encoder, which is passed over. Names: "N.…" or "decoder.N.…" as published, or
/// diffusers' "decoder.layers.N.…", whose numbers are one lower (the clamp that comes first is no layer
/// there). Errors: kInvalidFile naming what is missing, unexpected or mis-shaped; those of open_tensor_file.
[[nodiscard]] models::TinyDecoder load_tiny_decoder(const std::vector<std::filesystem::path>& files,
                                                    torch::Dtype dtype, torch::Device device);

/// Writes a tiny decoder as one safetensors file of float32 under its published names, which
/// load_tiny_decoder and other programs read. Atomic. Errors: those of the writer.
void save_tiny_decoder(const models::TinyDecoderImpl& decoder, const std::filesystem::path& path);

}  // namespace sfv::checkpoint
