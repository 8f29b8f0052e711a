#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace sfv::io {

/// The most metadata that is written or read back, in bytes. Matroska readers refuse longer strings.
inline constexpr size_t kMaxMetadataBytes = size_t{16} << 20;
/// The key of the text chunk that holds the metadata in PNG frames.
inline constexpr const char* kPngMetadataKey = "sfv";

/// The file that holds the metadata of a GIF or WebP: "clip.gif.json" beside "clip.gif".
[[nodiscard]] std::filesystem::path sidecar_path(const std::filesystem::path& path);
/// Its text; empty where there is none. Errors: kPermission, kIo; kInvalidFile beyond kMaxMetadataBytes.
[[nodiscard]] std::string read_sidecar(const std::filesystem::path& path);
/// The metadata in a PNG's text chunks (those before the picture data); empty where there is none.
/// Errors: those of MappedFile; kInvalidFile for a broken PNG or text beyond kMaxMetadataBytes.
[[nodiscard]] std::string read_png_metadata(const std::filesystem::path& path);

}  // namespace sfv::io
