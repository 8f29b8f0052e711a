#include "sfv/io/chart_svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sfv/io/html_page.h"

namespace sfv::io {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

size_t count(const std::string& text, const std::string& what) {
  size_t found = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(HtmlText, EscapesWhatMarkupIs) {
  EXPECT_EQ(html_text("<script>\"a\" & 'b'</script>"),
            "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;");
  EXPECT_EQ(html_text("line\n\ttab \x01\x7f \xff\xc3\xa4"), "line\n\ttab ?? ?\xc3\xa4");
}

TEST(HtmlPage, IsWholeAndEscapesTitleAndSummary) {
  const std::string page = html_page("a<b", "x & y", "<p>body</p>\n");
  EXPECT_THAT(page,
              AllOf(testing::StartsWith("<!DOCTYPE html>"), HasSubstr("<title>a&lt;b</title>"),
                    HasSubstr("x &amp; y"), HasSubstr("<p>body</p>\n</body>\n</html>\n"), HasSubstr("--c7")));
}

TEST(ChartSvg, DrawsALineFromCornerToCorner) {
  const std::string svg = chart_svg("loss", {{"a", {{0, 1}, {10, 2}}}});
  // The drawing is 560 x 260 with borders of 62, 12, 10 and 30.
  EXPECT_THAT(svg, HasSubstr("class=\"line c0\" points=\"62.0,230.0 548.0,10.0 \""));
  EXPECT_THAT(svg, AllOf(HasSubstr("<figcaption>loss</figcaption>"), HasSubstr(">1.2</text>"),
                         HasSubstr("a <b>2</b>")));
  EXPECT_THAT(svg, Not(HasSubstr("<polygon")));
}

TEST(ChartSvg, IsLogarithmicWhenAllIsPositiveAndWide) {
  const std::string wide = chart_svg("x", {{"a", {{0, 1}, {5, 10}, {10, 100}}}});
  EXPECT_THAT(wide, AllOf(HasSubstr("<em>log</em>"), HasSubstr("305.0,120.0")));
  EXPECT_THAT(chart_svg("x", {{"a", {{0, 0}, {10, 100}}}}), Not(HasSubstr("<em>log</em>")));
  EXPECT_THAT(chart_svg("x", {{"a", {{0, 10}, {10, 100}}}}), Not(HasSubstr("<em>log</em>")));
}

TEST(ChartSvg, ManyPointsBecomeMeansWithABand) {
  Curve curve{"a", {}};
  for (int i = 0; i < 100'000; ++i) curve.points.push_back({static_cast<double>(i), i % 2 == 0 ? 1.0 : 3.0});
  const std::string svg = chart_svg("x", {curve});
  EXPECT_EQ(count(svg, "<polygon"), 1U);
  EXPECT_LT(svg.size(), 20'000U);
  EXPECT_THAT(svg, HasSubstr("a <b>2</b>"));
  EXPECT_EQ(count(chart_svg("x", {curve, curve, curve}), "<polygon"), 3U);
  EXPECT_EQ(count(chart_svg("x", {curve, curve, curve, curve}), "<polygon"), 0U);
}

TEST(ChartSvg, LeavesOutWhatIsNotFiniteAndCountsIt) {
  const double nan = std::nan("");
  const double inf = std::numeric_limits<double>::infinity();
  const std::string svg = chart_svg("x", {{"a", {{0, 1}, {1, nan}, {2, inf}, {3, 2}}}, {"b", {{0, nan}}}});
  EXPECT_THAT(svg, AllOf(HasSubstr("2 not finite"), HasSubstr("1 not finite"), Not(HasSubstr(">nan")),
                         Not(HasSubstr("inf"))));
  EXPECT_EQ(count(svg, "<polyline"), 1U);
  EXPECT_EQ(chart_svg("x", {{"b", {{0, nan}}}}), "");
  EXPECT_EQ(chart_svg("x", {}), "");
}

TEST(ChartSvg, DrawsLevelLinesSinglePointsAndExtremes) {
  EXPECT_THAT(chart_svg("x", {{"a", {{0, 5}, {1, 5}}}}), HasSubstr("62.0,120.0 548.0,120.0"));
  EXPECT_THAT(chart_svg("x", {{"a", {{3, 0}}}}),
              HasSubstr("<circle class=\"dot c0\" r=\"3\" cx=\"305.0\" cy=\"120.0\""));
  for (const double value : {1e300, -1e300, 1e-300, std::numeric_limits<double>::max()}) {
    const std::string svg = chart_svg("x", {{"a", {{0, value}, {1, -value / 2}, {2, value / 3}}}});
    EXPECT_THAT(svg, AllOf(Not(HasSubstr("=\"nan")), Not(HasSubstr("inf")))) << value;
  }
}

TEST(ChartSvg, MoreCurvesThanColoursAreDashed) {
  std::vector<Curve> curves;
  for (int i = 0; i < 10; ++i) curves.push_back({"c" + std::to_string(i), {{0, 1.0 * i}, {1, 2.0 * i}}});
  const std::string svg = chart_svg("x", curves);
  EXPECT_EQ(count(svg, "stroke-dasharray"), 2U);
  EXPECT_EQ(count(svg, "<li>"), 10U);
}

}  // namespace
}  // namespace sfv::io
