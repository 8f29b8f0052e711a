#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "sfv/models/autoencoder_kl_temporal_decoder.h"
#include "sfv/models/unet_spatio_temporal.h"

/// Names of the original code's single files (svd*.safetensors) for diffusers' names. Source: svd.md
/// section 2.4.
namespace sfv::checkpoint {

/// How the original file holds a tensor.
enum class StoredForm {
  kSame,
  kConvolution,  // a matrix [O, I] as a 1x1 convolution [O, I, 1, 1]
  kTransposed,   // a matrix [O, I] as [I, O]
  kJoinedRows,   // one third of the rows of a joined tensor
};

struct OriginalName {
  std::string name;
  StoredForm form = StoredForm::kSame;
  int64_t part = 0;  // kJoinedRows: 0, 1 or 2 for q, k or v
};

/// name: a parameter of diffusers' UNet, VAE or CLIP encoder. A name that fits no rule comes back as it is.
[[nodiscard]] OriginalName original_unet_name(const std::string& name, const models::UNetConfig& config);
[[nodiscard]] OriginalName original_vae_name(const std::string& name, const models::VaeConfig& config);
[[nodiscard]] OriginalName original_clip_name(const std::string& name);

/// Tensors that the original files hold and no network here uses: the first stage's own encoder, the
/// conditioner's decoder, the rest of the text tower.
[[nodiscard]] std::set<std::string> unused_original_names(const models::VaeConfig& config);

/// In files with a temporal decoder only.
inline constexpr const char* kTemporalDecoderMark = "first_stage_model.decoder.conv_out.time_mix_conv.weight";

}  // namespace sfv::checkpoint
