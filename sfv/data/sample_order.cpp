// Which item stands at which position: a keyed permutation that can be asked anywhere.
#include "sfv/data/sample_order.h"

#include "sfv/core/check.h"
#include "sfv/data/clip_source.h"
#include "sfv/data/counter_random.h"

namespace sfv::data {
namespace {

// Streams of one seed, so that no draw is used for two things.
constexpr uint64_t kDrawStream = 0x64726177;        // "draw"
constexpr uint64_t kRoundStream = 0x726F756E64;     // "round"
constexpr uint64_t kSubstituteStream = 0x73756273;  // "subs"

constexpr uint64_t kRounds = 6;  // four give a strong pseudorandom permutation; small halves mix slower

/// A bijection of 0 … 2^(2 half_bits) - 1.
uint64_t permute(uint64_t value, int half_bits, uint64_t key) {
  const uint64_t mask = (uint64_t{1} << half_bits) - 1;
  uint64_t left = value >> half_bits;
  uint64_t right = value & mask;
  for (uint64_t round = 0; round < kRounds; ++round) {
    const uint64_t next = left ^ (random_word(key, round, right) & mask);
    left = right;
    right = next;
  }
  return left << half_bits | right;
}

int half_bits_for(int64_t size) {
  int half_bits = 1;
  while (half_bits < 31 && (int64_t{1} << (2 * half_bits)) < size) ++half_bits;
  return half_bits;
}

}  // namespace

SampleOrder::SampleOrder(int64_t size, uint64_t seed)
    : size_(size), seed_(seed), half_bits_(half_bits_for(size)) {
  constexpr int64_t kMaxSize = int64_t{1} << 62;
  SFV_CHECK(size >= 1 && (size <= kMaxSize || size == ClipSource::kUnlimited), kInvalidArgument,
            "[sample order] expected 1 to 2^62 items, got ", size);
}

SamplePlace SampleOrder::at(int64_t position) const {
  SFV_CHECK(position >= 0, kInvalidArgument, "[sample order] expected a position of 0 or more, got ",
            position);
  const auto place = static_cast<uint64_t>(position);
  const uint64_t draw_seed = random_word(seed_, kDrawStream, place);
  if (size_ == ClipSource::kUnlimited) return {.item = position, .draw_seed = draw_seed, .epoch = 0};
  const int64_t epoch = position / size_;
  const uint64_t key = random_word(seed_, kRoundStream, static_cast<uint64_t>(epoch));
  // Walks along the cycle of the larger permutation until it is inside: at most 4 steps on average.
  auto item = static_cast<uint64_t>(position % size_);
  do {
    item = permute(item, half_bits_, key);
  } while (item >= static_cast<uint64_t>(size_));
  return {.item = static_cast<int64_t>(item), .draw_seed = draw_seed, .epoch = epoch};
}

SamplePlace SampleOrder::substitute(int64_t position, int64_t attempt) const {
  SamplePlace place = at(position);
  if (attempt <= 0) return place;
  CounterRandom random(random_word(seed_, kSubstituteStream, static_cast<uint64_t>(position)),
                       static_cast<uint64_t>(attempt));
  place.item = random.below(size_);
  place.draw_seed = random.next();
  return place;
}

}  // namespace sfv::data
