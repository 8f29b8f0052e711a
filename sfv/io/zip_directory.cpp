#include "sfv/io/zip_directory.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/io/utf8.h"

namespace sfv::io {
namespace {

constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint32_t kCentralSignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr size_t kLocalBytes = 30;
constexpr size_t kCentralBytes = 46;
constexpr size_t kEndBytes = 22;
constexpr size_t kEnd64Bytes = 56;
constexpr size_t kLocator64Bytes = 20;
constexpr size_t kMaxComment = 0xffff;
constexpr uint16_t kZip64Extra = 1;
constexpr uint16_t kEncryptedFlags = 0x2041;  // bits 0, 6 and 13
constexpr uint16_t kStored = 0;               // methods of compression
constexpr uint16_t kDeflated = 8;
constexpr uint32_t kIn64 = 0xffffffff;  // "the value is in the zip64 record"

struct Range {
  uint64_t offset = 0;
  uint64_t size = 0;
  uint64_t count = 0;
};

// An entry as the central directory tells of it.
struct CentralEntry {
  std::string_view name;
  uint64_t local_offset = 0;
  uint64_t size = 0;  // as stored
  uint16_t method = kStored;
};

class ZipReader {
 public:
  ZipReader(std::span<const std::byte> file, const std::string& where, ZipCompression compression)
      : file_(file), where_(where), compression_(compression) {}

  ZipDirectory read() const {
    const Range directory = find_directory();
    ZipDirectory entries;
    uint64_t at = directory.offset;
    const uint64_t end = directory.offset + directory.size;
    for (uint64_t i = 0; i < directory.count; ++i) {
      const CentralEntry entry = read_central(at, end);
      const auto [place, is_new] = entries.try_emplace(std::string(entry.name));
      if (!is_new) fail("duplicate_name", concat("entry ", printable(entry.name), " appears twice"));
      place->second = locate(entry, directory.offset);
    }
    if (at != end)
      fail("directory_range", concat("the directory has ", end - at, " bytes after its last entry"));
    check_overlaps(entries);
    return entries;
  }

 private:
  [[noreturn]] void fail(std::string_view rule, const std::string& what) const {
    throw Error(ErrorCode::kInvalidFile, concat(where_, ": ", what), concat("zip.", rule));
  }

  template <typename T>
  [[nodiscard]] T get(uint64_t offset) const {  // the caller has checked the range
    T value = 0;
    std::memcpy(&value, file_.data() + offset, sizeof(T));
    return value;
  }

  [[nodiscard]] bool has(uint64_t offset, uint64_t size) const {
    return offset <= file_.size() && size <= file_.size() - offset;
  }

  // The record at the very end, before a comment of any length.
  [[nodiscard]] uint64_t find_end_record() const {
    if (file_.size() >= kEndBytes) {
      const uint64_t last = file_.size() - kEndBytes;
      const uint64_t first = last - std::min<uint64_t>(last, kMaxComment);
      for (uint64_t at = last + 1; at-- > first;) {
        if (get<uint32_t>(at) == kEndSignature && get<uint16_t>(at + 20) == last - at) return at;
      }
    }
    fail(
        "no_end_record",
        "expected a zip archive, found no end record; an incomplete download, or saved by PyTorch before 1.6 "
        "(load it there and save it again)");
  }

  [[nodiscard]] Range find_directory() const {
    const uint64_t end = find_end_record();
    if (get<uint16_t>(end + 4) != 0 || get<uint16_t>(end + 6) != 0 ||
        get<uint16_t>(end + 8) != get<uint16_t>(end + 10)) {
      fail("many_disks", "archives in several parts are not supported");
    }
    Range range = {
        .offset = get<uint32_t>(end + 16), .size = get<uint32_t>(end + 12), .count = get<uint16_t>(end + 10)};
    uint64_t limit = end;
    if (end >= kLocator64Bytes && get<uint32_t>(end - kLocator64Bytes) == kLocator64Signature) {
      const uint64_t at = get<uint64_t>(end - kLocator64Bytes + 8);
      if (!has(at, kEnd64Bytes) || at > end - kLocator64Bytes || get<uint32_t>(at) != kEnd64Signature) {
        fail("no_end_record", "the zip64 end record is not where its locator says");
      }
      if (get<uint32_t>(at + 16) != 0 || get<uint32_t>(at + 20) != 0 ||
          get<uint64_t>(at + 24) != get<uint64_t>(at + 32)) {
        fail("many_disks", "archives in several parts are not supported");
      }
      range = {
          .offset = get<uint64_t>(at + 48), .size = get<uint64_t>(at + 40), .count = get<uint64_t>(at + 32)};
      limit = at;
    }
    if (range.offset > limit || range.size > limit - range.offset) {
      fail("directory_range", concat("the directory is said to have ", range.size, " bytes at ", range.offset,
                                     ", the file has ", file_.size(), "; incomplete download?"));
    }
    return range;
  }

