#include "apps/sfv/eval_feature_pieces.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "apps/sfv/eval_shares.h"
#include "sfv/core/check.h"
#include "sfv/io/hash.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Part of every key: another number when what a file holds changes its meaning.
constexpr const char* kVersion = "1";

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

// What an earlier call left in the file.
evaluation::ClipFeatures read_piece(const fs::path& path) {
  evaluation::ClipFeatures piece{evaluation::read_features(path), {}};
  const Json list = Json::parse(piece.set.protocol["dropped"], nullptr, false);
  for (const Json& item : list.is_array() ? list : Json::array())
    piece.dropped.push_back({item.value("clip", ""), item.value("reason", "")});
  return piece;
}

evaluation::ClipFeatures measure_piece(evaluation::VideoFeatures& network,
                                       const std::vector<evaluation::ClipPlace>& places,
                                       const FeaturePieces& pieces, int64_t limit, const std::string& label,
                                       const FeatureOptions& options, const EvalJob& job) {
  const std::string name = concat("features-", key_of(network.identity(), pieces.cut, places, limit));
  const fs::path path = pieces.folder / (name + ".safetensors");
  // Rank 0 decides for all, whatever another has seen of the folder by now.
  if (job.ranks.gather(fs::exists(path) ? "there" : "").front() == "there") return read_piece(path);
  evaluation::ClipFeatures piece = measure_features(network, places, options, pieces.cut, limit, label, job);
  if (job.ranks.rank() == 0 && piece.set.features.defined()) evaluation::write_features(piece.set, path);
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
                                         const EvalJob& job) {
  fs::create_directories(pieces.folder);
  const auto total = static_cast<int64_t>(places.size());
  std::vector<evaluation::ClipFeatures> parts;
  int64_t count = 0;
  for (int64_t begin = 0; begin < total && (pieces.clips == 0 || count < pieces.clips);
       begin += pieces.piece) {
    const int64_t end = std::min(begin + pieces.piece, total);
    const std::vector<evaluation::ClipPlace> own(places.begin() + begin, places.begin() + end);
    const int64_t left = pieces.clips - count;
    const int64_t limit = pieces.clips > 0 && left < end - begin ? left : 0;
    const std::string label = total > pieces.piece ? concat(pieces.label, " from ", begin) : pieces.label;
    parts.push_back(measure_piece(network, own, pieces, limit, label, options, job));
    const torch::Tensor& features = parts.back().set.features;
    count += features.defined() ? features.size(0) : 0;
  }
  evaluation::ClipFeatures joined = join_features(parts);
  SFV_CHECK(joined.set.features.defined(), kInvalidFile, "[features] ", pieces.label, ": none of the ", total,
            " clips could be used");
  return std::move(joined.set);
}

}  // namespace sfv::cli
