#include "apps/sfv/table_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sfv::cli {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

TEST(TableText, HasALineForEachRowAndADashForWhatIsMissing) {
  const nlohmann::ordered_json rows = {
      {{"label", "real"}, {"frechet_distance", 0.0213}, {"static_share", 0.004}},
      {{"label", "a long label"}, {"steps", 25}, {"frechet_distance", 1.5}, {"end_spread", 8.25}}};
  const std::string text = table_text(rows);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_THAT(text, ContainsRegex("real +- +0.0213 +- +- +- +- +0.4% +- +- +- +-\n"));
  EXPECT_THAT(text, ContainsRegex("a long label +25 +1.5000 .* 8.25 +- +-\n"));
  EXPECT_THAT(text, HasSubstr("FD"));
}

}  // namespace
}  // namespace sfv::cli
