#pragma once

#include <cstdint>
#include <filesystem>

namespace sfv::training {

/// Writes FOLDER/manifest.json: the step, and for every other file below the folder its size and SHA-256.
/// Errors: kInvalidFile for a link or device below the folder; kNotFound, kPermission, kNoSpace, kIo.
void write_manifest(const std::filesystem::path& folder, int64_t step);

/// Checks every file that the manifest names: present, of that size, of that SHA-256. Returns the step.
/// Files that the manifest does not name are let be. Errors: kNotFound if there is no folder; kInvalidFile
/// naming the first file that is missing or differs, also a missing or broken manifest; kPermission, kIo.
int64_t verify_manifest(const std::filesystem::path& folder);

}  // namespace sfv::training
