// Builds the networks of cases.json with weights by rule and runs them: the C++ half of networks.py.
#include "tests/parity/networks.h"

#include <torch/nn/module.h>

#include <filesystem>

#include "sfv/checkpoint/component_config.h"
#include "sfv/checkpoint/weights.h"
#include "sfv/core/check.h"
#include "sfv/io/safetensors.h"
#include "sfv/models/autoencoder_tiny.h"
#include "tests/parity/rule_weights.h"

namespace sfv::parity {
namespace {

using nlohmann::json;

void prepare(torch::nn::Module& model, const json& test_case, const RunOptions& options,
             const std::string& prefix = {}) {
  fill_by_rule(model, test_case.at("weights").get<std::string>(), prefix);
  model.to(options.device, options.stored);
  model.to(options.dtype);
  model.eval();
}

torch::Tensor rule_input(const std::string& name, torch::IntArrayRef sizes, double scale,
                         const RunOptions& options) {
  return rule_tensor("input." + name, sizes, scale).to(options.device, options.dtype);
}

// Adds the gradients of sum(output * cotangent) where the case asks for them; zeros for parameters that play
// no part.
template <typename Forward>
Tensors run_forward(const json& test_case, torch::nn::Module& model, Forward&& forward,
                    torch::Tensor sample) {
  Tensors result;
  if (!test_case.value("gradient", false)) {
    const torch::NoGradGuard no_grad;
    result["output"] = forward(sample).to(torch::kCPU, torch::kFloat32).contiguous();
    return result;
  }
  sample.requires_grad_(true);
  const torch::Tensor output = forward(sample);
  (output * rule_tensor(test_case.value("cotangent", "cotangent"), output.sizes())
                .to(output.device(), output.scalar_type()))
      .sum()
      .backward();
  result["output"] = output.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  const auto as_result = [](const torch::Tensor& x) {
    const torch::Tensor& grad = x.grad();
    return (grad.defined() ? grad : torch::zeros_like(x))
        .detach()
        .to(torch::kCPU, torch::kFloat32)
        .contiguous();
  };
  for (const auto& parameter : model.named_parameters()) {
    result["grad/" + parameter.key()] = as_result(parameter.value());
  }
  result["grad_input/sample"] = as_result(sample);
  return result;
}

int64_t integer(const json& test_case, const char* key) {
  return test_case.at(key).get<int64_t>();
}

// Weights of the shared data folder in place of the rule's.
void load_shared(torch::nn::Module& model, const std::string& file, const RunOptions& options) {
  const std::filesystem::path path = std::filesystem::path(options.shared_data) / file;
  SFV_CHECK(!options.shared_data.empty() && std::filesystem::exists(path), kNotFound, "[parity] expected ",
            path.string());
  const checkpoint::Weights weights = checkpoint::read_weights({io::SafetensorsFile::open(path)});
  for (auto& parameter : model.named_parameters()) {
    const torch::Tensor stored = checkpoint::as_tensor(weights.at(parameter.key()));
    parameter.value().set_data(stored.to(torch::kFloat32));
  }
}

void prepare_taesd(torch::nn::Module& model, const json& test_case, const RunOptions& options,
                   const std::string& prefix) {
  const auto weights = test_case.at("weights").get<std::string>();
  if (!weights.starts_with("shared:")) return prepare(model, test_case, options, prefix);
  load_shared(model, weights.substr(std::string("shared:").size()), options);
  model.to(options.device, options.stored);
  model.to(options.dtype);
}

Tensors run_tiny_decoder(models::TinyKind kind, const json& test_case, const RunOptions& options) {
  models::TinyDecoder model(kind);
  prepare_taesd(*model, test_case, options, "decoder.");
  const int64_t frames = test_case.value("frames", int64_t{1});
  const torch::Tensor sample = rule_input(
      "sample",
      {integer(test_case, "batch") * frames, 4, integer(test_case, "height"), integer(test_case, "width")},
      test_case.at("scale").get<double>(), options);
  // diffusers gives -1..1.
  return run_forward(
      test_case, *model, [&](const torch::Tensor& x) { return model->forward(x, frames) * 2 - 1; }, sample);
}

}  // namespace

io::JsonConfig config_of(const json& config) {
  return io::JsonConfig::parse(config.dump(), "cases.json");
}

Tensors run_unet(const json& test_case, const RunOptions& options) {
  models::UNetSpatioTemporalConditionModel model(
      checkpoint::read_unet_config(config_of(test_case.at("config"))));
  prepare(*model, test_case, options);
  const int64_t B = integer(test_case, "batch");
  const models::UNetConfig& config = model->config();
  const torch::Tensor sample = rule_input("sample",
                                          {B, integer(test_case, "frames"), config.in_channels,
                                           integer(test_case, "height"), integer(test_case, "width")},
                                          test_case.at("scale").get<double>(), options);
  const torch::Tensor context =
      rule_input("context", {B, integer(test_case, "context"), config.cross_attention_dim[0]}, 1.5, options);
  std::vector<float> ids;
  for (const json& row : test_case.at("time_ids")) {
    for (const json& id : row) ids.push_back(id.get<float>());
  }
  const torch::Tensor time_ids = torch::tensor(ids).view({B, 3}).to(options.device, options.dtype);
  const torch::Tensor timestep = torch::tensor({test_case.at("timestep").get<float>()}).to(options.device);
  return run_forward(
      test_case, *model,
      [&](const torch::Tensor& x) { return model->forward(x, timestep, context, time_ids); }, sample);
}

Tensors run_vae_encoder(const json& test_case, const RunOptions& options) {
  models::AutoencoderKLTemporalDecoder model(checkpoint::read_vae_config(config_of(test_case.at("config"))));
  prepare(*model, test_case, options);
  const torch::Tensor sample = rule_input("sample",
                                          {integer(test_case, "batch"), model->config().in_channels,
                                           integer(test_case, "height"), integer(test_case, "width")},
                                          test_case.at("scale").get<double>(), options);
  return run_forward(
      test_case, *model, [&](const torch::Tensor& x) { return model->encode_mode(x); }, sample);
}

Tensors run_vae_decoder(const json& test_case, const RunOptions& options) {
  models::AutoencoderKLTemporalDecoder model(checkpoint::read_vae_config(config_of(test_case.at("config"))));
  prepare(*model, test_case, options);
  const int64_t F = integer(test_case, "frames");
  const torch::Tensor sample = rule_input("sample",
                                          {integer(test_case, "batch") * F, model->config().latent_channels,
                                           integer(test_case, "height"), integer(test_case, "width")},
                                          test_case.at("scale").get<double>(), options);
  return run_forward(
      test_case, *model, [&](const torch::Tensor& x) { return model->decode(x, F); }, sample);
}

Tensors run_clip(const json& test_case, const RunOptions& options) {
  models::CLIPVisionModelWithProjection model(
      checkpoint::read_clip_config(config_of(test_case.at("config"))));
  prepare(*model, test_case, options);
  const models::ClipVisionConfig& config = model->config();
  const torch::Tensor sample = rule_input(
      "sample", {integer(test_case, "batch"), config.num_channels, config.image_size, config.image_size},
      test_case.at("scale").get<double>(), options);
  return run_forward(
      test_case, *model, [&](const torch::Tensor& x) { return model->forward(x); }, sample);
}

Tensors run_taesd_encoder(const json& test_case, const RunOptions& options) {
  models::TinyEncoder model;
  prepare_taesd(*model, test_case, options, "encoder.");
  const torch::Tensor sample = rule_input(
      "sample", {integer(test_case, "batch"), 3, integer(test_case, "height"), integer(test_case, "width")},
      test_case.at("scale").get<double>(), options);
  // diffusers takes -1..1.
  return run_forward(
      test_case, *model, [&](const torch::Tensor& x) { return model->forward((x + 1) / 2); }, sample);
}

Tensors run_taesd_decoder(const json& test_case, const RunOptions& options) {
  return run_tiny_decoder(models::TinyKind::kTaesd, test_case, options);
}

Tensors run_taesdv_decoder(const json& test_case, const RunOptions& options) {
  return run_tiny_decoder(models::TinyKind::kTaesdv, test_case, options);
}

}  // namespace sfv::parity
