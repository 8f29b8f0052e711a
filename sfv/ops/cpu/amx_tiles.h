#pragma once

#include <cstdint>

#include "sfv/ops/cpu/tile_products.h"

#if defined(__x86_64__) && defined(__GNUC__) && defined(__linux__)
#define SFV_HAS_AMX_TILES 1

namespace sfv::ops::cpu {

/// AMX's instructions, as multiply_by_tiles() wants them. Each thread has tiles of its own. Source: Intel 64
/// and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18 "Programming with Intel AMX".
struct AmxTiles {
  void configure(const TileShapes& shapes) const {
    struct alignas(64) {
      uint8_t palette = 1, start_row = 0, reserved[14] = {};
      uint16_t row_bytes[16] = {};
      uint8_t rows[16] = {};
    } config;
    for (size_t i = 0; i < shapes.rows.size(); ++i) {
      config.row_bytes[i] = static_cast<uint16_t>(shapes.row_bytes[i]);
      config.rows[i] = static_cast<uint8_t>(shapes.rows[i]);
    }
    static_assert(sizeof(config) == 64);
    __asm__ volatile("ldtilecfg %0" ::"m"(config) : "memory");
  }
  void release() const { __asm__ volatile("tilerelease" ::: "memory"); }
  template <int T>
  void zero() const {
    __asm__ volatile("tilezero %%tmm%c0" ::"i"(T));
  }
  template <int T>
  void load(const void* from, int64_t bytes) const {
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(bytes), "i"(T) : "memory");
  }
  template <int T>
  void store(void* to, int64_t bytes) const {
    __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(bytes), "i"(T) : "memory");
  }
  template <int C, int A, int B>
  void dot() const {
    __asm__ volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(C), "i"(A), "i"(B));
  }
};

/// Asks the system for the tiles' registers, once a process: whether they may be used. Only where the
/// processor has them.
[[nodiscard]] bool may_use_tiles();

}  // namespace sfv::ops::cpu

#endif
