#pragma once

namespace sfv {

/// Where weights are between a network's runs.
enum class WeightHome {
  kDevice,  // where they compute, in the type they compute in
  kStage,   // there while their network runs, in the file (mapped) or on the host otherwise
  kLayer,   // there while their layer runs
};

/// How much of a clip the temporal decoder holds at once. Each gives the same frames, up to rounding.
enum class DecoderMemory {
  kWhole,      // all frames go through each operation together
  kPieces,     // frame by frame, and over time some rows by some rows
  kRecompute,  // so, and the first temporal convolution of each block is done twice instead of kept
};

/// What is paid for less memory.
struct MemoryMode {
  WeightHome weights = WeightHome::kDevice;
  DecoderMemory decoder = DecoderMemory::kPieces;

  bool operator==(const MemoryMode&) const = default;
};

}  // namespace sfv
