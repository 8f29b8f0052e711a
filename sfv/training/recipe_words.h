#pragma once

#include <array>
#include <string_view>

#include "sfv/training/recipe.h"

// How each choice of a recipe is spelled: word i is the enumerator of value i.

namespace sfv::training {

using Word = std::string_view;

constexpr std::array<Word, 4> words_of(Stage) {
  return {"autoencoder", "diffusion", "consistency", "adversarial"};
}
constexpr std::array<Word, 2> words_of(TrainPrecision) {
  return {"fp32", "bf16"};
}
constexpr std::array<Word, 3> words_of(FrozenPrecision) {
  return {"same", "fp32", "bf16"};
}
constexpr std::array<Word, 4> words_of(TrainableKind) {
  return {"all", "temporal", "spatial", "regex"};
}
constexpr std::array<Word, 2> words_of(SaveFailure) {
  return {"stop", "continue"};
}
constexpr std::array<Word, 4> words_of(OptimizerKind) {
  return {"sm3", "adamw", "muon", "sgd"};
}
constexpr std::array<Word, 3> words_of(WarmUpKind) {
  return {"none", "linear", "quadratic"};
}
constexpr std::array<Word, 3> words_of(DecayKind) {
  return {"constant", "linear", "cosine"};
}
constexpr std::array<Word, 6> words_of(DataSource) {
  return {"videos", "frames", "manifest", "cache", "shapes", "snow"};
}
constexpr std::array<Word, 2> words_of(MotionKind) {
  return {"measured", "fixed"};
}
constexpr std::array<Word, 2> words_of(ConditionNoiseKind) {
  return {"log-normal", "fixed"};
}
constexpr std::array<Word, 3> words_of(SamplerKind) {
  return {"one-step", "euler", "lcm"};
}
constexpr std::array<Word, 4> words_of(AutoencoderPart) {
  return {"all", "decoder", "temporal-decoder", "tiny-decoder"};
}
constexpr std::array<Word, 2> words_of(TinyDecoderKind) {
  return {"taesd", "taesdv"};
}
constexpr std::array<Word, 2> words_of(TinyTarget) {
  return {"decoder", "data"};
}
constexpr std::array<Word, 2> words_of(DiffusionWeight) {
  return {"edm", "one"};
}
constexpr std::array<Word, 3> words_of(AdversarialMethod) {
  return {"sf-v", "ladd", "ufogen"};
}
constexpr std::array<Word, 3> words_of(DiscriminatorNoise) {
  return {"discretised-log-normal", "logit-normal", "tied"};
}
constexpr std::array<Word, 3> words_of(HeadKind) {
  return {"both", "spatial", "temporal"};
}
constexpr std::array<Word, 2> words_of(HeadNorm) {
  return {"group", "batch-local"};
}
constexpr std::array<Word, 2> words_of(BackboneKind) {
  return {"frozen", "trained"};
}
constexpr std::array<Word, 3> words_of(AdversarialLoss) {
  return {"hinge", "non-saturating", "relativistic"};
}
constexpr std::array<Word, 4> words_of(ReconstructionLoss) {
  return {"pseudo-huber-sample", "pseudo-huber-element", "mse", "off"};
}
constexpr std::array<Word, 2> words_of(SigmaWeight) {
  return {"one", "edm"};
}
constexpr std::array<Word, 3> words_of(LambdaKind) {
  return {"constant", "annealed", "balanced"};
}
constexpr std::array<Word, 3> words_of(R1Kind) {
  return {"off", "r1", "approximate"};
}

/// The word of a choice: "sf-v".
template <typename Choice>
constexpr Word word_of(Choice choice) {
  return words_of(choice)[static_cast<size_t>(choice)];
}

}  // namespace sfv::training
