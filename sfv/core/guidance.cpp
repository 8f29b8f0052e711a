#include "sfv/core/guidance.h"

namespace sfv {

bool is_guided(const GenerateSettings& settings) {
  return settings.guidance.max > 1;
}

int64_t evaluations_of(const GenerateSettings& settings) {
  return settings.steps * (is_guided(settings) ? 2 : 1);
}

}  // namespace sfv
