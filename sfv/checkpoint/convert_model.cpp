#include "sfv/checkpoint/convert_model.h"

#include <ATen/ops/cat.h>

#include <array>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "sfv/checkpoint/model_files.h"
#include "sfv/checkpoint/model_folder_writer.h"
#include "sfv/checkpoint/original_names.h"
#include "sfv/checkpoint/tiny_decoder_file.h"
#include "sfv/checkpoint/weight_writer.h"
#include "sfv/core/check.h"

namespace sfv::checkpoint {
namespace {

namespace fs = std::filesystem;

io::DType target_dtype(const Weight& weight, const ConvertOptions& options) {
  return options.dtype ? to_io_dtype(*options.dtype) : weight.dtype;
}

torch::Tensor values_of(const Weight& weight, const ConvertOptions& options) {
  const torch::Tensor tensor = as_tensor(weight);
  return options.dtype ? tensor.to(*options.dtype) : tensor;
}

void check_free(const fs::path& out) {
  std::error_code error;
  SFV_CHECK(!fs::exists(out, error), kAlreadyExists, "[convert] ", out.string(),
            " exists; remove it or give another name");
}

// Names as they are.
void write_weights(const fs::path& folder, std::string_view stem, const Weights& weights,
                   const ConvertOptions& options, const CancelToken* cancel) {
  WeightEntries entries;
  for (const auto& [name, weight] : weights) {
    entries.push_back({.name = name, .dtype = target_dtype(weight, options), .shape = weight.shape});
  }
  write_component(
      folder, std::string(stem), entries, options.max_shard_bytes,
      [&](const auto& entry) { return values_of(weights.at(entry.name), options); }, cancel);
}

void write_folder(const ModelFiles& model, const ConvertOptions& options, const CancelToken* cancel) {
  ModelFolderWriter writer(options.out, model.texts);
  write_weights(writer.folder("unet"), kDiffusersStem, model.unet.weights, options, cancel);
  write_weights(writer.folder("vae"), kDiffusersStem, model.vae.weights, options, cancel);
  write_weights(writer.folder("image_encoder"), kTransformersStem, model.image_encoder.weights, options,
                cancel);
  writer.commit();
}

// A tensor of the original file, made of one of ours, or of three one below the other.
struct OriginalTensor {
  std::array<const Weight*, 3> parts = {};
  StoredForm form = StoredForm::kSame;

  [[nodiscard]] std::vector<int64_t> shape() const {
    std::vector<int64_t> shape = parts[0]->shape;
    if (form == StoredForm::kConvolution) shape.insert(shape.end(), {1, 1});
    if (form == StoredForm::kTransposed) std::swap(shape.at(0), shape.at(1));
    if (form == StoredForm::kJoinedRows) shape.at(0) *= 3;
    return shape;
  }
};

class OriginalWriter {
 public:
  template <typename ToOriginal>
  void add(const Weights& weights, ToOriginal to_original) {
    for (const auto& [name, weight] : weights) {
      const OriginalName original = to_original(name);
      OriginalTensor& tensor = tensors_[original.name];
      tensor.form = original.form;
      tensor.parts.at(static_cast<size_t>(original.part)) = &weight;
    }
  }

  void write(const ConvertOptions& options, const std::map<std::string, std::string>& metadata,
             const CancelToken* cancel) const {
    WeightEntries entries;
    for (const auto& [name, tensor] : tensors_) {
      const io::DType dtype = target_dtype(*tensor.parts[0], options);
      for (const Weight* part : tensor.parts) {
        SFV_CHECK(part == nullptr || target_dtype(*part, options) == dtype, kUnsupported, "[convert] ",
                  part->stored_name, " has another type than the tensors it is joined with in ", name,
                  "; give one with --dtype");
      }
      entries.push_back({.name = name, .dtype = dtype, .shape = tensor.shape()});
    }
    const auto values = [&](const io::SafetensorsWriter::Entry& entry) {
      const OriginalTensor& tensor = tensors_.at(entry.name);
      if (tensor.form == StoredForm::kJoinedRows) {
        std::vector<torch::Tensor> rows;
        for (const Weight* part : tensor.parts) rows.push_back(values_of(*part, options));
        return at::cat(rows, 0);
      }
      const torch::Tensor one = values_of(*tensor.parts[0], options);
      return tensor.form == StoredForm::kTransposed ? one.t() : one.reshape(entry.shape);
    };
    write_weight_file(options.out, entries, metadata, values, cancel);
  }

 private:
  std::map<std::string, OriginalTensor> tensors_;
};

void write_single_file(const ModelFiles& model, const ConvertOptions& options, const CancelToken* cancel) {
  check_free(options.out);
  OriginalWriter writer;
  writer.add(model.unet.weights,
             [&](const std::string& n) { return original_unet_name(n, model.configs.unet); });
  writer.add(model.vae.weights,
             [&](const std::string& n) { return original_vae_name(n, model.configs.vae); });
  writer.add(model.image_encoder.weights, original_clip_name);
  std::map<std::string, std::string> metadata;
  for (const auto& [name, text] : model.texts) metadata.emplace(name, text.text());
  writer.write(options, metadata, cancel);
}

bool is_tiny_decoder(const fs::path& in) {
  std::error_code error;
  if (!fs::is_regular_file(in, error)) return false;
  if (in.extension() == ".pth" || in.extension() == ".pt") return true;
  const auto file = open_tensor_file(in);
  const auto first = file->tensors().lower_bound(std::string_view("model.diffusion_model."));
  return first == file->tensors().end() || !first->first.starts_with("model.diffusion_model.");
}

void convert_tiny_decoder(const ConvertOptions& options, const CancelToken* cancel) {
  SFV_CHECK(options.out.extension() == ".safetensors", kInvalidArgument, "[convert] ", options.in,
            " holds the weights of one network; expected an output called NAME.safetensors, got ",
            options.out.string());
  check_free(options.out);
  (void)load_tiny_decoder({options.in}, torch::kFloat32, torch::kCPU);  // refuses what is no tiny decoder
  const Weights weights = read_weights({open_tensor_file(options.in)});
  WeightEntries entries;
  for (const auto& [name, weight] : weights) {
    entries.push_back({.name = name, .dtype = target_dtype(weight, options), .shape = weight.shape});
  }
  write_weight_file(
      options.out, entries, {{"format", "pt"}},
      [&](const auto& entry) { return values_of(weights.at(entry.name), options); }, cancel);
}

}  // namespace

void convert_model(const ConvertOptions& options, const CancelToken* cancel) {
  const bool to_file = options.out.extension() == ".safetensors";
  SFV_CHECK(!to_file || options.max_shard_bytes == 0, kInvalidArgument,
            "[convert] a single file has no shards; give --shard-size with a folder as output");
  if (is_tiny_decoder(options.in)) {
    convert_tiny_decoder(options, cancel);
    return;
  }
  const ModelFiles model = open_model(options.in, options.dtype.value_or(torch::kFloat32));
  for (const ModelComponent* component : model.components()) {
    const std::string misfit = describe_component_misfit(model, *component);
    SFV_CHECK(misfit.empty(), kInvalidFile, "[convert] ", component->files.front()->path().string(),
              ": the tensors do not fit the config", misfit);
  }
  if (to_file) {
    write_single_file(model, options, cancel);
  } else {
    write_folder(model, options, cancel);
  }
}

}  // namespace sfv::checkpoint
