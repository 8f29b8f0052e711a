#include "apps/sfv/engine_options.h"

#include <CLI/CLI.hpp>

#include "apps/sfv/choice_option.h"

namespace sfv::cli {
namespace {

constexpr const char* kModelGroup = "Model";
constexpr const char* kMachineGroup = "Machine";

}  // namespace

void add_engine_options(CLI::App& command, EngineOptions& options) {
  command
      .add_option(
          "-m,--model", options.model,
          "Folder in diffusers' layout, svd*.safetensors file, or org/name from the local Hugging Face "
          "cache. Default: the bundled model")
      ->type_name("MODEL")
      ->envname("SFV_MODEL")
      ->group(kModelGroup);
  command
      .add_option("--unet", options.unet,
                  "UNet weights laid over the model's own, such as AnimateLCM-SVD's. Default: the model's")
      ->type_name("FILE")
      ->group(kModelGroup);
  command
      .add_option("--tiny-vae", options.tiny_vae,
                  "Weights of the tiny decoder (TAESD or TAESDV), for --decoder tiny. Give it once per file. "
                  "Default: none")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->envname("SFV_TINY_VAE")
      ->group(kModelGroup);
  command
      .add_option("--device", options.device,
                  "auto, cpu, cuda or cuda:N. Default: auto, the first GPU if there is one, else the CPU")
      ->type_name("DEVICE")
      ->envname("SFV_DEVICE")
      ->group(kMachineGroup);
  add_choice(command, "--dtype", options.dtype, {"auto", "fp32", "bf16", "fp16"},
             "Number format the networks compute in. Default: auto, on a GPU fp16, on a CPU bf16 if it "
             "multiplies bf16 "
             "in hardware, else fp32. fp16 on a CPU without fp16 arithmetic computes in fp32")
      ->envname("SFV_DTYPE")
      ->group(kMachineGroup);
  command
      .add_option("--max-memory", options.max_memory,
                  "Memory to stay within, as 6GB or 800MiB; -2GB leaves so much of what is free. Takes what "
                  "costs least time; every way gives the same clip, see sfv plan. Default: no limit")
      ->type_name("SIZE")
      ->envname("SFV_MAX_MEMORY")
      ->group(kMachineGroup);
  add_choice(command, "--cuda-graph", options.cuda_graph, {"off", "on"},
             "on: on a GPU the UNet's pass is recorded when it comes a second time in the same shapes, and "
             "then launched "
             "at once; its memory stays taken. Not yet run on a GPU. Default: off")
      ->envname("SFV_CUDA_GRAPH")
      ->group(kMachineGroup);
  command.add_option("--threads", options.threads, "CPU threads, 1 to 1024. Default: one a core")
      ->type_name("N")
      ->check(in_range<int64_t>(1, 1024))
      ->envname("SFV_THREADS")
      ->group(kMachineGroup);
}

}  // namespace sfv::cli
