#include "sfv/training/train_state.h"

#include <ATen/ops/from_blob.h>

#include <charconv>
#include <map>
#include <set>

#include "sfv/core/check.h"
#include "sfv/io/safetensors.h"

namespace sfv::training {
namespace {

io::DType dtype_of(const NamedTensor& item) {
  switch (item.tensor.scalar_type()) {
    case at::kFloat:
      return io::DType::kF32;
    case at::kDouble:
      return io::DType::kF64;
    case at::kLong:
      return io::DType::kI64;
    default:
      throw Error(ErrorCode::kInvalidArgument,
                  concat("[train_state] ", item.name, " has the type ", item.tensor.scalar_type()));
  }
}

int64_t read_number(const io::SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  int64_t number = -1;
  if (found != file.metadata().end()) {
    const std::string& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) number = -1;
  }
  SFV_CHECK(number >= 0, kInvalidFile, "[train_state] ", file.path().string(),
            ": expected a whole number for \"", key, "\" in the metadata");
  return number;
}

void check_fit(const io::SafetensorsFile& file, const NamedTensors& state) {
  std::string misfit;
  std::set<std::string> wanted;
  for (const NamedTensor& item : state) {
    wanted.insert(item.name);
    const auto found = file.tensors().find(item.name);
    if (found == file.tensors().end()) {
      misfit += "\n  missing: " + item.name;
    } else if (at::IntArrayRef(found->second.shape) != item.tensor.sizes() ||
               found->second.dtype != dtype_of(item)) {
      misfit +=
          concat("\n  ", item.name, ": expected ", io::to_string(dtype_of(item)), " ", item.tensor.sizes(),
                 ", found ", io::to_string(found->second.dtype), " ", at::IntArrayRef(found->second.shape));
    }
    if (misfit.size() > 2000) break;
  }
  for (const auto& [name, info] : file.tensors()) {
    if (misfit.size() > 2000) break;
    if (!wanted.contains(name)) misfit += "\n  unexpected: " + name;
  }
  SFV_CHECK(misfit.empty(), kInvalidFile, "[train_state] ", file.path().string(),
            ": the checkpoint is of another recipe; resume with the run's own recipe.toml", misfit);
}

}  // namespace

void save_state(const std::filesystem::path& path, const NamedTensors& state, TrainPosition position) {
  std::map<std::string, torch::Tensor> tensors;
  std::vector<io::SafetensorsWriter::Entry> entries;
  for (const NamedTensor& item : state) {
    tensors.emplace(item.name, item.tensor);
    entries.push_back({.name = item.name, .dtype = dtype_of(item), .shape = item.tensor.sizes().vec()});
  }
  io::SafetensorsWriter writer(
      path, entries,
      {{"iteration", std::to_string(position.iteration)}, {"phase", std::to_string(position.phase)}});
  for (const auto& entry : writer.entries()) {
    const torch::Tensor values = tensors.at(entry.name).detach().to(at::kCPU).contiguous();
    writer.write({static_cast<const std::byte*>(values.const_data_ptr()), values.nbytes()});
  }
  writer.finish();
}

TrainPosition load_state(const std::filesystem::path& path, const NamedTensors& state) {
  const torch::NoGradGuard no_grad;
  const auto file = io::SafetensorsFile::open(path);
  check_fit(*file, state);
  const TrainPosition position = {read_number(*file, "iteration"), read_number(*file, "phase")};
  for (const NamedTensor& item : state) {
    const std::span<const std::byte> bytes = file->data(item.name);
    // from_blob wants a pointer to change; it is only read from. The copy also mends a place that is not
    // aligned.
    std::vector<std::byte> copy(bytes.begin(), bytes.end());
    torch::Tensor live = item.tensor;
    live.copy_(at::from_blob(copy.data(), live.sizes(), at::TensorOptions().dtype(live.scalar_type())));
  }
  return position;
}

}  // namespace sfv::training
