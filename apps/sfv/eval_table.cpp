#include "apps/sfv/eval_table.h"

#include <utility>

#include "sfv/core/check.h"
#include "sfv/evaluation/clip_statistics.h"
#include "sfv/evaluation/distribution_distance.h"
#include "sfv/evaluation/frechet_distance.h"
#include "sfv/io/contact_sheet.h"
#include "sfv/tensor/frame_levels.h"

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;

std::vector<double> numbers(const torch::Tensor& values) {
  const torch::Tensor plain = values.to(at::kDouble).contiguous();
  const auto* begin = plain.const_data_ptr<double>();
  return {begin, begin + plain.numel()};
}

double static_share(const RowData& row) {
  const torch::Tensor& speed = row.values.at("speed");
  return (speed < evaluation::kStaticSpeed).to(at::kDouble).mean().item<double>();
}

// How much of the measured fall follows the motion bucket that was asked for: the slope of the line through
// the clips (least squares).
double fall_slope(const RowData& row) {
  const torch::Tensor asked = row.values.at("asked_motion"), fall = row.values.at("fall");
  const torch::Tensor centred = asked - asked.mean();
  return (centred * (fall - fall.mean())).sum().item<double>() / centred.square().sum().item<double>();
}

evaluation::FeatureMoments moments(const RowData& row) {
  return evaluation::feature_moments(row.values.at("features"), evaluation::Covariance::kBiased);
}

}  // namespace

Json summarize_rows(const RowData& real_a, const RowData& real_b, const std::vector<TableRow>& rows) {
  const evaluation::FeatureMoments a = moments(real_a), b = moments(real_b);
  const std::vector<double> real_speeds = numbers(real_a.values.at("speed"));
  Json list = Json::array();
  for (const TableRow& row : rows) {
    const RowData& data = row.data;
    const evaluation::FeatureMoments own = moments(data);
    Json json = {{"label", row.label}};
    json.update(row.made_by);
    json["clips"] = own.count;
    json["frechet_distance"] = evaluation::frechet_distance(own, b);
    json["frechet_distance_to_a"] = evaluation::frechet_distance(own, a);
    json["gradient_energy"] = data.mean("energy");
    json["gradient_energy_share"] = data.mean("energy") / real_a.mean("energy");
    json["sharpness"] = data.mean("sharpness");
    json["sharpness_share"] = data.mean("sharpness") / real_a.mean("sharpness");
    json["speed"] = data.mean("speed");
    json["speed_distance"] = evaluation::kolmogorov_smirnov(numbers(data.values.at("speed")), real_speeds);
    json["static_share"] = static_share(data);
    json["first_frame_distance"] = data.mean("first_distance");
    for (const auto& [key, name] :
         {std::pair("lost_share", "lost"), std::pair("end_spread", "end_spread"),
          std::pair("last_frame_spread", "last_spread"), std::pair("drift_spread", "drift_spread")}) {
      if (data.has(name)) json[key] = data.mean(name);
    }
    if (data.has("covered")) {
      for (const char* name : {"covered", "contrast", "coherence", "fall", "drift", "first_psnr",
                               "background_psnr", "background_share"}) {
        json[name] = data.mean(name);
      }
      json["drift_deviation"] = data.values.at("drift").std().item<double>();
      json["fall_slope_share"] = fall_slope(data) / fall_slope(real_a);
    }
    if (data.has("seconds")) {
      json["seconds_per_clip"] = data.mean("seconds") / static_cast<double>(own.count);
    }
    list.push_back(std::move(json));
  }
  return list;
}

RgbImage make_table_sheet(const std::vector<TableRow>& rows, double fps) {
  std::vector<Clip> clips;
  std::vector<std::string> captions;
  const int64_t count = rows.front().data.values.at("sheet").size(0);
  for (int64_t i = 0; i < count; ++i) {
    for (const TableRow& row : rows) {
      const torch::Tensor levels = row.data.values.at("sheet")[i].to(at::kFloat);  // [T, H, W, 3]
      clips.push_back(to_clip(levels.permute({0, 3, 1, 2}) / 127.5 - 1, fps));
      captions.push_back(concat("clip ", i, ", ", row.label));
    }
  }
  return io::make_contact_sheet(clips, {.captions = captions});
}

}  // namespace sfv::cli
