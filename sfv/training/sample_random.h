#pragma once

#include <ATen/core/Generator.h>

#include <cstdint>

namespace sfv::training {

/// What a sample's random numbers are for. Each use has numbers of its own, so that switching one on or off
/// changes no other.
enum class RandomUse : uint64_t {
  kConditionNoise = 1,      // strength and noise of the condition picture
  kDropout = 2,             // which conditions are dropped
  kSigma = 3,               // noise level of the network that trains
  kNoise = 4,               // its noise
  kDiscriminatorSigma = 5,  // sigma' of real, then of fake
  kDiscriminatorNoise = 6,  // noise on real, then on fake
  kPenalty = 7,             // approximate R1's perturbation
  kGuidance = 8,            // the teacher's weights
  kPosterior = 9,           // draw from the autoencoder's latent distribution
};

/// A CPU generator for one use of the sample at `position` of a run. It depends on nothing else: a run that
/// goes on, or that is spread over more ranks, draws the same numbers, and a checkpoint has no generator to
/// keep.
[[nodiscard]] at::Generator sample_generator(uint64_t seed, int64_t position, RandomUse use);

}  // namespace sfv::training
