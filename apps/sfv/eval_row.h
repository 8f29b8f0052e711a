#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/sfv/eval_held_out.h"
#include "sfv/evaluation/shape_tracks.h"
#include "sfv/evaluation/video_features.h"

namespace sfv::cli {

/// What is measured of one set of clips: tensors by name, a number for each clip unless said.
///
/// - features: [N, D]
/// - energy: gradient energy of the last frame, of what differs from the background where that is known
/// - sharpness: gradient energy of the whole last frame
/// - speed: pixels a frame, of the shapes where they are known, else of the fastest tenth of blocks
/// - lost: share of shapes and frames where the shape was not found; shapes only
/// - first_distance: root mean square difference of frame 0 and the condition picture, 8-bit levels
/// - covered, contrast, coherence, fall, drift, first_psnr, background_psnr, background_share:
///   evaluation::OverlayMotion; only of what plays over its first frame
/// - asked_motion: the motion bucket that was asked for; as above
/// - drift_spread: [J], standard deviation of drift over the noises of each of J first frames; as above
/// - end_spread: [J], pixels, over the noises of each of J first frames; shapes only
/// - last_spread: [J], standard deviation of the last frame's pixels over the noises, 8-bit levels
/// - seconds: [1], of generating the N clips; models only
/// - sheet: [S, T, H, W, 3], float16, 8-bit levels of the first clips
struct RowData {
  std::map<std::string, torch::Tensor> values;

  [[nodiscard]] bool has(const std::string& name) const { return values.count(name) > 0; }
  [[nodiscard]] double mean(const std::string& name) const { return values.at(name).mean().item<double>(); }
};

/// A finished row as a safetensors file. Atomic. Errors: those of the readers and writers.
void save_row(const RowData& row, const std::filesystem::path& path);
/// Nothing where there is no such file. Errors: kInvalidFile.
[[nodiscard]] std::optional<RowData> load_row(const std::filesystem::path& path);

/// Takes the clips of a row one after the other.
class RowMeter {
 public:
  /// sheet_clips: so many of the first clips are kept for the contact sheet.
  RowMeter(evaluation::VideoFeatures& features, int64_t sheet_clips);

  /// truth: the held-out clip whose first frame this clip was made from, or the clip itself. pixels:
  /// [T, 3, H, W], -1..1.
  void add(const HeldOutClip& truth, const torch::Tensor& pixels);
  /// Clips of one first frame with different noises: [K, T, 3, H, W].
  void add_noises(const HeldOutClip& truth, const torch::Tensor& pixels);
  [[nodiscard]] RowData finish();

 private:
  void compute_features();
  void add_overlay(const HeldOutClip& truth, const torch::Tensor& pixels);

  evaluation::VideoFeatures& features_;
  int64_t sheet_clips_;
  std::vector<torch::Tensor> waiting_, parts_, sheet_;
  std::map<std::string, std::vector<double>> numbers_;
};

}  // namespace sfv::cli
