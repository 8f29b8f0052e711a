// The real engine: device, number format and model as asked for, behind an interface without libtorch's
// types.

#include <torch/types.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "apps/sfv/byte_count.h"
#include "apps/sfv/default_model.h"
#include "apps/sfv/engine.h"
#include "apps/sfv/engine_tensors.h"
#include "apps/sfv/error_report.h"
#include "apps/sfv/plan_memory.h"
#include "apps/sfv/plan_model.h"
#include "sfv/checkpoint/model.h"
#include "sfv/core/check.h"
#include "sfv/core/cpu_features.h"
#include "sfv/core/log.h"
#include "sfv/core/process_memory.h"
#include "sfv/core/trace_recorder.h"
#include "sfv/io/chrome_trace.h"
#include "sfv/pipeline/image_to_video.h"
#include "sfv/tensor/allocator.h"
#include "sfv/tensor/device.h"
#include "sfv/tensor/device_memory.h"
#include "sfv/tensor/precision.h"
#include "sfv/tensor/recorded_work.h"

namespace sfv::cli {
namespace {

std::string absolute_if_file(const std::string& name) {
  std::error_code error;
  if (name.empty() || !std::filesystem::exists(name, error)) return name;
  return std::filesystem::absolute(name).lexically_normal().string();
}

// A model with its files open, so that it can be loaded again in another way.
struct ModelSource {
  std::string name;
  checkpoint::LoadOptions load;
  checkpoint::ModelFiles files;
};

// Memory of the device, or of this machine, that nobody uses.
int64_t free_memory(const torch::Device& device) {
  if (device.is_cpu()) return available_memory() + private_memory();
  return free_device_memory(device);
}

MemoryMode choose_mode(const EngineOptions& options, const GenerateOptions& request,
                       const ModelSource& source) {
  const PlannedModel model = planned_model(source.files);
  const torch::Device& device = source.load.device;
  const pipeline::RequestShape shape = request_shape(model, request, source.load.dtype, device.type());
  if (options.max_memory.empty()) return default_memory(shape, model.bytes, free_memory(device));
  const int64_t limit = parse_memory_limit("max-memory", options.max_memory, free_memory(device));
  const pipeline::RequestPlan plan = plan_within(shape, limit);
  log_info(concat("memory: ", pipeline::describe(plan.mode), "; about ",
                  gigabytes(with_program(plan.peak(), device.type())), " of ", gigabytes(limit)));
  return plan.mode;
}

// Of the UNet's pass; empty unless asked for.
WorkRecorder open_recorder(const EngineOptions& options, const torch::Device& device) {
  if (options.cuda_graph != "on") return {};
  SFV_CHECK(!device.is_cpu(), kInvalidArgument,
            "[cuda-graph] there is none on a CPU; give --device cuda, or leave it out");
  return cuda_graph_recorder();
}

class TorchEngine : public Engine {
 public:
  TorchEngine(ModelSource source, EngineIdentity identity, WorkRecorder recorder)
      : source_(std::move(source)), identity_(std::move(identity)), recorder_(std::move(recorder)) {
    open();
    identity_.model_hash = pipeline_->model().hash;
    identity_.dtype = precision_name(pipeline_->model().dtype);
  }

  [[nodiscard]] const EngineIdentity& identity() const override { return identity_; }

  [[nodiscard]] GenerateSettings resolve(const GenerateOptions& options) const override {
    const checkpoint::Model& model = pipeline_->model();
    return resolve_settings(options, model.defaults, model.unet->config().num_frames);
  }

  [[nodiscard]] GenerateResult generate(const RgbImage& image, const GenerateOptions& options,
                                        const ResearchFiles& files, ProgressSink* sink,
                                        const CancelToken* cancel) override {
    for (;;) {
      try {
        return generate_once(image, options, files, sink, cancel);
      } catch (const std::exception& error) {
        if (as_error(error).code() != ErrorCode::kOutOfMemory) throw;
        const auto next = less_memory(source_.load.memory, source_.load.device.type());
        if (!next) throw;
        log_warning(concat("not enough memory with ", pipeline::describe(source_.load.memory),
                           "; going on with ", pipeline::describe(*next)));
        source_.load.memory = *next;
      }
      open();
    }
  }

 private:
  void open() {
    pipeline_.reset();
    release_kept_memory(source_.load.device);
    const bool stays = source_.load.memory.weights == WeightHome::kDevice;
    pipeline_.emplace(checkpoint::load_model(source_.files, source_.name, source_.load),
                      stays ? recorder_ : WorkRecorder());
  }

  GenerateResult generate_once(const RgbImage& image, const GenerateOptions& options,
                               const ResearchFiles& files, ProgressSink* sink, const CancelToken* cancel) {
    std::optional<pipeline::Noise> noise;
    if (!files.noise.empty()) noise = read_noise(files.noise);
    pipeline::Trace trace;
    TraceRecorder recorder([this] { wait_for(pipeline_->model().device); });
    std::optional<TraceScope> profile;
    if (!files.profile.empty()) profile.emplace(&recorder);
    GenerateResult result = pipeline_->generate(image, options, noise ? &*noise : nullptr,
                                                files.dump.empty() ? nullptr : &trace, sink, cancel);
    if (!files.dump.empty()) write_trace(trace, files.dump);
    if (!files.profile.empty()) io::write_chrome_trace(recorder.spans(), "sfv generate", files.profile);
    return result;
  }

  ModelSource source_;
  std::optional<pipeline::ImageToVideo> pipeline_;
  EngineIdentity identity_;
  WorkRecorder recorder_;
};

}  // namespace

std::unique_ptr<Engine> load_engine(const EngineOptions& options, const GenerateOptions& request) {
  if (options.threads > 0) set_cpu_threads(options.threads);
  // Clips take the same tensors each time: what is kept within the most that was in use serves them, and then
  // a plan holds.
  limit_kept_memory(0);
  const torch::Device device = open_device(options.device);
  const Precision precision = choose_precision(options.dtype, device, cpu_features());
  if (!precision.note.empty()) log_info(precision.note);

  ModelSource source;
  source.name = options.model.empty() ? default_model() : options.model;
  source.load.unet = options.unet;
  source.load.tiny_vae.assign(options.tiny_vae.begin(), options.tiny_vae.end());
  source.load.dtype = precision.dtype;
  source.load.device = device;
  if (options.model.empty()) log_info(bundled_model_note(source.name));
  source.files = checkpoint::open_model(source.name, source.load.dtype, source.load.unet);
  source.load.memory = choose_mode(options, request, source);

  EngineIdentity identity;
  identity.model = absolute_if_file(source.name);
  identity.unet = absolute_if_file(options.unet);
  for (const std::string& file : options.tiny_vae) identity.tiny_vae.push_back(absolute_if_file(file));
  identity.device = device.str();
  identity.threads = cpu_threads();
  identity.libtorch = libtorch_version();
  return std::make_unique<TorchEngine>(std::move(source), std::move(identity),
                                       open_recorder(options, device));
}

}  // namespace sfv::cli
