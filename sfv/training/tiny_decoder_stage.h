#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sfv/training/patch_adversary.h"
#include "sfv/training/trained_network.h"
#include "sfv/training/training_stage.h"

namespace sfv::training {

/// Distils a tiny decoder (TAESD's or TAESDV's network) from a model's frozen VAE: L1 of pixels and of
/// differences between frames, against the frozen decoder's frames or the clip, and a patch discriminator if
/// asked. Cached latents are enough where the target is the decoder.
class TinyDecoderStage : public TrainingStage {
 public:
  /// The averaged tiny decoder in each checkpoint: what `sfv generate --tiny-vae` takes.
  static constexpr const char* kFileName = "tiny_decoder.safetensors";

  /// Errors: kUnsupported for a VAE that has not 4 latent channels and 8x8 pixels a latent cell;
  /// kInvalidArgument for a start of the other kind; those of checkpoint::load_tiny_decoder.
  TinyDecoderStage(const Recipe& recipe, checkpoint::Model model);

  [[nodiscard]] std::vector<Phase> phases() override;
  [[nodiscard]] NamedTensors state() override;
  [[nodiscard]] std::vector<const torch::nn::Module*> networks() const override;
  [[nodiscard]] checkpoint::Model averaged_model() override;
  void save_beside(const std::filesystem::path& checkpoint) override;
  [[nodiscard]] std::string model_defaults() const override;

 private:
  // -1..1, [B, F, 3, H, W]: what the tiny decoder made, and what it should have.
  struct Frames {
    torch::Tensor decoded, target;
  };
  Frames decode(const TrainBatch& batch);
  void accumulate(const TrainBatch& batch, double share, int64_t iteration, MetricMeans& metrics);

  Recipe recipe_;
  checkpoint::Model model_;      // frozen; its tiny decoder is the averaged one
  models::TinyDecoder decoder_;  // trains
  TrainedNetwork trained_;
  std::unique_ptr<PatchAdversary> adversary_;  // null without one
};

}  // namespace sfv::training
