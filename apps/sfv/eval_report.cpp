// The results of sfv eval as sections of a page.
#include "apps/sfv/eval_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <span>

#include "apps/sfv/eval_report_curves.h"
#include "apps/sfv/table_columns.h"
#include "sfv/core/check.h"
#include "sfv/io/html_page.h"

namespace sfv::cli {
namespace {

using io::html_text;
using Json = nlohmann::ordered_json;

// A value somewhere below, keys apart by slashes; null where there is none.
Json at_path(const Json& json, const std::string& path) {
  const size_t slash = path.find('/');
  const std::string key = path.substr(0, slash);
  if (!json.is_object() || !json.contains(key)) return {};
  return slash == std::string::npos ? json[key] : at_path(json[key], path.substr(slash + 1));
}

std::string cell_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_integer()) return value.dump();
  if (!value.is_number() || !std::isfinite(value.get<double>())) return "-";
  char text[32];
  std::snprintf(text, sizeof(text), "%.5g", value.get<double>());
  return text;
}

struct Column {
  const char* title;
  const char* path;  // within a row
};

std::string table(const std::vector<Column>& columns, const std::vector<Json>& rows) {
  std::string out = "<div class=\"table\"><table>\n<tr>";
  for (const Column& column : columns) out += concat("<th>", html_text(column.title), "</th>");
  out += "</tr>\n";
  for (const Json& row : rows) {
    out += "<tr>";
    for (const Column& column : columns)
      out += concat("<td>", html_text(cell_text(at_path(row, column.path))), "</td>");
    out += "</tr>\n";
  }
  return out + "</table></div>\n";
}

// How numbers were taken, folded away under them.
std::string details(const std::string& title, const Json& json) {
  return concat("<details><summary>", html_text(title), "</summary>\n<pre>",
                html_text(json.dump(2, ' ', false, Json::error_handler_t::replace)), "</pre></details>\n");
}

std::string notes(const Json& list) {
  if (!list.is_array() || list.empty()) return {};
  std::string out = "<ol class=\"notes\">\n";
  for (const Json& note : list) out += concat("<li>", html_text(cell_text(note)), "</li>\n");
  return out + "</ol>\n";
}

// The side that was compared with: "real" of fvd and protocol, "a" of frechet; and the other one.
const char* first_side(const Json& json) {
  return json.contains("real") ? "real" : "a";
}
const char* second_side(const Json& json) {
  return json.contains("fake") ? "fake" : "b";
}

// Numbers with the same key may stand under each other.
std::string comparison_key(const Json& row) {
  const std::string first = first_side(row), second = second_side(row);
  return concat(cell_text(at_path(row, "measure")), "; weights ",
                cell_text(at_path(row, first + "/protocol/network_sha256")).substr(0, 12), "; ",
                cell_text(at_path(row, first + "/protocol/frames")), " frames; ",
                cell_text(at_path(row, "covariance")), " covariance; N ",
                cell_text(at_path(row, first + "/clips")), " and ",
                cell_text(at_path(row, second + "/clips")));
}

// Rows with distances, each group of comparable ones in its own table.
std::string distance_tables(const std::vector<Json>& rows) {
  std::map<std::string, std::vector<Json>> groups;
  for (const Json& row : rows) groups[comparison_key(row)].push_back(row);
  std::string out;
  for (const auto& [key, group] : groups) {
    out += concat("<h3>", html_text(key), "</h3>\n",
                  table({{"what", "label"},
                         {"distance", "frechet_distance"},
                         {"from", "interval/low"},
                         {"to", "interval/high"},
                         {"floor", "floor/real_to_real"},
                         {"floor N", "floor/clips"},
                         {"at floor N", "floor/fake_to_real"},
                         {"sampler", "sampler"},
                         {"steps", "steps"},
                         {"evaluations", "evaluations"},
                         {"UNet s", "unet_seconds"},
                         {"request s", "request_seconds"}},
                        group));
    for (const Json& row : group) {
      const std::string label = cell_text(at_path(row, "label"));
      out += notes(at_path(row, "notes")) + details("protocol of " + label, row);
    }
  }
  return out;
}

