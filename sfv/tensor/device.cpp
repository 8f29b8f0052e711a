#include "sfv/tensor/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <charconv>
#include <filesystem>

#include "sfv/core/check.h"
#include "sfv/core/log.h"
#include "sfv/tensor/gpu_driver.h"

namespace sfv {
namespace {

constexpr int kMaxGpus = 64;

// Beside the libtorch_cpu that this process runs with: its libraries must be of one build.
std::filesystem::path cuda_library() {
  Dl_info info = {};
  const auto* symbol = reinterpret_cast<const void*>(&at::get_num_threads);
  if (dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) return "libtorch_cuda.so";
  return std::filesystem::path(info.dli_fname).parent_path() / "libtorch_cuda.so";
}

// Errors: kDevice. Its static initialisers register the CUDA kernels, so it must stay loaded and be visible
// to all. libtorch must not be asked for CUDA before: it keeps its first answer.
void load_cuda_library() {
  const std::filesystem::path library = cuda_library();
  SFV_CHECK(std::filesystem::exists(library), kDevice, "[device] ", library.string(),
            ": expected libtorch's CUDA library here, found none; this libtorch was built for the CPU, use "
            "--device cpu");
  if (dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    const char* reason = dlerror();
    throw Error(
        ErrorCode::kDevice,
        concat("[device] cannot load ", library.string(), ": ", reason == nullptr ? "unknown reason" : reason,
               "; install torch with its dependencies (pip install torch), or use --device cpu"));
  }
  SFV_CHECK(at::globalContext().hasCUDA(), kDevice, "[device] ", library.string(),
            " was loaded but brings no CUDA; use --device cpu");
  // fp32 means fp32: cuDNN would round the factors of convolutions to 10 bits.
  at::globalContext().setAllowTF32CuBLAS(false);
  at::globalContext().setAllowTF32CuDNN(false);
}

torch::Device open_cuda(int index) {
  const int gpus = count_gpus();
  SFV_CHECK(
      gpus > 0, kDevice,
      "[device] no NVIDIA GPU is visible (no driver, or CUDA_VISIBLE_DEVICES is empty); use --device cpu");
  SFV_CHECK(index < gpus, kDevice, "[device] expected a GPU from 0 to ", gpus - 1, ", got cuda:", index);
  load_cuda_library();
  return {torch::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

}  // namespace

DeviceName parse_device(std::string_view text) {
  using Kind = DeviceName::Kind;
  if (text == "auto") return {Kind::kAuto, 0};
  if (text == "cpu") return {Kind::kCpu, 0};
  if (text == "cuda") return {Kind::kCuda, 0};
  if (text.starts_with("cuda:")) {
    const std::string_view digits = text.substr(5);
    int index = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    const bool is_number = !digits.empty() && error == std::errc() && end == digits.data() + digits.size();
    if (is_number && index >= 0 && index < kMaxGpus) return {Kind::kCuda, index};
  }
  throw Error(ErrorCode::kInvalidArgument,
              concat("[device] expected auto, cpu, cuda or cuda:N, got \"", text, "\""));
}

int count_gpus() {
  return GpuDriver().count();
}

torch::Device open_device(std::string_view text) {
  const DeviceName name = parse_device(text);
  if (name.kind == DeviceName::Kind::kCpu) return torch::kCPU;
  if (name.kind == DeviceName::Kind::kCuda) return open_cuda(name.index);
  if (count_gpus() == 0) return torch::kCPU;
  try {
    return open_cuda(0);
  } catch (const Error& error) {
    log_warning(std::string("there is a GPU, but the CPU is used: ") + error.what());
    return torch::kCPU;
  }
}

void wait_for(const torch::Device& device) {
  if (!device.is_cpu()) c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
}

void set_cpu_threads(int threads) {
  SFV_CHECK(threads >= 1 && threads <= 1024, kInvalidArgument, "[threads] expected 1 to 1024, got ", threads);
  at::set_num_threads(threads);
}

int cpu_threads() {
  return at::get_num_threads();
}

std::string libtorch_version() {
  return TORCH_VERSION;
}

}  // namespace sfv
