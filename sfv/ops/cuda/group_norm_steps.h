#pragma once

#include <cmath>
#include <cstdint>

#include "sfv/ops/cuda/activations.h"
#include "sfv/ops/cuda/group_norm_plan.h"
#include "sfv/ops/cuda/moments.h"
#include "sfv/ops/cuda/pack.h"

// The three steps of a GroupNorm as bodies of kernels: each channel's moments in each slice of pixels; a
// group's moments out of those, as a factor and an offset for each channel; factor, offset and activation
// applied. A Block gives index(), thread(), threads() and sync(); the tests bring one that runs on the CPU.
namespace sfv::ops::cuda {

/// What the norm does to a channel: y = scale * x + shift.
struct ChannelMap {
  float scale, shift;
};

/// Joins every column's rows into its first. shared: [V, threads], thread = row * columns + column.
template <int V, typename Block>
SFV_DEVICE void join_rows(const Block& block, Moments* shared, int columns, int rows) {
  const int thread = block.thread(), threads = block.threads();
  const int row = thread / columns;
  block.sync();
  for (int left = rows; left > 1;) {
    const int half = (left + 1) / 2;
    if (row + half < left) {
      for (int lane = 0; lane < V; ++lane) {
        Moments* const own = shared + lane * threads + thread;
        *own = join(*own, own[half * columns]);
      }
    }
    left = half;
    block.sync();
  }
}

/// Step 1. x: [pictures, pixels, channels]; shared: [V, threads]; partials: [pictures, slices, channels].
template <int V, typename T, typename Block>
SFV_DEVICE void measure_slice(const Block& block, const GroupNormPlan& plan, const T* x, Moments* shared,
                              Moments* partials) {
  const Place at = place_of(plan, block.index(), block.thread());
  RunningMoments<V> running;
  if (at.is_active) {
    for (int64_t pixel = at.begin + at.row; pixel < at.end; pixel += plan.rows) {
      const Pack<T, V> pack = load_pack<V>(x + offset_of(plan, at, pixel));
      float values[V];
      for (int lane = 0; lane < V; ++lane) values[lane] = Number<T>::to_float(pack.values[lane]);
      running.add(values);
    }
  }
  for (int lane = 0; lane < V; ++lane)
    shared[lane * block.threads() + block.thread()] = {running.count, running.mean[lane], running.m2[lane]};
  join_rows<V>(block, shared, plan.columns, plan.rows);
  if (!at.is_active || at.row != 0) return;
  Moments* const out = partials + (at.picture * plan.slices + at.slice) * plan.channels + at.channel;
  for (int lane = 0; lane < V; ++lane) out[lane] = shared[lane * block.threads() + block.thread()];
}

/// Step 2, a block for each picture's group. weight, bias: [channels]; shared: [threads]; maps: [pictures,
/// channels].
template <typename T, typename Block>
SFV_DEVICE void join_group(const Block& block, const GroupNormPlan& plan, const Moments* partials,
                           const T* weight, const T* bias, float eps, Moments* shared, ChannelMap* maps) {
  const int64_t picture = block.index() / plan.groups;
  const int size = plan.channels / plan.groups;
  const int first = static_cast<int>(block.index() % plan.groups) * size;
  const Moments* const own = partials + picture * plan.slices * plan.channels + first;
  Moments all = {0.0F, 0.0F, 0.0F};
  for (int64_t i = block.thread(); i < plan.slices * size; i += block.threads())
    all = join(all, own[i / size * plan.channels + i % size]);
  shared[block.thread()] = all;
  join_rows<1>(block, shared, 1, block.threads());
  all = shared[0];
  const float factor = 1.0F / sqrtf(all.m2 / all.count + eps);
  for (int channel = first + block.thread(); channel < first + size; channel += block.threads()) {
    const float scale = factor * Number<T>::to_float(weight[channel]);
    maps[picture * plan.channels + channel] = {scale, Number<T>::to_float(bias[channel]) - all.mean * scale};
  }
}

/// Step 3. x, y: [pictures, pixels, channels]; maps: [pictures, channels]. One rounding, after the
/// activation.
template <int V, bool kSilu, typename T, typename Block>
SFV_DEVICE void apply_maps(const Block& block, const GroupNormPlan& plan, const T* x, const ChannelMap* maps,
                           T* y) {
  const Place at = place_of(plan, block.index(), block.thread());
  if (!at.is_active) return;
  ChannelMap own[V];
  for (int lane = 0; lane < V; ++lane) own[lane] = maps[at.picture * plan.channels + at.channel + lane];
  for (int64_t pixel = at.begin + at.row; pixel < at.end; pixel += plan.rows) {
    const int64_t offset = offset_of(plan, at, pixel);
    Pack<T, V> pack = load_pack<V>(x + offset);
    for (int lane = 0; lane < V; ++lane) {
      const float value = own[lane].scale * Number<T>::to_float(pack.values[lane]) + own[lane].shift;
      pack.values[lane] = Number<T>::from_float(kSilu ? silu(value) : value);
    }
    store_pack<V>(y + offset, pack);
  }
}

}  // namespace sfv::ops::cuda
