#pragma once

#include <cstdint>

namespace sfv::training {

/// When a run tells in words that it goes wrong. The means are over the last `window` iterations.
struct AlarmOptions {
  int64_t window = 50;  // iterations, 1 to 10,000; nothing is told before as many have passed
  /// The discriminator has won: its loss is at most this and every head's accuracy, on real and on generated
  /// clips, at least that. SF-V's healthy loss is 0.5 to 1.8.
  double discriminator_loss = 0.05;      // >= 0; 0: never
  double discriminator_accuracy = 0.99;  // [0, 1]
  /// Frames collapsed onto the condition image: their distance from the first frame is less than this share
  /// of the real clips'.
  double still_below = 0.1;  // [0, 1]; 0: never
  /// Motion falls: it is less than this share of the most it was in this run (at most of the real clips').
  double motion_below = 0.5;  // [0, 1]; 0: never

  [[nodiscard]] bool operator==(const AlarmOptions&) const = default;
};

}  // namespace sfv::training
