// frames_as_tensor MODEL: a clip as a tensor, from given noise, without a file: for programs that go on
// computing with it. Needs no FFmpeg (-DSFV_VIDEO=OFF).
#include <ATen/ops/randn.h>

#include <exception>
#include <iostream>

#include "sfv/sfv.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: frames_as_tensor MODEL\n";
    return 2;
  }
  try {
    sfv::RgbImage picture{64, 64, {}};
    for (int64_t y = 0; y < 64; ++y) {
      for (int64_t x = 0; x < 64; ++x) {
        for (const int64_t level : {4 * x, 4 * y, int64_t{128}})
          picture.rgb.push_back(static_cast<uint8_t>(level));
      }
    }
    sfv::pipeline::ImageToVideo generator(sfv::checkpoint::load_model(argv[1], {}));
    sfv::GenerateOptions options;
    options.width = picture.width;
    options.height = picture.height;
    options.frames = 2;
    options.sampler = sfv::SamplerKind::kOneStep;
    const sfv::pipeline::Noise noise{.image_noise = at::randn({1, 3, 64, 64})};  // the rest from options.seed
    sfv::pipeline::Trace trace;
    (void)generator.generate(picture, options, &noise, &trace, nullptr, nullptr);
    std::cout << "frames " << trace.frames.sizes() << " from " << trace.frames.min().item<float>() << " to "
              << trace.frames.max().item<float>() << "\n";
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
