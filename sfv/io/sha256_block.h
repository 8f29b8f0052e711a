#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sfv::io {

/// SHA-256's eight working words, h0 first.
using Sha256State = std::array<uint32_t, 8>;

/// Folds `count` blocks of 64 bytes into the state (FIPS 180-4, section 6.2.2). Both give the same.
void sha256_blocks_portable(Sha256State& state, const std::byte* blocks, size_t count);
/// With the SHA instructions of x86. Call only where has_sha256_instructions().
void sha256_blocks_x86(Sha256State& state, const std::byte* blocks, size_t count);
[[nodiscard]] bool has_sha256_instructions();

/// The 64 round constants.
extern const std::array<uint32_t, 64> kSha256Rounds;

}  // namespace sfv::io
