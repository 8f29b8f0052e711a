#pragma once

#include <string>
#include <vector>

#include "apps/sfv/eval_report.h"

namespace sfv::cli {

/// Charts of what the results hold over frames (sharpness, PSNR, SSIM, MS-SSIM: the mean over the clips of a
/// file) and over steps (distances of the rows of a model table or protocol). Empty without any.
[[nodiscard]] std::string report_curves(const std::vector<ReportResult>& results);

}  // namespace sfv::cli
