// Every committed golden of diffusers, transformers and torch against our networks: tests/parity/README.md.
#include <gtest/gtest.h>

#include <filesystem>

#include "sfv/core/error.h"
#include "tests/parity/cases.h"
#include "tests/parity/golden.h"

namespace sfv::parity {
namespace {

std::vector<nlohmann::json> golden_cases() {
  std::vector<nlohmann::json> chosen;
  for (nlohmann::json& test_case : load_cases(SFV_SOURCE_DIR "/tests/parity/cases.json")) {
    if (test_case.at("size") == "golden") chosen.push_back(std::move(test_case));
  }
  return chosen;
}

class Golden : public testing::TestWithParam<nlohmann::json> {};

TEST_P(Golden, EqualsReference) {
  const nlohmann::json& test_case = GetParam();
  const auto name = test_case.at("name").get<std::string>();
  Tensors result;
  try {
    result = run_case(test_case, {.shared_data = SFV_SHARED_DATA});
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound) GTEST_SKIP() << error.what();
    throw;
  }
  const auto deviations =
      compare_with_golden(SFV_SOURCE_DIR "/tests/golden/parity/" + name + ".safetensors", result);
  ASSERT_FALSE(deviations.empty());
  for (const Deviation& d : deviations) {
    const Bar bar = bar_of(test_case.at("network").get<std::string>(), d.tensor);
    EXPECT_LE(bar.is_absolute ? d.largest : d.relative, bar.limit) << name << ": " << d.tensor;
  }
}

INSTANTIATE_TEST_SUITE_P(Parity, Golden, testing::ValuesIn(golden_cases()), [](const auto& chosen) {
  return chosen.param.at("name").template get<std::string>();
});

}  // namespace
}  // namespace sfv::parity
