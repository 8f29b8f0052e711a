#include "tests/parity/tensor_file.h"

#include <cstring>

#include "sfv/core/check.h"

namespace sfv::parity {

void write_tensors(const std::filesystem::path& path, const Tensors& tensors) {
  std::vector<io::SafetensorsWriter::Entry> entries;
  for (const auto& [name, tensor] : tensors) {
    entries.push_back({.name = name, .dtype = io::DType::kF32, .shape = tensor.sizes().vec()});
  }
  io::SafetensorsWriter writer(path, std::move(entries), {});
  for (const auto& entry : writer.entries()) {
    const torch::Tensor tensor = tensors.at(entry.name).contiguous();
    writer.write(std::as_bytes(std::span(tensor.data_ptr<float>(), static_cast<size_t>(tensor.numel()))));
  }
  writer.finish();
}

Tensors read_tensors(const io::SafetensorsFile& file) {
  Tensors tensors;
  for (const auto& [name, info] : file.tensors()) {
    SFV_CHECK(info.dtype == io::DType::kF32, kUnsupported, "[parity] ", file.path().string(), ": tensor ",
              name, " expected F32, found ", io::to_string(info.dtype));
    torch::Tensor tensor = torch::empty(info.shape, torch::kFloat32);
    const auto bytes = file.data(name);
    if (!bytes.empty()) std::memcpy(tensor.data_ptr<float>(), bytes.data(), bytes.size());
    tensors.emplace(name, std::move(tensor));
  }
  return tensors;
}

}  // namespace sfv::parity
