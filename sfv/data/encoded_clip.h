#pragma once

#include <cstdint>
#include <vector>

namespace sfv::data {

/// What the frozen networks make of a clip: plain values, so that data needs no libtorch.
struct EncodedClip {
  int64_t frames = 0;               // F
  int64_t channels = 0;             // C of a latent
  int64_t height = 0;               // of a latent
  int64_t width = 0;                // of a latent
  std::vector<float> latents;       // [F, C, height, width], the mode of the VAE's posterior, not scaled
  std::vector<float> image_embeds;  // [X], of the first frame

  [[nodiscard]] bool operator==(const EncodedClip&) const = default;
};

}  // namespace sfv::data
