// sfv_parity: computes cases of cases.json with sfv's own networks and writes DIR/<case>.safetensors, for
// compare.py.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "sfv/core/cpu_features.h"
#include "sfv/core/error.h"
#include "sfv/tensor/device.h"
#include "sfv/tensor/precision.h"
#include "tests/parity/cases.h"
#include "tests/parity/tensor_file.h"

namespace {

int run(const std::vector<std::string>& names, const std::filesystem::path& folder,
        const sfv::parity::RunOptions& options) {
  const auto cases = sfv::parity::load_cases(SFV_PARITY_CASES);
  std::filesystem::create_directories(folder);
  for (const std::string& name : names) {
    const auto found =
        std::find_if(cases.begin(), cases.end(), [&](const auto& c) { return c.at("name") == name; });
    if (found == cases.end()) throw sfv::Error(sfv::ErrorCode::kInvalidArgument, "no such case: " + name);
    try {
      sfv::parity::write_tensors(folder / (name + ".safetensors"), sfv::parity::run_case(*found, options));
    } catch (const sfv::Error& error) {
      if (error.code() != sfv::ErrorCode::kNotFound) throw;
      std::fprintf(stderr, "%s: skipped, %s\n", name.c_str(), error.what());
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Computes cases of tests/parity/cases.json and writes DIR/<case>.safetensors");
  std::vector<std::string> names;
  std::string folder, device = "cpu", dtype = "fp32";
  sfv::parity::RunOptions options;
  options.shared_data = SFV_SHARED_DATA;
  app.add_option("cases", names, "Names of cases")->required();
  app.add_option("-o,--output", folder, "Folder for the results")->required();
  app.add_option("--device", device, "cpu, cuda or cuda:N")->capture_default_str();
  app.add_option("--dtype", dtype, "fp32, bf16 or fp16")
      ->check(CLI::IsMember({"fp32", "bf16", "fp16"}))
      ->capture_default_str();
  app.add_option("--shared-data", options.shared_data, "Folder with taesd/")
      ->envname("SFV_SHARED_DATA")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const std::map<std::string, torch::Dtype> dtypes = {
      {"fp32", torch::kFloat32}, {"bf16", torch::kBFloat16}, {"fp16", torch::kFloat16}};
  options.stored = dtypes.at(dtype);
  try {
    options.device = sfv::open_device(device);
    options.dtype = sfv::choose_precision(dtype, options.device, sfv::cpu_features()).dtype;
    return run(names, folder, options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sfv_parity: %s\n", error.what());
    return 1;
  }
}
