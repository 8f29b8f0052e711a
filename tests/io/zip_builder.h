#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace sfv::io {

/// Writes zip archives of stored entries, whole or broken in one place, for tests of the reader.
struct ZipBuilder {
  std::vector<std::pair<std::string, std::string>> entries;  // name, content
  bool is_zip64 = false;                                     // sizes and offsets in 64-bit fields only
  uint16_t flags = 0;
  uint16_t method = 0;          // 0 = stored, 8 = deflated
  int64_t size_off_by = 0;      // of the last entry in the directory
  int64_t offset_off_by = 0;    // of the last entry's local header
  int64_t count_off_by = 0;     // of the number of entries
  std::string local_name = {};  // of the last entry, if another than in the directory
  std::string comment = {};

  [[nodiscard]] std::string build() const {
    std::string out;
    std::string directory;
    for (size_t i = 0; i < entries.size(); ++i) {
      const auto& [name, content] = entries[i];
      const bool is_last = i + 1 == entries.size();
      const uint64_t offset = out.size() + static_cast<uint64_t>(is_last ? offset_off_by : 0);
      const uint64_t size = content.size() + static_cast<uint64_t>(is_last ? size_off_by : 0);
      const std::string& in_local = is_last && !local_name.empty() ? local_name : name;
      put<uint32_t>(out, 0x04034b50);
      put_all<uint16_t>(out, {20, flags, method, 0, 0});
      put_all<uint32_t>(out, {0, static_cast<uint32_t>(size), static_cast<uint32_t>(size)});
      put_all<uint16_t>(out, {static_cast<uint16_t>(in_local.size()), 0});
      out += in_local + content;

      put<uint32_t>(directory, 0x02014b50);
      put_all<uint16_t>(directory, {20, 20, flags, method, 0, 0});
      const uint32_t short_size = is_zip64 ? 0xffffffff : static_cast<uint32_t>(size);
      put_all<uint32_t>(directory, {0, short_size, short_size});
      put_all<uint16_t>(directory, {static_cast<uint16_t>(name.size()),
                                    static_cast<uint16_t>(is_zip64 ? 28 + 5 : 0), 0, 0, 0});
      put_all<uint32_t>(directory, {0, is_zip64 ? 0xffffffff : static_cast<uint32_t>(offset)});
      directory += name;
      if (is_zip64) {
        put_all<uint16_t>(directory, {0x4246, 1});  // another extra field before it
        directory += 'Z';
        put_all<uint16_t>(directory, {1, 24});
        put_all<uint64_t>(directory, {size, size, offset});
      }
    }
    const uint64_t directory_at = out.size();
    const uint64_t count = entries.size() + static_cast<uint64_t>(count_off_by);
    out += directory;
    if (is_zip64) {
      const uint64_t record_at = out.size();
      put<uint32_t>(out, 0x06064b50);
      put<uint64_t>(out, 44);
      put_all<uint16_t>(out, {45, 45});
      put_all<uint32_t>(out, {0, 0});
      put_all<uint64_t>(out, {count, count, directory.size(), directory_at});
      put_all<uint32_t>(out, {0x07064b50, 0});
      put<uint64_t>(out, record_at);
      put<uint32_t>(out, 1);
    }
    put<uint32_t>(out, 0x06054b50);
    put_all<uint16_t>(out, {0, 0, static_cast<uint16_t>(count), static_cast<uint16_t>(count)});
    put_all<uint32_t>(out, {is_zip64 ? 0xffffffff : static_cast<uint32_t>(directory.size()),
                            is_zip64 ? 0xffffffff : static_cast<uint32_t>(directory_at)});
    put<uint16_t>(out, static_cast<uint16_t>(comment.size()));
    return out + comment;
  }

 private:
  template <typename T>
  static void put(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof(T));
  }
  template <typename T>
  static void put_all(std::string& out, std::initializer_list<T> values) {
    for (const T value : values) put<T>(out, value);
  }
};

}  // namespace sfv::io
