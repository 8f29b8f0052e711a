#pragma once

#include <cstdint>

#include "sfv/ops/cuda/host_device.h"

namespace sfv::ops::cuda {

/// How a number in memory becomes a float and back, rounded to nearest. A type that kernels read has one.
template <typename T>
struct Number;

template <>
struct Number<float> {
  SFV_HOST_DEVICE static float to_float(float value) { return value; }
  SFV_HOST_DEVICE static float from_float(float value) { return value; }
};

/// V numbers that are read and written by one instruction. Memory must be aligned to the whole.
template <typename T, int V>
struct alignas(sizeof(T) * V) Pack {
  T values[V];
};

constexpr int kPackBytes = 16;  // the widest load of a CUDA thread

/// Numbers of `bytes` bytes in the widest pack that divides `channels` and fits all the addresses (their OR):
/// else 1.
SFV_HOST_DEVICE inline int pack_width(int64_t channels, int bytes, uintptr_t addresses) {
  const int widest = kPackBytes / bytes;
  return channels % widest == 0 && addresses % kPackBytes == 0 ? widest : 1;
}

template <int V, typename T>
SFV_HOST_DEVICE inline Pack<T, V> load_pack(const T* place) {
  return *reinterpret_cast<const Pack<T, V>*>(place);
}

template <int V, typename T>
SFV_HOST_DEVICE inline void store_pack(T* place, const Pack<T, V>& pack) {
  *reinterpret_cast<Pack<T, V>*>(place) = pack;
}

}  // namespace sfv::ops::cuda
