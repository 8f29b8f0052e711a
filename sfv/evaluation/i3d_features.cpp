#include "sfv/evaluation/i3d_features.h"

#include <string_view>

#include "sfv/checkpoint/module_weights.h"
#include "sfv/checkpoint/tiny_decoder_file.h"
#include "sfv/core/check.h"
#include "sfv/evaluation/bilinear_resize.h"
#include "sfv/io/hash.h"
#include "sfv/tensor/finite.h"

namespace sfv::evaluation {

I3dFeatures::I3dFeatures(const std::filesystem::path& weights) {
  checkpoint::Weights stored = checkpoint::read_weights({checkpoint::open_tensor_file(weights)});
  // A counter of training, on which nothing here depends.
  std::erase_if(stored, [](const auto& item) { return item.first.ends_with(".bn.num_batches_tracked"); });
  checkpoint::set_weights(*network_, stored, at::kFloat, at::kCPU, concat(weights.string(), " as I3D"));
  identity_ = {"i3d", io::sha256_file(weights), "logits, mean over time, 400 numbers",
               "224x224, bilinear without antialiasing, aspect not kept, -1..1"};
}

torch::Tensor I3dFeatures::prepare(const torch::Tensor& clip) const {
  return resize_bilinear(clip, models::InceptionI3dImpl::kSide, models::InceptionI3dImpl::kSide);
}

torch::Tensor I3dFeatures::compute(const torch::Tensor& prepared) {
  SFV_CHECK(prepared.dim() == 5, kInvalidArgument,
            "[features] i3d: expected prepared clips [N, 3, T, 224, 224], got ", prepared.sizes());
  check_frames(*this, prepared.size(2));
  torch::Tensor features = network_->forward(prepared).to(at::kDouble);
  check_finite(features, "I3D features");
  return features;
}

}  // namespace sfv::evaluation
