// Features as a safetensors file.
#include "sfv/evaluation/feature_file.h"

#include "sfv/checkpoint/weights.h"
#include "sfv/core/check.h"
#include "sfv/io/safetensors.h"

namespace sfv::evaluation {
namespace {

constexpr const char* kName = "features";

}  // namespace

void write_features(const FeatureSet& set, const std::filesystem::path& path) {
  const torch::Tensor features = set.features.contiguous();
  io::SafetensorsWriter writer(
      path, {{kName, checkpoint::to_io_dtype(features.scalar_type()), features.sizes().vec()}}, set.protocol);
  writer.write({static_cast<const std::byte*>(features.const_data_ptr()), features.nbytes()});
  writer.finish();
}

FeatureSet read_features(const std::filesystem::path& path) {
  const auto file = io::SafetensorsFile::open(path);
  const auto found = file->tensors().find(kName);
  SFV_CHECK(found != file->tensors().end(), kInvalidFile, "[features] ", path.string(),
            ": expected a tensor \"features\" [N, D], found none; sfv eval features makes such files");
  const io::TensorInfo& info = found->second;
  const bool is_float = info.dtype == io::DType::kF32 || info.dtype == io::DType::kF64;
  SFV_CHECK(is_float && info.shape.size() == 2 && info.shape[0] > 0 && info.shape[1] > 0, kInvalidFile,
            "[features] ", path.string(), ": expected \"features\" as F32 or F64 [N, D], got ",
            io::to_string(info.dtype), " ", at::IntArrayRef(info.shape));
  return {checkpoint::as_tensor(checkpoint::read_weights({file}).at(kName)), file->metadata()};
}

}  // namespace sfv::evaluation
