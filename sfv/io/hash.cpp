#include "sfv/io/hash.h"

#include <algorithm>

#include "sfv/io/mapped_file.h"
#include "sfv/io/sha256_block.h"

namespace sfv::io {
namespace {

constexpr size_t kBlockBytes = 64;

// The first 32 bits of the fractional parts of the square roots of the first eight primes (FIPS 180-4,
// section 5.3.3).
constexpr Sha256State kInitial = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

void fold_blocks(Sha256State& state, const std::byte* blocks, size_t count) {
  static const auto fold = has_sha256_instructions() ? sha256_blocks_x86 : sha256_blocks_portable;
  fold(state, blocks, count);
}

}  // namespace

Sha256::Sha256() : state_(kInitial), block_{} {}

void Sha256::update(std::span<const std::byte> bytes) {
  const size_t waiting = length_ % kBlockBytes;
  length_ += bytes.size();
  if (waiting > 0) {
    const size_t taken = std::min(bytes.size(), kBlockBytes - waiting);
    std::copy_n(bytes.begin(), taken, block_.begin() + static_cast<std::ptrdiff_t>(waiting));
    bytes = bytes.subspan(taken);
    if (waiting + taken < kBlockBytes) return;
    fold_blocks(state_, block_.data(), 1);
  }
  const size_t whole = bytes.size() / kBlockBytes;
  fold_blocks(state_, bytes.data(), whole);
  const auto rest = bytes.subspan(whole * kBlockBytes);
  std::copy(rest.begin(), rest.end(), block_.begin());
}

void Sha256::update(std::string_view text) {
  update(std::as_bytes(std::span(text)));
}

std::string Sha256::finish() {
  // A one bit, zeros, and the length in bits as a big-endian 64-bit number at the end of a block
  // (section 5.1.1).
  const uint64_t bits = length_ * 8;
  std::array<std::byte, 2 * kBlockBytes> tail = {std::byte{0x80}};
  const size_t waiting = length_ % kBlockBytes;
  const size_t padding = (waiting < 56 ? 56 : 120) - waiting;
  for (size_t i = 0; i < 8; ++i) tail[padding + i] = static_cast<std::byte>(bits >> (56 - 8 * i));
  update(std::span(tail).first(padding + 8));

  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const uint32_t word : state_) {
    for (int shift = 28; shift >= 0; shift -= 4) text += kDigits[word >> shift & 15];
  }
  return text;
}

std::string sha256(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

std::string sha256_file(const std::filesystem::path& path) {
  return sha256(MappedFile(path).bytes());
}

}  // namespace sfv::io
