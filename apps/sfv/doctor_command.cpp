// sfv doctor: whether this machine is ready, and what to do where it is not.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <thread>

#include "apps/sfv/commands.h"
#include "apps/sfv/default_model.h"
#include "apps/sfv/doctor_checks.h"
#include "sfv/checkpoint/model_place.h"
#include "sfv/core/check.h"
#include "sfv/core/cpu_features.h"
#include "sfv/core/version.h"
#include "sfv/tensor/device.h"
#include "sfv/tensor/precision.h"

namespace sfv::cli {
namespace {

using Status = DoctorCheck::Status;

struct Options {
  std::string model;
  std::string device = "auto";
  std::string folder = ".";
  bool json = false;
};

DoctorCheck check_cpu(const CpuFeatures& cpu) {
  DoctorCheck check{Status::kOk, "cpu", concat(cpu.name.empty() ? "unknown" : cpu.name, ", ", to_string(cpu)),
                    ""};
  if (!cpu.avx2) {
    check.status = Status::kWarning;
    check.remedy = "without AVX2 every step is several times slower; use another machine for full-size clips";
  }
  return check;
}

// A plain "auto" fails only if nothing at all can compute; a device that was asked for must be there.
DoctorCheck check_device(const std::string& name, const CpuFeatures& cpu) {
  try {
    const torch::Device device = open_device(name);
    const Precision precision = choose_precision("auto", device, cpu);
    const int gpus = count_gpus();
    return {Status::kOk, "device",
            concat(device.str(), ", --dtype auto is ", precision_name(precision.dtype), "; ", gpus,
                   " NVIDIA ", gpus == 1 ? "GPU" : "GPUs", " visible"),
            ""};
  } catch (const Error& error) {
    return {Status::kFailed, "device", error.what(), "use --device cpu"};
  }
}

DoctorCheck check_threads() {
  const int threads = cpu_threads();
  const unsigned cores = std::thread::hardware_concurrency();
  DoctorCheck check{Status::kOk, "threads", concat(threads, " on ", cores, " cores"), ""};
  if (cores > 0 && static_cast<unsigned>(threads) > cores) {
    check.status = Status::kWarning;
    check.remedy = "more threads than cores are slower; unset OMP_NUM_THREADS or give --threads";
  }
  return check;
}

DoctorCheck check_model(const std::string& name) {
  try {
    const std::string model = name.empty() ? default_model() : name;
    return {Status::kOk, "model", checkpoint::find_model(model).path.string(), ""};
  } catch (const Error& error) {
    return {Status::kFailed, "model", error.what(),
            "put a model there, or name another with -m or SFV_MODEL"};
  }
}

int doctor(const Options& options) {
  const CpuFeatures cpu = cpu_features();
  std::vector<DoctorCheck> checks = {{Status::kOk, "sfv", std::string(version()), ""},
                                     {Status::kOk, "libtorch", libtorch_version(), ""},
                                     check_cpu(cpu),
                                     check_device(options.device, cpu),
                                     check_memory(),
                                     check_threads()};
  for (DoctorCheck& check : check_codecs()) checks.push_back(std::move(check));
  checks.push_back(check_model(options.model));
  checks.push_back(check_output_folder(options.folder));
  if (options.json) {
    std::printf("%s\n", checks_json(checks).c_str());
  } else {
    for (const DoctorCheck& check : checks) std::printf("%s\n", check_line(check).c_str());
  }
  return is_healthy(checks) ? 0 : 1;
}

}  // namespace

void add_doctor_command(Program& program) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = program.add_command(
      program.root(), "doctor", "Check that this machine is ready, and say what to do where it is not",
      [options](const CommandContext&) { return doctor(*options); });
  command.add_option("FOLDER", options->folder, "Where clips would be written. Default: the current folder");
  command.add_option("-m,--model", options->model, "The model to look for. Default: the bundled model")
      ->type_name("MODEL")
      ->envname("SFV_MODEL");
  command
      .add_option("--device", options->device, "The device to try: auto, cpu, cuda or cuda:N. Default: auto")
      ->type_name("DEVICE")
      ->envname("SFV_DEVICE");
  program.add_json_flag(command, options->json);
}

}  // namespace sfv::cli
