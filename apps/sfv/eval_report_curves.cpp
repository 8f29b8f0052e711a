#include "apps/sfv/eval_report_curves.h"

#include <algorithm>
#include <map>

#include "sfv/io/chart_svg.h"

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;

// The mean over all items of their lists' k-th numbers; null and missing ones do not count.
io::Curve mean_over_items(const std::string& name, const Json& items, const char* key) {
  std::vector<double> sums, counts;
  for (const Json& item : items) {
    if (!item.is_object() || !item.contains(key) || !item[key].is_array()) continue;
    const Json& list = item[key];
    sums.resize(std::max(sums.size(), list.size()));
    counts.resize(sums.size());
    for (size_t k = 0; k < list.size(); ++k) {
      if (!list[k].is_number()) continue;
      sums[k] += list[k].get<double>();
      ++counts[k];
    }
  }
  io::Curve curve{name, {}};
  for (size_t k = 0; k < sums.size(); ++k) {
    if (counts[k] > 0) curve.points.push_back({static_cast<double>(k), sums[k] / counts[k]});
  }
  return curve;
}

// One curve for each sampler: distance over steps.
std::vector<io::Curve> over_steps(const std::string& name, const Json& rows) {
  std::map<std::string, io::Curve> curves;
  for (const Json& row : rows) {
    if (!row.is_object() || !row.contains("steps") || !row["steps"].is_number() ||
        !row.contains("frechet_distance") || !row["frechet_distance"].is_number())
      continue;
    const Json sampler = row.value("sampler", Json("?"));
    const std::string key = name + ", " + (sampler.is_string() ? sampler.get<std::string>() : "?");
    curves[key].points.push_back({row["steps"].get<double>(), row["frechet_distance"].get<double>()});
  }
  std::vector<io::Curve> result;
  for (auto& [key, curve] : curves) {
    curve.name = key;
    std::sort(curve.points.begin(), curve.points.end(),
              [](const auto& a, const auto& b) { return a.x < b.x; });
    result.push_back(std::move(curve));
  }
  return result;
}

}  // namespace

std::string report_curves(const std::vector<ReportResult>& results) {
  struct Chart {
    const char* title;
    const char* list;
    const char* key;
  };
  std::string charts;
  for (const Chart& chart :
       {Chart{"sharpness over frames", "clips", "sharpness"},
        Chart{"distance to the condition over frames", "clips", "condition_distance"},
        Chart{"PSNR over frames, dB", "pairs", "psnr"}, Chart{"SSIM over frames", "pairs", "ssim"},
        Chart{"MS-SSIM over frames", "pairs", "ms_ssim"}}) {
    std::vector<io::Curve> curves;
    for (const ReportResult& result : results) {
      if (!result.json.contains(chart.list) || !result.json[chart.list].is_array()) continue;
      curves.push_back(mean_over_items(result.name, result.json[chart.list], chart.key));
    }
    charts += io::chart_svg(chart.title, curves);
  }
  for (const ReportResult& result : results) {  // a chart each: other tables count other clips
    if (!result.json.contains("rows") || !result.json["rows"].is_array()) continue;
    charts +=
        io::chart_svg("distance over steps, " + result.name, over_steps(result.name, result.json["rows"]));
  }
  return charts;
}

}  // namespace sfv::cli
