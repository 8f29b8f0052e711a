#pragma once

#include <filesystem>
#include <string>

namespace sfv::training {

/// The samples of a run as HTML figures, newest first: samples/*.png, up to 24 of them spread over the run,
/// each with the clip of the same name beside it (.mp4). Pictures, and clips of at most 4 MiB, are in the
/// page; a larger clip is a link to its file. 48 MiB of files together, the rest is left out. Empty without
/// samples. Errors: kPermission, kIo.
[[nodiscard]] std::string report_samples(const std::filesystem::path& run);

}  // namespace sfv::training
