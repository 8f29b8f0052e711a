#pragma once

#include <filesystem>
#include <string>

namespace sfv::training {

/// A run folder as one HTML page that needs nothing else (no script; only a clip that is too large for the
/// page is a link to its file): curves of metrics.jsonl, notes, samples as report_samples() shows them,
/// recipe, environment. Everything from the folder is escaped. What is not there yet is left out. Errors:
/// kNotFound if the folder holds neither metrics nor a recipe; kPermission, kIo.
[[nodiscard]] std::string make_report(const std::filesystem::path& run);

/// Writes it to RUN/report.html, whole or not at all, and returns that path. Errors: also kNoSpace.
std::filesystem::path write_report(const std::filesystem::path& run);

}  // namespace sfv::training
