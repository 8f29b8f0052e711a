#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/sfv/engine.h"
#include "sfv/core/trace_recorder.h"

namespace sfv::cli {

/// One request as it was measured.
struct BenchRound {
  double seconds = 0;  // from the decoded photo to frames in memory
  TraceRecorder trace;
};

/// A part of the request: medians over the rounds.
struct BenchPart {
  std::string name;
  double seconds = 0;
  double operations = 0;  // counted: what diffusers would do
};

/// An operator class: means over the rounds.
struct BenchOperator {
  std::string name;
  double calls = 0;
  double seconds = 0;
  double operations = 0;
};

/// What the device does in large products and convolutions of this number format, in operations a second.
struct DeviceRates {
  double matmul = 0;
  double conv = 0;
};

/// What `sfv bench` shows.
struct BenchResult {
  EngineIdentity engine;
  GenerateSettings settings;
  std::string processor;  // name, features, clock
  int64_t warm_up = 0, rounds = 0;
  DeviceRates rates;
  double load_seconds = 0;
  int64_t peak_bytes = 0;        // of the process, or of tensors on a GPU
  std::vector<BenchPart> parts;  // encoders, unet (one evaluation), decode, request, or the first of them
  std::vector<BenchOperator> operators;  // by time, the longest first; last "other": between the operators
};

/// The parts a request can be measured up to.
inline const std::vector<std::string> kBenchParts = {"encoders", "unet", "decode"};

/// Fills `parts` and `operators`. rounds: at least one; each ended after the part `until`, and `request` is
/// there only after the last.
void summarize_rounds(const std::vector<BenchRound>& rounds, const std::string& until, BenchResult& result);

/// Guided sampling with so many steps beside one step, as the measured parts add up to it.
struct StepsComparison {
  int64_t steps = 0;
  int64_t evaluations = 0;  // of the UNet: two a step where it is guided
  double unet_seconds = 0;
  double request_seconds = 0;
};
/// result: of whole requests. steps: each guided, except 1, which is the one-step sampler's single
/// evaluation.
[[nodiscard]] std::vector<StepsComparison> compare_steps(const BenchResult& result,
                                                         const std::vector<int64_t>& steps);

/// For people; comparison may be empty.
[[nodiscard]] std::string bench_text(const BenchResult& result,
                                     const std::vector<StepsComparison>& comparison);
[[nodiscard]] std::string bench_json(const BenchResult& result,
                                     const std::vector<StepsComparison>& comparison);

}  // namespace sfv::cli
