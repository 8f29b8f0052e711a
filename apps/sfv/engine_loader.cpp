// The real engine: device, number format and model as asked for, behind an interface without libtorch's
// types.

#include <torch/types.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "apps/sfv/default_model.h"
#include "apps/sfv/engine.h"
#include "apps/sfv/engine_tensors.h"
#include "sfv/checkpoint/model.h"
#include "sfv/core/cpu_features.h"
#include "sfv/core/log.h"
#include "sfv/core/trace_recorder.h"
#include "sfv/io/chrome_trace.h"
#include "sfv/pipeline/image_to_video.h"
#include "sfv/tensor/device.h"
#include "sfv/tensor/precision.h"

namespace sfv::cli {
namespace {

std::string absolute_if_file(const std::string& name) {
  std::error_code error;
  if (name.empty() || !std::filesystem::exists(name, error)) return name;
  return std::filesystem::absolute(name).lexically_normal().string();
}

class TorchEngine : public Engine {
 public:
  TorchEngine(checkpoint::Model model, EngineIdentity identity)
      : pipeline_(std::move(model)), identity_(std::move(identity)) {}

  [[nodiscard]] const EngineIdentity& identity() const override { return identity_; }

  [[nodiscard]] GenerateSettings resolve(const GenerateOptions& options) const override {
    const checkpoint::Model& model = pipeline_.model();
    return resolve_settings(options, model.defaults, model.unet->config().num_frames);
  }

  [[nodiscard]] GenerateResult generate(const RgbImage& image, const GenerateOptions& options,
                                        const ResearchFiles& files, ProgressSink* sink,
                                        const CancelToken* cancel) override {
    std::optional<pipeline::Noise> noise;
    if (!files.noise.empty()) noise = read_noise(files.noise);
    pipeline::Trace trace;
    TraceRecorder recorder([this] { wait_for(pipeline_.model().device); });
    std::optional<TraceScope> profile;
    if (!files.profile.empty()) profile.emplace(&recorder);
    GenerateResult result = pipeline_.generate(image, options, noise ? &*noise : nullptr,
                                               files.dump.empty() ? nullptr : &trace, sink, cancel);
    if (!files.dump.empty()) write_trace(trace, files.dump);
    if (!files.profile.empty()) io::write_chrome_trace(recorder.spans(), "sfv generate", files.profile);
    return result;
  }

 private:
  pipeline::ImageToVideo pipeline_;
  EngineIdentity identity_;
};

}  // namespace

std::unique_ptr<Engine> load_engine(const EngineOptions& options) {
  if (options.threads > 0) set_cpu_threads(options.threads);
  const torch::Device device = open_device(options.device);
  const Precision precision = choose_precision(options.dtype, device, cpu_features());
  if (!precision.note.empty()) log_info(precision.note);

  checkpoint::LoadOptions load;
  load.unet = options.unet;
  load.tiny_vae.assign(options.tiny_vae.begin(), options.tiny_vae.end());
  load.dtype = precision.dtype;
  load.device = device;
  const std::string name = options.model.empty() ? default_model() : options.model;
  if (options.model.empty()) log_info(bundled_model_note(name));
  checkpoint::Model model = checkpoint::load_model(name, load);

  EngineIdentity identity;
  identity.model = absolute_if_file(name);
  identity.model_hash = model.hash;
  identity.unet = absolute_if_file(options.unet);
  for (const std::string& file : options.tiny_vae) identity.tiny_vae.push_back(absolute_if_file(file));
  identity.device = device.str();
  identity.dtype = precision_name(model.dtype);
  identity.threads = cpu_threads();
  identity.libtorch = libtorch_version();
  return std::make_unique<TorchEngine>(std::move(model), std::move(identity));
}

}  // namespace sfv::cli
