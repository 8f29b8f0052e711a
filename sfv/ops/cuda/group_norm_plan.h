#pragma once

#include <cstdint>

#include "sfv/ops/cuda/host_device.h"

namespace sfv::ops::cuda {

constexpr int kThreads = 256;       // of a block, at most
constexpr int64_t kBlocks = 1024;   // wanted for a launch: 7 for each of an H100's 132 processors
constexpr int64_t kPixelsEach = 8;  // that a thread reads at least, where there are so many

/// How x [pictures, pixels, channels] is cut: into tiles of channels and slices of pixels, a block for each
/// of a picture's tiles and slices; in a block, `columns` threads lie along the channels with `vector`
/// channels each, and `rows` along the pixels. It follows from the sizes alone, never from the GPU, and every
/// sum is taken in the order it says: equal input gives equal bytes on each run.
struct GroupNormPlan {
  int64_t pictures, pixels;
  int channels, groups;
  int vector;
  int columns, rows;
  int64_t tiles;
  int64_t slices, slice_pixels;

  SFV_HOST_DEVICE int threads() const { return columns * rows; }
  SFV_HOST_DEVICE int64_t blocks() const { return pictures * tiles * slices; }
  SFV_HOST_DEVICE int64_t partials() const { return pictures * slices * channels; }
};

SFV_HOST_DEVICE inline int64_t divide_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/// All sizes > 0; vector divides channels, groups divide channels.
SFV_HOST_DEVICE inline GroupNormPlan make_group_norm_plan(int64_t pictures, int64_t pixels, int channels,
                                                          int groups, int vector, int threads = kThreads) {
  GroupNormPlan plan = {};
  plan.pictures = pictures;
  plan.pixels = pixels;
  plan.channels = channels;
  plan.groups = groups;
  plan.vector = vector;
  const int64_t packs = channels / vector;
  plan.tiles = divide_up(packs, threads);
  plan.columns = static_cast<int>(divide_up(packs, plan.tiles));
  plan.rows = threads / plan.columns;
  const int64_t most = divide_up(pixels, plan.rows * kPixelsEach);
  const int64_t wanted = divide_up(kBlocks, pictures * plan.tiles);
  plan.slice_pixels = divide_up(pixels, wanted < most ? wanted : most);
  plan.slices = divide_up(pixels, plan.slice_pixels);  // rounding may have left the last ones nothing
  return plan;
}

/// What one thread does: pixels begin + row, in steps of plan.rows, up to end; channels channel to channel +
/// plan.vector. A thread past the last channel has none: is_active is false.
struct Place {
  int64_t picture, slice, begin, end;
  int channel, row;
  bool is_active;
};

SFV_HOST_DEVICE inline Place place_of(const GroupNormPlan& plan, int64_t block, int thread) {
  Place at = {};
  at.slice = block % plan.slices;
  const int64_t tile = block / plan.slices % plan.tiles;
  at.picture = block / plan.slices / plan.tiles;
  at.begin = at.slice * plan.slice_pixels;
  const int64_t end = at.begin + plan.slice_pixels;
  at.end = end < plan.pixels ? end : plan.pixels;
  at.channel = static_cast<int>(tile * plan.columns + thread % plan.columns) * plan.vector;
  at.row = thread / plan.columns;
  at.is_active = at.channel < plan.channels;
  return at;
}

/// Where pixel `pixel` of the thread's channels lies in x.
SFV_HOST_DEVICE inline int64_t offset_of(const GroupNormPlan& plan, const Place& at, int64_t pixel) {
  return (at.picture * plan.pixels + pixel) * plan.channels + at.channel;
}

}  // namespace sfv::ops::cuda
