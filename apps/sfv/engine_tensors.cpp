#include "apps/sfv/engine_tensors.h"

#include <ATen/ops/empty.h>

#include <array>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/core/version.h"
#include "sfv/io/safetensors.h"

namespace sfv::cli {
namespace {

torch::Tensor read_tensor(const io::SafetensorsFile& file, const std::string& name, bool is_required) {
  const auto found = file.tensors().find(name);
  if (found == file.tensors().end()) {
    SFV_CHECK(!is_required, kInvalidFile, "[noise] ", file.path().string(), ": expected a tensor ", name,
              ", found none");
    return {};
  }
  SFV_CHECK(found->second.dtype == io::DType::kF32, kInvalidFile, "[noise] ", file.path().string(), ": ",
            name, ": expected F32, got ", io::to_string(found->second.dtype));
  const std::span<const std::byte> bytes = file.data(name);
  torch::Tensor tensor = at::empty(found->second.shape, at::kFloat);
  if (!bytes.empty()) std::memcpy(tensor.mutable_data_ptr(), bytes.data(), bytes.size());
  return tensor;
}

}  // namespace

pipeline::Noise read_noise(const std::filesystem::path& path) {
  const auto file = io::SafetensorsFile::open(path);
  for (const auto& [name, info] : file->tensors()) {
    SFV_CHECK(name == "image_noise" || name == "latent_noise" || name == "step_noise", kInvalidFile,
              "[noise] ", path.string(), ": unknown tensor ", name,
              "; expected image_noise, latent_noise and step_noise");
  }
  return {.image_noise = read_tensor(*file, "image_noise", true),
          .latent_noise = read_tensor(*file, "latent_noise", true),
          .step_noise = read_tensor(*file, "step_noise", false)};
}

void write_trace(const pipeline::Trace& trace, const std::filesystem::path& path) {
  const std::map<std::string, torch::Tensor> tensors = {{"pixel_values", trace.pixel_values},
                                                        {"image_embeds", trace.image_embeds},
                                                        {"image_latents", trace.image_latents},
                                                        {"latents", trace.latents},
                                                        {"frames", trace.frames}};
  std::vector<io::SafetensorsWriter::Entry> entries;
  for (const auto& [name, tensor] : tensors) entries.push_back({name, io::DType::kF32, tensor.sizes().vec()});
  io::SafetensorsWriter writer(path, std::move(entries), {{"sfv", std::string(version())}});
  for (const io::SafetensorsWriter::Entry& entry : writer.entries()) {
    const torch::Tensor& tensor = tensors.at(entry.name);
    writer.write({static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()});
  }
  writer.finish();
}

}  // namespace sfv::cli
