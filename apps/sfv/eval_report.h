#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sfv::cli {

/// What a `sfv eval` command wrote with --json.
struct ReportResult {
  std::string name;  // the file's
  nlohmann::ordered_json json;
};

/// Reads one. Errors: kInvalidFile unless it is a JSON object that one of the commands made; those of
/// reading.
[[nodiscard]] ReportResult read_report_result(const std::string& path);

/// A clip or picture as an HTML figure that plays in the page: what browsers know as it is (mp4, webm, gif,
/// webp, png, jpeg), any other video and folders of frames as mp4. Errors: those of the readers; kInvalidFile
/// for more than 32 MiB.
[[nodiscard]] std::string report_clip(const std::string& path);

/// The results as HTML: distances in a table for each way in which they were taken, so that no two numbers
/// under each other differ in network, weights, frames, covariance or number of clips; models and protocols;
/// motion and pairs with their curves over the frames. Every text and number is anyone's: what is missing or
/// of another type is shown as "-", and all is escaped.
[[nodiscard]] std::string report_results(const std::vector<ReportResult>& results);

}  // namespace sfv::cli
