// photo_to_clip MODEL PHOTO CLIP: what `sfv generate` does, in its shortest form.
#include <exception>
#include <iostream>

#include "sfv/sfv.h"

namespace {

class Lines : public sfv::ProgressSink {
  void update(const sfv::ProgressUpdate& update) override {
    if (update.stage_finished) std::cerr << update.stage << " done, " << int(100 * update.fraction) << " %\n";
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: photo_to_clip MODEL PHOTO CLIP\n";
    return 2;
  }
  try {
    const sfv::RgbImage photo = sfv::io::load_image(argv[2]);
    sfv::pipeline::ImageToVideo generator(sfv::checkpoint::load_model(argv[1], {}));
    sfv::GenerateOptions options;  // what stays open comes from the model, then from diffusers' defaults
    options.width = 128;
    options.height = 128;
    options.frames = 4;
    options.sampler = sfv::SamplerKind::kOneStep;
    options.seed = 7;
    Lines lines;
    const sfv::GenerateResult result = generator.generate(photo, options, &lines, nullptr);
    sfv::io::write_video(result.clip, argv[3], {});
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
