#pragma once

#include <filesystem>

namespace sfv::io {

/// Makes what happened in a folder (names that came, went or changed) survive a power cut. Folders that
/// cannot be opened, and file systems that cannot sync one, are let pass. Errors: kNoSpace, kIo.
void sync_folder(const std::filesystem::path& folder);

/// Makes a folder's whole content survive a power cut: every file, and every folder's list of names.
/// Errors: kNotFound, kPermission, kNoSpace, kIo, naming the file; kInvalidFile for anything but files and
/// folders.
void sync_tree(const std::filesystem::path& folder);

}  // namespace sfv::io
