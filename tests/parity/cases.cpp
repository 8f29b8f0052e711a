#include "tests/parity/cases.h"

#include <fstream>
#include <map>

#include "sfv/core/check.h"
#include "tests/parity/stages.h"

namespace sfv::parity {

using nlohmann::json;

namespace {

using Runner = Tensors (*)(const json&, const RunOptions&);

const std::map<std::string, Runner>& all_runners() {
  static const std::map<std::string, Runner> runners = {
      {"unet", run_unet},
      {"vae_encoder", run_vae_encoder},
      {"vae_decoder", run_vae_decoder},
      {"clip", run_clip},
      {"taesd_encoder", run_taesd_encoder},
      {"taesd_decoder", run_taesd_decoder},
      {"taesdv_decoder", run_taesdv_decoder},
      {"scheduler", run_scheduler},
      {"preprocess", run_preprocess},
      {"noise", run_noise},
      {"pipeline", run_pipeline},
  };
  return runners;
}

}  // namespace

std::vector<json> load_cases(const std::filesystem::path& path) {
  std::ifstream file(path);
  SFV_CHECK(file, kNotFound, "[parity] cannot read ", path.string());
  const json document = json::parse(file);
  const json& configs = document.at("configs");
  const auto resolve = [&](json& value) {
    if (value.is_string()) value = configs.at(value.get<std::string>());
  };
  std::vector<json> cases = document.at("cases").get<std::vector<json>>();
  for (json& test_case : cases) {
    if (test_case.contains("config")) resolve(test_case["config"]);
    if (test_case.contains("components")) {
      for (auto& [name, value] : test_case["components"].items()) resolve(value);
    }
  }
  return cases;
}

Tensors run_case(const json& test_case, const RunOptions& options) {
  const auto network = test_case.at("network").get<std::string>();
  const auto runner = all_runners().find(network);
  SFV_CHECK(runner != all_runners().end(), kInvalidArgument, "[parity] no program for network ", network);
  return runner->second(test_case, options);
}

}  // namespace sfv::parity
