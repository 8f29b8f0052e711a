#include "apps/sfv/evaluated_model.h"

#include <charconv>

#include "apps/sfv/value_parse.h"
#include "sfv/core/check.h"

namespace sfv::cli {
namespace {

constexpr int64_t kMaxSteps = 1000;

int64_t parse_steps(const std::string& text, const std::string& whole) {
  int64_t steps = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), steps);
  SFV_CHECK(error == std::errc() && end == text.data() + text.size() && steps >= 1 && steps <= kMaxSteps,
            kInvalidArgument, "[eval] ", whole, ": expected a number of steps from 1 to ", kMaxSteps,
            " after @, got \"", text, "\"");
  return steps;
}

}  // namespace

EvaluatedModel parse_evaluated_model(const std::string& text) {
  EvaluatedModel result;
  std::string rest = text;
  const size_t equals = rest.find('=');
  if (equals != std::string::npos && equals > 0 && rest.find('/') > equals) {
    result.label = rest.substr(0, equals);
    rest = rest.substr(equals + 1);
  }
  if (result.label.empty()) result.label = rest;
  const size_t at = rest.rfind('@');
  if (at != std::string::npos && rest.find('/', at) == std::string::npos) {
    std::string steps = rest.substr(at + 1);
    rest.resize(at);
    if (const size_t colon = steps.find(':'); colon != std::string::npos) {
      std::string sampler = steps.substr(colon + 1);
      steps.resize(colon);
      if (const size_t next = sampler.find(':'); next != std::string::npos) {
        result.guidance = parse_guidance(sampler.substr(next + 1));
        sampler.resize(next);
      }
      result.sampler = parse_sampler(sampler);
    }
    result.steps = parse_steps(steps, text);
    if (!result.sampler) result.sampler = *result.steps == 1 ? SamplerKind::kOneStep : SamplerKind::kEuler;
  }
  result.model = rest;
  SFV_CHECK(!result.model.empty(), kInvalidArgument,
            "[eval] expected [LABEL=]MODEL[@STEPS[:SAMPLER[:GUIDANCE]]], got \"", text, "\"");
  return result;
}

}  // namespace sfv::cli