  // Moves `at` behind the entry.
  [[nodiscard]] CentralEntry read_central(uint64_t& at, uint64_t end) const {
    if (end - at < kCentralBytes || get<uint32_t>(at) != kCentralSignature) {
      fail("directory_entry", concat("expected a directory entry at byte ", at));
    }
    const uint64_t name_bytes = get<uint16_t>(at + 28);
    const uint64_t extra_bytes = get<uint16_t>(at + 30);
    const uint64_t entry_bytes = kCentralBytes + name_bytes + extra_bytes + get<uint16_t>(at + 32);
    if (entry_bytes > end - at)
      fail("directory_entry", concat("the directory entry at byte ", at, " does not fit"));
    CentralEntry entry = {.name = text_at(at + kCentralBytes, name_bytes),
                          .local_offset = get<uint32_t>(at + 42),
                          .size = get<uint32_t>(at + 24)};
    uint64_t compressed = get<uint32_t>(at + 20);
    read_zip64_extra(entry, compressed, at + kCentralBytes + name_bytes, extra_bytes);
    if ((get<uint16_t>(at + 8) & kEncryptedFlags) != 0)
      fail("encrypted", concat("entry ", printable(entry.name), " is encrypted"));
    entry.method = get<uint16_t>(at + 10);
    const bool is_stored = entry.method == kStored && compressed == entry.size;
    const bool is_deflated = entry.method == kDeflated && compression_ == ZipCompression::kDeflate;
    if (!is_stored && !is_deflated) {
      fail("compressed",
           concat("entry ", printable(entry.name), " is compressed; PyTorch stores entries as they are"));
    }
    entry.size = compressed;
    at += entry_bytes;
    return entry;
  }

  // Section 4.5.3: only the values that are all ones elsewhere are here, in this order.
  void read_zip64_extra(CentralEntry& entry, uint64_t& compressed, uint64_t at, uint64_t bytes) const {
    const uint64_t end = at + bytes;
    while (end - at >= 4) {
      const uint16_t id = get<uint16_t>(at);
      const uint64_t size = get<uint16_t>(at + 2);
      at += 4;
      if (size > end - at)
        fail("directory_entry", concat("entry ", printable(entry.name), " has a broken extra field"));
      if (id == kZip64Extra) {
        uint64_t value_at = at;
        for (uint64_t* value : {&entry.size, &compressed, &entry.local_offset}) {
          if (*value != kIn64) continue;
          if (at + size - value_at < 8) {
            fail("directory_entry", concat("entry ", printable(entry.name), " has a short zip64 field"));
          }
          *value = get<uint64_t>(value_at);
          value_at += 8;
        }
        return;
      }
      at += size;
    }
  }

  // The entry's bytes follow its local header, whose name and extra field have lengths of their own.
  [[nodiscard]] ZipEntry locate(const CentralEntry& entry, uint64_t limit) const {
    const uint64_t at = entry.local_offset;
    const auto fits = [&](uint64_t offset, uint64_t size) {
      return offset <= limit && size <= limit - offset;
    };
    if (!fits(at, kLocalBytes) || get<uint32_t>(at) != kLocalSignature) {
      fail("local_header", concat("entry ", printable(entry.name), " has no local header at byte ", at));
    }
    const uint64_t name_bytes = get<uint16_t>(at + 26);
    const uint64_t begin = at + kLocalBytes + name_bytes + get<uint16_t>(at + 28);
    if (!fits(begin, 0) || text_at(at + kLocalBytes, name_bytes) != entry.name ||
        get<uint16_t>(at + 8) != entry.method) {
      fail("local_header", concat("entry ", printable(entry.name), " differs from its local header"));
    }
    if (!fits(begin, entry.size)) {
      fail("entry_range", concat("entry ", printable(entry.name), " is said to have ", entry.size,
                                 " bytes at ", begin, ", the file's directory begins at ", limit));
    }
    return {begin, entry.size};
  }

  void check_overlaps(const ZipDirectory& entries) const {
    std::vector<const ZipDirectory::value_type*> by_offset;
    by_offset.reserve(entries.size());
    for (const auto& entry : entries) by_offset.push_back(&entry);
    std::sort(by_offset.begin(), by_offset.end(), [](const auto* a, const auto* b) {
      return std::pair(a->second.offset, a->second.size) < std::pair(b->second.offset, b->second.size);
    });
    for (size_t i = 1; i < by_offset.size(); ++i) {
      const ZipEntry& before = by_offset[i - 1]->second;
      if (before.offset + before.size > by_offset[i]->second.offset) {
        fail("overlap", concat("entries ", printable(by_offset[i - 1]->first), " and ",
                               printable(by_offset[i]->first), " overlap"));
      }
    }
  }

  [[nodiscard]] std::string_view text_at(uint64_t offset, uint64_t size) const {
    return {reinterpret_cast<const char*>(file_.data()) + offset, size};
  }

  std::span<const std::byte> file_;
  const std::string& where_;
  ZipCompression compression_;
};

}  // namespace

ZipDirectory read_zip_directory(std::span<const std::byte> file, const std::string& where,
                                ZipCompression compression) {
  return ZipReader(file, where, compression).read();
}

}  // namespace sfv::io