// A result that is one table.
std::string section(const ReportResult& result, const std::string& rows) {
  return concat("<h2>", html_text(result.name), "</h2>\n", rows,
                details("protocol", at_path(result.json, "protocol")));
}

// The columns of the program's own table, beside the rows' labels. FD is never FVD: these are the reference
// features.
std::string models_table(const Json& rows, std::span<const TableColumn> columns) {
  std::string out = "<div class=\"table\"><table>\n<tr><th>clips</th>";
  for (const TableColumn& column : columns) out += concat("<th>", html_text(column.title), "</th>");
  out += "</tr>\n";
  for (const Json& row : rows) {
    out += concat("<tr><td>", html_text(cell_text(at_path(row, "label"))), "</td>");
    for (const TableColumn& column : columns) out += concat("<td>", html_text(cell_of(row, column)), "</td>");
    out += "</tr>\n";
  }
  return out + "</table></div>\n";
}

std::string models_section(const ReportResult& result) {
  const Json& rows = result.json["rows"];
  const std::span<const TableColumn> overlay = overlay_columns(rows);
  return section(result, "<p>FD: distance in the features that the protocol names, not FVD.</p>\n" +
                             models_table(rows, model_columns()) +
                             (overlay.empty() ? "" : models_table(rows, overlay)));
}

std::string motion_section(const ReportResult& result) {
  const Json& clips = result.json["clips"];
  return section(result, table({{"clip", "clip"},
                                {"speed", "speed"},
                                {"fastest", "fast_speed"},
                                {"spread", "direction_spread"},
                                {"static", "static_share"},
                                {"change", "first_to_last"},
                                {"sharpness of the last frame", "sharpness_last"}},
                               std::vector<Json>(clips.begin(), clips.end())));
}

std::string pairs_section(const ReportResult& result) {
  std::vector<Json> means = {at_path(result.json, "mean")};
  return section(result, table({{"PSNR, dB", "psnr"},
                                {"SSIM", "ssim"},
                                {"MS-SSIM", "ms_ssim"},
                                {"equal frames", "equal_frames"},
                                {"", "ms_ssim_note"}},
                               means));
}

bool has_list(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_array() && !json[key].empty();
}

}  // namespace

ReportResult read_report_result(const std::string& path) {
  std::ifstream in(path);
  SFV_CHECK(in.good(), kNotFound, "[report] ", path, ": cannot be opened");
  ReportResult result{path, Json::parse(in, nullptr, false)};
  const Json& json = result.json;
  SFV_CHECK(json.is_object() && (json.contains("frechet_distance") || has_list(json, "rows") ||
                                 has_list(json, "clips") || has_list(json, "pairs")),
            kInvalidFile, "[report] ", path,
            ": expected what sfv eval fvd, frechet, models, protocol, motion or pairs wrote with --json");
  return result;
}

std::string report_results(const std::vector<ReportResult>& results) {
  std::vector<Json> distances;
  std::string others;
  for (const ReportResult& result : results) {
    const Json& json = result.json;
    if (json.contains("frechet_distance")) {
      Json row = json;
      row["label"] = result.name;
      distances.push_back(std::move(row));
    } else if (has_list(json, "rows") && at_path(json, "protocol/name").is_string()) {
      distances.insert(distances.end(), json["rows"].begin(), json["rows"].end());
    } else if (has_list(json, "rows")) {
      others += models_section(result);
    } else if (has_list(json, "pairs")) {
      others += pairs_section(result);
    } else {
      others += motion_section(result);
    }
  }
  const std::string charts = report_curves(results);
  return concat(distances.empty() ? "" : "<h2>Distances</h2>\n" + distance_tables(distances),
                charts.empty() ? "" : "<h2>Curves</h2>\n<div class=\"charts\">\n" + charts + "</div>\n",
                others);
}

}  // namespace sfv::cli
