#include "apps/sfv/eval_row.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <utility>

#include "sfv/checkpoint/weights.h"
#include "sfv/core/check.h"
#include "sfv/evaluation/clip_pixels.h"
#include "sfv/evaluation/clip_statistics.h"
#include "sfv/evaluation/overlay_motion.h"
#include "sfv/io/safetensors.h"
#include "sfv/tensor/frame_levels.h"

namespace sfv::cli {
namespace {

constexpr size_t kClipsAtOnce = 16;

// [T, 3, H, W] as 8-bit levels [T, H, W, 3], which float16 holds exactly.
torch::Tensor as_levels(const torch::Tensor& pixels) {
  return ((pixels * 0.5 + 0.5) * 255.0).round().permute({0, 2, 3, 1}).to(at::kHalf).contiguous();
}

}  // namespace

void save_row(const RowData& row, const std::filesystem::path& path) {
  std::vector<io::SafetensorsWriter::Entry> entries;
  for (const auto& [name, tensor] : row.values) {
    entries.push_back({name, checkpoint::to_io_dtype(tensor.scalar_type()), tensor.sizes().vec()});
  }
  io::SafetensorsWriter writer(path, std::move(entries), {});
  for (const io::SafetensorsWriter::Entry& entry : writer.entries()) {
    const torch::Tensor tensor = row.values.at(entry.name).contiguous();
    writer.write({static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()});
  }
  writer.finish();
}

std::optional<RowData> load_row(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  const auto file = io::SafetensorsFile::open(path);
  RowData row;
  for (const auto& [name, weight] : checkpoint::read_weights({file}))
    row.values[name] = checkpoint::as_tensor(weight);
  for (const char* name : {"features", "energy", "sharpness", "speed", "first_distance", "sheet"}) {
    SFV_CHECK(row.has(name), kInvalidFile, "[eval] ", path.string(), ": expected a tensor ", name,
              "; remove the file and the row is measured again");
  }
  return row;
}

RowMeter::RowMeter(evaluation::VideoFeatures& features, int64_t sheet_clips)
    : features_(features), sheet_clips_(sheet_clips) {}

void RowMeter::compute_features() {
  if (waiting_.empty()) return;
  parts_.push_back(features_.compute(at::stack(waiting_)));
  waiting_.clear();
}

void RowMeter::add(const HeldOutClip& truth, const torch::Tensor& pixels) {
  waiting_.push_back(features_.prepare(pixels));
  if (waiting_.size() == kClipsAtOnce) compute_features();
  if (static_cast<int64_t>(sheet_.size()) < sheet_clips_) sheet_.push_back(as_levels(pixels));
  const Clip clip = to_clip(pixels, truth.clip.fps);
  const RgbImage& last = clip.frames.back();
  const double sharpness = evaluation::gradient_energy(last);
  numbers_["sharpness"].push_back(sharpness);
  numbers_["first_distance"].push_back(
      evaluation::rms_difference(clip.frames.front(), truth.clip.frames.front()));
  if (truth.scene) {
    const evaluation::ShapeMotion motion =
        evaluation::measure_tracks(evaluation::track_shapes(clip, *truth.scene));
    numbers_["speed"].push_back(motion.speed);
    numbers_["lost"].push_back(motion.lost_share);
    numbers_["energy"].push_back(evaluation::gradient_energy(last, truth.scene->background));
  } else {
    numbers_["speed"].push_back(evaluation::measure_clip(clip).fast_speed);
    numbers_["energy"].push_back(sharpness);
  }
  if (truth.is_overlay) add_overlay(truth, pixels);
}

void RowMeter::add_overlay(const HeldOutClip& truth, const torch::Tensor& pixels) {
  const torch::Tensor picture = evaluation::to_pixels(truth.clip)[0];
  const evaluation::OverlayMotion motion = evaluation::measure_overlay(pixels, picture);
  numbers_["covered"].push_back(motion.covered);
  numbers_["contrast"].push_back(motion.contrast);
  numbers_["coherence"].push_back(motion.coherence);
  numbers_["fall"].push_back(motion.fall);
  numbers_["drift"].push_back(motion.drift);
  numbers_["first_psnr"].push_back(motion.first_psnr);
  numbers_["background_psnr"].push_back(motion.background_psnr);
  numbers_["background_share"].push_back(motion.background_share);
  numbers_["asked_motion"].push_back(truth.motion);
}

void RowMeter::add_noises(const HeldOutClip& truth, const torch::Tensor& pixels) {
  const torch::Tensor last = pixels.select(1, pixels.size(1) - 1).to(at::kDouble);  // [K, 3, H, W]
  const torch::Tensor variance =
      (last - last.mean(0)).square().sum(0) / static_cast<double>(last.size(0) - 1);
  numbers_["last_spread"].push_back(variance.mean().sqrt().item<double>() * 127.5);
  if (truth.is_overlay) {
    const torch::Tensor picture = evaluation::to_pixels(truth.clip)[0];
    std::vector<double> drifts;
    for (const torch::Tensor& clip : pixels.unbind(0))
      drifts.push_back(evaluation::measure_overlay(clip, picture).drift);
    numbers_["drift_spread"].push_back(at::tensor(drifts, at::kDouble).std().item<double>());
  }
  if (!truth.scene) return;
  std::vector<std::vector<evaluation::ShapeTrack>> tracks;
  for (const torch::Tensor& clip : pixels.unbind(0)) {
    tracks.push_back(evaluation::track_shapes(to_clip(clip, truth.clip.fps), *truth.scene));
  }
  numbers_["end_spread"].push_back(evaluation::end_spread(tracks));
}

RowData RowMeter::finish() {
  compute_features();
  RowData row;
  row.values["features"] = at::cat(parts_);
  row.values["sheet"] = at::stack(sheet_);
  for (const auto& [name, values] : numbers_) row.values[name] = at::tensor(values, at::kDouble);
  return row;
}

}  // namespace sfv::cli
