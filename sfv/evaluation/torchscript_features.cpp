#include "sfv/evaluation/torchscript_features.h"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/io/hash.h"
#include "sfv/io/mapped_file.h"
#include "sfv/io/zip_directory.h"
#include "sfv/tensor/finite.h"

namespace sfv::evaluation {
namespace {

constexpr int64_t kStyleGanVFrames = 10;  // that file is I3D
const std::vector<std::string> kStyleGanV = {"rescale", "resize", "return_features"};

// libtorch's messages go on with a stack of calls.
std::string first_line(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

// libtorch believes what a file says of itself, so the archive is checked first.
void check_archive(const std::filesystem::path& file) {
  const std::string where = concat("[features] ", file.string());
  const io::MappedFile mapped(file);
  const io::ZipDirectory entries =
      io::read_zip_directory(mapped.bytes(), where, io::ZipCompression::kDeflate);
  const auto has = [&](const char* part) {
    return std::any_of(entries.begin(), entries.end(),
                       [&](const auto& entry) { return entry.first.find(part) != std::string::npos; });
  };
  SFV_CHECK(has("/code/") && has("/constants.pkl"), kInvalidFile, where,
            ": expected a TorchScript file (torch.jit.save), found an archive without code; weights alone go "
            "with --network i3d --weights FILE");
}

// The names of what forward() takes beside the clips. Errors: std::exception of any kind.
std::vector<std::string> further_arguments(const torch::jit::Module& module) {
  const auto& schema = module.get_method("forward").function().getSchema().arguments();
  SFV_CHECK(schema.size() >= 2, kInvalidFile, "forward() takes no clips");
  std::vector<std::string> names;
  bool has_defaults = true;
  for (size_t i = 2; i < schema.size(); ++i) {
    names.push_back(schema[i].name());
    has_defaults = has_defaults && schema[i].default_value().has_value();
  }
  SFV_CHECK(has_defaults || names == kStyleGanV, kInvalidFile,
            "expected forward(x) or forward(x, rescale, resize, return_features), found further arguments");
  return names;
}

}  // namespace

struct TorchScriptFeatures::Module {
  torch::jit::Module module;
};

TorchScriptFeatures::TorchScriptFeatures(const std::filesystem::path& file) {
  check_archive(file);
  try {
    module_ = std::make_unique<Module>(Module{torch::jit::load(file.string(), at::kCPU)});
    module_->module.eval();
    is_stylegan_v_ = further_arguments(module_->module) == kStyleGanV;
  } catch (const std::exception& error) {
    throw Error(ErrorCode::kInvalidFile,
                concat("[features] ", file.string(), ": cannot be run as TorchScript: ", first_line(error)));
  }
  if (is_stylegan_v_) min_frames_ = kStyleGanVFrames;
  identity_ = {
      file.filename().string(), io::sha256_file(file),
      is_stylegan_v_ ? "forward(x, rescale=True, resize=True, return_features=True)" : "forward(x)",
      is_stylegan_v_ ? "0..255; scaled to 224x224 and to -1..1 by the network" : "-1..1, as the clips are"};
}

TorchScriptFeatures::~TorchScriptFeatures() = default;

torch::Tensor TorchScriptFeatures::prepare(const torch::Tensor& clip) const {
  const torch::Tensor x = clip.transpose(0, 1);
  return is_stylegan_v_ ? ((x + 1) * 127.5).contiguous() : x.contiguous();
}

torch::Tensor TorchScriptFeatures::compute(const torch::Tensor& prepared) {
  const std::string where = concat("[features] ", identity_.network);
  SFV_CHECK(prepared.dim() == 5, kInvalidArgument, where, ": expected prepared clips [N, 3, T, H, W], got ",
            prepared.sizes());
  check_frames(*this, prepared.size(2));
  const torch::NoGradGuard no_grad;
  std::vector<at::IValue> arguments = {prepared};
  if (is_stylegan_v_) arguments.insert(arguments.end(), 3, true);
  at::IValue result;
  try {
    result = module_->module.forward(std::move(arguments));
  } catch (const std::exception& error) {
    throw Error(
        ErrorCode::kInvalidFile,
        concat(where, ": failed on clips [N, 3, T, H, W] = ", prepared.sizes(), ": ", first_line(error)));
  }
  SFV_CHECK(result.isTensor() && result.toTensor().is_floating_point(), kInvalidFile, where,
            ": expected forward() to return one floating tensor [N, D], got ", result.tagKind());
  const torch::Tensor raw = result.toTensor();
  const int64_t N = prepared.size(0);
  SFV_CHECK(raw.dim() >= 2 && raw.size(0) == N && raw.size(1) > 0 && raw.numel() == N * raw.size(1),
            kInvalidFile, where, ": expected forward() to return [", N, ", D], got ", raw.sizes());
  torch::Tensor features = raw.flatten(1).to(at::kCPU, at::kDouble).contiguous();
  check_finite(features, "TorchScript features");
  return features;
}

}  // namespace sfv::evaluation
