#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

namespace sfv::io {

/// Where an entry's bytes, as stored, lie in the archive.
struct ZipEntry {
  uint64_t offset = 0;
  uint64_t size = 0;
};

using ZipDirectory = std::map<std::string, ZipEntry, std::less<>>;

/// What may be done to entries: nothing, as PyTorch writes weights, or also Deflate, as it writes code.
enum class ZipCompression { kNone, kDeflate };

/// The entries of a zip archive (with or without zip64). Every range is checked; entries do not overlap.
/// Checksums are not looked at: PyTorch itself writes files without them. where: start of each message.
/// Errors: kInvalidFile with reason "zip.<rule>": no_end_record, many_disks, directory_range,
/// directory_entry, duplicate_name, encrypted, compressed, local_header, entry_range, overlap. Source: PKWARE
/// APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
[[nodiscard]] ZipDirectory read_zip_directory(std::span<const std::byte> file, const std::string& where,
                                              ZipCompression compression = ZipCompression::kNone);

}  // namespace sfv::io
