#include "apps/sfv/eval_feature_pieces.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/io/hash.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Part of every key: another number when what a file holds changes its meaning.
constexpr const char* kVersion = "1";

Json dropped_of(const evaluation::FeatureSet& set) {
  const auto found = set.protocol.find("dropped");
  const Json list = found == set.protocol.end() ? Json() : Json::parse(found->second, nullptr, false);
  return list.is_array() ? list : Json::array();
}

std::string key_of(const evaluation::FeatureIdentity& identity, const evaluation::ClipOptions& cut,
                   const std::vector<evaluation::ClipPlace>& places, int64_t limit) {
  std::string key = concat(kVersion, "\n", identity.network, " ", identity.sha256, " ", identity.layer, "\n",
                           cut.frames, " ", cut.stride, " ", cut.fps, " ", cut.width, "x", cut.height, " ",
                           cut.stretches, "\n", limit, "\n");
  for (const evaluation::ClipPlace& place : places) {
    std::error_code error;
    key += concat(place.name(), " ", place.item.start.value_or(-1), " ", place.item.end.value_or(-1), " ",
                  fs::file_size(place.item.path, error), "\n");
  }
  return short_hash(key);
}

// One piece, and what is left out of it.
struct Piece {
  evaluation::FeatureSet set;  // no features where no clip could be used
  Json dropped = Json::array();
};

Piece measure_piece(evaluation::VideoFeatures& network, const std::vector<evaluation::ClipPlace>& places,
                    const FeaturePieces& pieces, int64_t limit, const std::string& label,
                    const FeatureOptions& options, bool quiet, const CommandContext& context) {
  const std::string name = concat("features-", key_of(network.identity(), pieces.cut, places, limit));
  const fs::path path = pieces.folder / (name + ".safetensors");
  Piece piece;
  if (fs::exists(path)) {
    piece.set = evaluation::read_features(path);
  } else {
    try {
      piece.set = measure_features(network, places, options, pieces.cut, limit, label, quiet, context).set;
    } catch (const Error& error) {
      if (error.reason() != "features.no_clips") throw;
      for (const evaluation::ClipPlace& place : places)
        piece.dropped.push_back({{"clip", place.name()}, {"reason", "broken or too short, as all near it"}});
      return piece;
    }
    evaluation::write_features(piece.set, path);
  }
  piece.dropped = dropped_of(piece.set);
  return piece;
}

}  // namespace

std::string short_hash(const std::string& text) {
  constexpr size_t kDigits = 16;
  return io::sha256(std::as_bytes(std::span(text))).substr(0, kDigits);
}

evaluation::FeatureSet measure_in_pieces(evaluation::VideoFeatures& network,
                                         const std::vector<evaluation::ClipPlace>& places,
                                         const FeaturePieces& pieces, const FeatureOptions& options,
                                         bool quiet, const CommandContext& context) {
  fs::create_directories(pieces.folder);
  const auto total = static_cast<int64_t>(places.size());
  std::vector<torch::Tensor> parts;
  evaluation::FeatureSet result;
  Json dropped = Json::array();
  int64_t count = 0;
  for (int64_t begin = 0; begin < total && (pieces.clips == 0 || count < pieces.clips);
       begin += pieces.piece) {
    const int64_t end = std::min(begin + pieces.piece, total);
    const std::vector<evaluation::ClipPlace> own(places.begin() + begin, places.begin() + end);
    const int64_t left = pieces.clips - count;
    const int64_t limit = pieces.clips > 0 && left < end - begin ? left : 0;
    const std::string label = total > pieces.piece ? concat(pieces.label, " from ", begin) : pieces.label;
    Piece piece = measure_piece(network, own, pieces, limit, label, options, quiet, context);
    for (Json& clip : piece.dropped) dropped.push_back(std::move(clip));
    if (!piece.set.features.defined()) continue;
    count += piece.set.features.size(0);
    parts.push_back(std::move(piece.set.features));
    result.protocol = std::move(piece.set.protocol);
  }
  SFV_CHECK(!parts.empty(), kInvalidFile, "[features] ", pieces.label, ": none of the ", total,
            " clips could be used");
  result.features = at::cat(parts);
  result.protocol["clips"] = std::to_string(count);
  result.protocol["dropped"] = dropped.dump();
  return result;
}

}  // namespace sfv::cli
