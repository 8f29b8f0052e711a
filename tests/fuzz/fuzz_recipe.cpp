// Any bytes as a recipe: refused with an error of the documented kind, or read, and written and read again to
// the same. The first line may be an override, after "--set ".
#include <algorithm>
#include <string>
#include <vector>

#include "sfv/core/error.h"
#include "sfv/training/recipe.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> overrides;
  const std::string option = "--set ";
  if (text.starts_with(option)) {
    const size_t end = std::min(text.find('\n'), text.size());
    overrides.push_back(text.substr(option.size(), end - option.size()));
    text.erase(0, std::min(end + 1, text.size()));
  }
  try {
    const sfv::training::Recipe recipe = sfv::training::parse_recipe(text, "fuzz", overrides);
    SFV_REQUIRE(sfv::training::parse_recipe(to_toml(recipe), "again") == recipe);
  } catch (const sfv::Error& error) {
    SFV_REQUIRE(error.code() == sfv::ErrorCode::kInvalidFile ||
                (error.code() == sfv::ErrorCode::kInvalidArgument && !overrides.empty()));
  }
  return 0;
}
