#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace sfv::io {

/// SHA-256 (FIPS 180-4), fed piece by piece.
class Sha256 {
 public:
  Sha256();
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  /// 64 lower-case hexadecimal digits. Call once.
  [[nodiscard]] std::string finish();

 private:
  std::array<uint32_t, 8> state_;
  std::array<std::byte, 64> block_;
  uint64_t length_ = 0;  // bytes so far
};

[[nodiscard]] std::string sha256(std::span<const std::byte> bytes);
/// Errors: those of MappedFile.
[[nodiscard]] std::string sha256_file(const std::filesystem::path& path);

}  // namespace sfv::io
