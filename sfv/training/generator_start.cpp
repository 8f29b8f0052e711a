#include "sfv/training/generator_start.h"

#include <filesystem>

#include "sfv/training/averaged_model.h"
#include "sfv/training/trained_network.h"

namespace sfv::training {

void load_unet(const std::string& start, checkpoint::Model& model) {
  checkpoint::LoadOptions options;
  options.dtype = model.dtype;
  options.device = model.device;
  const bool is_folder = std::filesystem::is_directory(start);
  if (!is_folder) options.unet = start;
  const checkpoint::Model other = checkpoint::load_model(is_folder ? start : model.name, options);
  model = with_own_unet(model);
  copy_parameters(*other.unet, *model.unet);
}

}  // namespace sfv::training
