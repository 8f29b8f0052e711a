#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "sfv/checkpoint/config_texts.h"
#include "sfv/checkpoint/weights.h"
#include "sfv/io/safetensors.h"

namespace sfv::checkpoint {

/// The config texts of a single file: those in its metadata, which write_single_file() puts there; without
/// them the published ones, since all published files have one architecture. num_frames is then told by the
/// name: 14 for svd.safetensors and svd_image_decoder.safetensors, 25 for svd_xt* and every other name. The
/// decoder is told by the tensors. Errors: kInvalidFile for broken metadata.
[[nodiscard]] ConfigTexts single_file_configs(const io::SafetensorsFile& file);

/// The weights of a model's three networks under diffusers' names.
struct SingleFileWeights {
  Weights unet, vae, image_encoder;
};

/// Views of a file of the original code. Tensors that no network uses are passed over if they are among the
/// known ones, else they stay under their stored name, so that the strict check names them; so does what has
/// a shape that cannot be viewed. Errors: kInvalidFile when the file has none of the original code's names.
[[nodiscard]] SingleFileWeights view_single_file(const std::shared_ptr<const io::SafetensorsFile>& file,
                                                 const ModelConfigs& configs);

}  // namespace sfv::checkpoint
