#pragma once

#include <cstdint>

#include "sfv/ops/cuda/activations.h"
#include "sfv/ops/cuda/pack.h"

namespace sfv::ops::cuda {

/// The body of the GEGLU kernel: p [rows, 2 channels] -> y [rows, channels] = value * gelu(gate). `stride`
/// threads in all, this one is number `thread`; each takes every stride-th pack of V channels.
template <int V, typename T>
SFV_DEVICE void gate_packs(int64_t thread, int64_t stride, int64_t rows, int64_t channels, const T* p, T* y) {
  const int64_t packs = channels / V;
  for (int64_t i = thread; i < rows * packs; i += stride) {
    const int64_t row = i / packs, channel = i % packs * V;
    const T* const value = p + row * 2 * channels + channel;
    const Pack<T, V> values = load_pack<V>(value), gates = load_pack<V>(value + channels);
    Pack<T, V> out;
    for (int lane = 0; lane < V; ++lane) {
      const float gate = gelu(Number<T>::to_float(gates.values[lane]));
      out.values[lane] = Number<T>::from_float(Number<T>::to_float(values.values[lane]) * gate);
    }
    store_pack<V>(y + row * channels + channel, out);
  }
}

}  // namespace sfv::ops::cuda
