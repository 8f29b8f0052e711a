#pragma once

#include <cmath>
#include <cstdint>

#include "sfv/ops/cuda/pack.h"

namespace sfv::ops::cuda {

constexpr int kAttentionThreads = 128;  // of a block
constexpr int kMostAttentionFrames = 32;

/// q, k, v, y: [videos, frames, pixels, heads * D]. A unit is a video's pixel and head: a sequence of
/// `frames` rows of D numbers. A block takes some units, a thread one of a unit's frames.
struct TemporalAttentionPlan {
  int64_t videos, frames, pixels;
  int heads;
  int lanes;  // threads of a unit: 16 or 32, at least one a frame
  int units;  // of a block

  SFV_HOST_DEVICE int64_t all_units() const { return videos * pixels * heads; }
  SFV_HOST_DEVICE int64_t blocks() const { return (all_units() + units - 1) / units; }
  /// Bytes that a block shares: keys and values of its units, then a number for each pair of frames.
  SFV_HOST_DEVICE int64_t shared_bytes(int D, int number_bytes) const {
    return units * frames * (2 * D * number_bytes + frames * static_cast<int64_t>(sizeof(float)));
  }
};

/// frames: 1 … kMostAttentionFrames.
SFV_HOST_DEVICE inline TemporalAttentionPlan make_temporal_attention_plan(int64_t videos, int64_t frames,
                                                                          int64_t pixels, int heads,
                                                                          int threads = kAttentionThreads) {
  TemporalAttentionPlan plan = {};
  plan.videos = videos;
  plan.frames = frames;
  plan.pixels = pixels;
  plan.heads = heads;
  plan.lanes = frames <= 16 ? 16 : 32;
  plan.units = threads / plan.lanes;
  return plan;
}

/// Where the row of a unit's first frame lies, in rows of D numbers; frames are pixels * heads rows apart.
SFV_HOST_DEVICE inline int64_t first_row(const TemporalAttentionPlan& plan, int64_t unit) {
  const int64_t of_a_frame = plan.pixels * plan.heads;
  return unit / of_a_frame * plan.frames * of_a_frame + unit % of_a_frame;
}

/// The body of the kernel: y = softmax(q k^T / sqrt(D)) v for each unit, in float, rounded once. shared:
/// plan.shared_bytes(), aligned to a pack. Memory of all four aligned to a pack of V numbers, which divides
/// D.
template <int D, int V, typename T, typename Block>
SFV_DEVICE void attend_over_frames(const Block& block, const TemporalAttentionPlan& plan, const T* q,
                                   const T* k, const T* v, T* y, T* shared) {
  const int F = static_cast<int>(plan.frames);
  const int64_t step = plan.pixels * plan.heads * D;  // numbers from a frame to the next
  const int64_t first_unit = block.index() * plan.units;
  T* const keys = shared;
  T* const values = keys + static_cast<int64_t>(plan.units) * F * D;
  float* const scores = reinterpret_cast<float*>(values + static_cast<int64_t>(plan.units) * F * D);

  constexpr int kPacks = D / V;  // of a row
  for (int i = block.thread(); i < plan.units * F * kPacks; i += block.threads()) {
    const int64_t unit = first_unit + i / (F * kPacks);
    if (unit >= plan.all_units()) break;
    const int frame = i / kPacks % F;
    const int64_t from = first_row(plan, unit) * D + frame * step + i % kPacks * V;
    store_pack<V>(keys + static_cast<int64_t>(i) * V, load_pack<V>(k + from));
    store_pack<V>(values + static_cast<int64_t>(i) * V, load_pack<V>(v + from));
  }
  block.sync();

  const int own = block.thread() / plan.lanes, frame = block.thread() % plan.lanes;
  const int64_t unit = first_unit + own;
  if (frame >= F || own >= plan.units || unit >= plan.all_units()) return;
  const int64_t place = first_row(plan, unit) * D + frame * step;
  const T* const own_keys = keys + static_cast<int64_t>(own) * F * D;
  const T* const own_values = values + static_cast<int64_t>(own) * F * D;
  float* const own_scores = scores + (static_cast<int64_t>(own) * F + frame) * F;

  float row[D];  // first the query, then the result
  const float scale = 1.0F / sqrtf(static_cast<float>(D));
  for (int d = 0; d < D; d += V) {
    const Pack<T, V> pack = load_pack<V>(q + place + d);
    for (int lane = 0; lane < V; ++lane) row[d + lane] = Number<T>::to_float(pack.values[lane]) * scale;
  }
  float largest = -INFINITY;
  for (int j = 0; j < F; ++j) {
    float sum = 0.0F;
    for (int d = 0; d < D; d += V) {
      const Pack<T, V> pack = load_pack<V>(own_keys + static_cast<int64_t>(j) * D + d);
      for (int lane = 0; lane < V; ++lane) sum += row[d + lane] * Number<T>::to_float(pack.values[lane]);
    }
    own_scores[j] = sum;
    largest = fmaxf(largest, sum);
  }
  for (int d = 0; d < D; ++d) row[d] = 0.0F;
  float total = 0.0F;
  for (int j = 0; j < F; ++j) {
    const float weight = expf(own_scores[j] - largest);
    total += weight;
    for (int d = 0; d < D; d += V) {
      const Pack<T, V> pack = load_pack<V>(own_values + static_cast<int64_t>(j) * D + d);
      for (int lane = 0; lane < V; ++lane) row[d + lane] += weight * Number<T>::to_float(pack.values[lane]);
    }
  }
  for (int d = 0; d < D; d += V) {
    Pack<T, V> pack;
    for (int lane = 0; lane < V; ++lane) pack.values[lane] = Number<T>::from_float(row[d + lane] / total);
    store_pack<V>(y + place + d, pack);
  }
}

}  // namespace sfv::ops::cuda
