#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "apps/sfv/eval_feature_options.h"

namespace sfv::cli {

/// Features of many clips, kept in a folder piece by piece, so that whoever is stopped loses one piece.
struct FeaturePieces {
  std::filesystem::path folder;
  std::string label;            // of the progress bar
  evaluation::ClipOptions cut;  // with the number of frames
  int64_t clips = 0;            // stop after so many usable ones; 0: all
  int64_t piece = 128;          // clips, usable or not, in a file
};

/// The features of all clips at the places, from the files of earlier calls where these had the same network,
/// cut and clips. Ranks share each piece; all need to see the folder. Errors: kInvalidFile where no clip can
/// be used; those of measure_features and of files.
[[nodiscard]] evaluation::FeatureSet measure_in_pieces(evaluation::VideoFeatures& network,
                                                       const std::vector<evaluation::ClipPlace>& places,
                                                       const FeaturePieces& pieces,
                                                       const FeatureOptions& options, const EvalJob& job);

/// The first digits of the SHA-256 of a text: a key for files and folders.
[[nodiscard]] std::string short_hash(const std::string& text);

}  // namespace sfv::cli
