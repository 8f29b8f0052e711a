#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sfv/core/generate_options.h"

namespace sfv::cli {

/// Which model runs, where and how. The words are those of the command line.
struct EngineOptions {
  std::string model;                  // folder, file or org/name; empty: see default_model
  std::string unet;                   // a UNet file laid over the model's; empty: none
  std::vector<std::string> tiny_vae;  // weights of the tiny decoder
  std::string device = "auto";
  std::string dtype = "auto";
  int threads = 0;                 // of the CPU; 0: libtorch's choice, one a core
  std::string cuda_graph = "off";  // "on": the UNet's pass is recorded on a GPU
  std::string max_memory;  // of the device, or of the process on a CPU: "6GB", "-2GB"; empty: no limit
};

/// What a clip's record says about the engine that made it.
struct EngineIdentity {
  std::string model;  // absolute path, or org/name
  std::string model_hash;
  std::string unet;                   // absolute; empty: the model's own
  std::vector<std::string> tiny_vae;  // absolute
  std::string device;                 // "cpu", "cuda:0"
  std::string dtype;                  // what the networks compute in
  int threads = 0;
  std::string libtorch;  // version
};

/// Files for comparing with other implementations; empty: none.
struct ResearchFiles {
  std::filesystem::path noise;    // read: image_noise, latent_noise, step_noise
  std::filesystem::path dump;     // written: what went between the stages
  std::filesystem::path profile;  // written: where the time went, as a Chrome trace
};

/// A loaded model as the commands see it, free of libtorch's types; tests put a small stand-in here.
class Engine {
 public:
  virtual ~Engine() = default;
  [[nodiscard]] virtual const EngineIdentity& identity() const = 0;
  /// The settings that `options` come to with this model. Errors: kInvalidArgument.
  [[nodiscard]] virtual GenerateSettings resolve(const GenerateOptions& options) const = 0;
  /// As VideoGenerator::generate; also errors of reading noise and writing dump.
  [[nodiscard]] virtual GenerateResult generate(const RgbImage& image, const GenerateOptions& options,
                                                const ResearchFiles& files, ProgressSink* sink,
                                                const CancelToken* cancel) = 0;
};

/// Loads the model (seconds to a minute). request: what memory has to do for. Errors: those of load_model,
/// open_device and plan_within.
[[nodiscard]] std::unique_ptr<Engine> load_engine(const EngineOptions& options,
                                                  const GenerateOptions& request);

}  // namespace sfv::cli
