// Shares of an evaluation, put together again: of ranks, or of a folder's pieces.
#include "apps/sfv/eval_shares.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;
using evaluation::ClipFeatures;
using evaluation::DroppedClip;

Json to_json(const std::vector<DroppedClip>& dropped) {
  Json list = Json::array();
  for (const DroppedClip& clip : dropped) list.push_back({{"clip", clip.name}, {"reason", clip.reason}});
  return list;
}

// Names may have any bytes.
std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<DroppedClip> to_dropped(const Json& list) {
  std::vector<DroppedClip> dropped;
  for (const Json& item : list) dropped.push_back({item["clip"], item["reason"]});
  return dropped;
}

// One line of JSON, then the numbers.
std::string pack(const ClipFeatures& part) {
  const torch::Tensor& features = part.set.features;
  const bool has_any = features.defined();
  const Json head = {{"rows", has_any ? features.size(0) : 0},
                     {"columns", has_any ? features.size(1) : 0},
                     {"protocol", part.set.protocol},
                     {"dropped", to_json(part.dropped)}};
  std::string text = to_text(head) + "\n";
  if (has_any) {
    const torch::Tensor numbers = features.to(at::kDouble).contiguous();
    text.append(static_cast<const char*>(numbers.const_data_ptr()), numbers.nbytes());
  }
  return text;
}

ClipFeatures unpack(const std::string& text) {
  const size_t end = text.find('\n');
  SFV_CHECK(end != std::string::npos, kInternal, "[features] a rank's features have no beginning");
  const Json head = Json::parse(text.substr(0, end));
  ClipFeatures part;
  part.set.protocol = head["protocol"].get<evaluation::Protocol>();
  part.dropped = to_dropped(head["dropped"]);
  if (head["rows"] == 0) return part;
  part.set.features = at::empty({head["rows"].get<int64_t>(), head["columns"].get<int64_t>()}, at::kDouble);
  SFV_CHECK(text.size() - end - 1 == part.set.features.nbytes(), kInternal,
            "[features] a rank's features have ", text.size() - end - 1, " bytes, expected ",
            part.set.features.nbytes());
  std::memcpy(part.set.features.mutable_data_ptr(), text.data() + end + 1, part.set.features.nbytes());
  return part;
}

}  // namespace

ClipFeatures join_features(const std::vector<ClipFeatures>& parts) {
  ClipFeatures joined;
  std::vector<torch::Tensor> features;
  for (const ClipFeatures& part : parts) {
    joined.dropped.insert(joined.dropped.end(), part.dropped.begin(), part.dropped.end());
    if (!part.set.features.defined()) continue;
    const evaluation::Protocol& first = joined.set.protocol;
    SFV_CHECK(features.empty() || first.at("size") == part.set.protocol.at("size"), kInvalidArgument,
              "[clips] some clips have ", first.at("size"), " pixels, others ", part.set.protocol.at("size"),
              "; give a size, to which all are scaled");
    if (features.empty()) joined.set.protocol = part.set.protocol;
    features.push_back(part.set.features);
  }
  if (features.empty()) {
    if (!parts.empty()) joined.set.protocol = parts.front().set.protocol;
    return joined;
  }
  joined.set.features = at::cat(features);
  joined.set.protocol["clips"] = std::to_string(joined.set.features.size(0));
  joined.set.protocol["dropped"] = evaluation::dropped_text(joined.dropped);
  return joined;
}

ClipFeatures gather_features(distributed::Ranks& ranks, const ClipFeatures& own) {
  if (ranks.size() == 1) return own;
  std::vector<ClipFeatures> parts;
  for (const std::string& text : ranks.gather(pack(own))) parts.push_back(unpack(text));
  return join_features(parts);
}

std::vector<DroppedClip> gather_dropped(distributed::Ranks& ranks, const std::vector<DroppedClip>& own) {
  if (ranks.size() == 1) return own;
  std::vector<DroppedClip> all;
  for (const std::string& text : ranks.gather(to_text(to_json(own)))) {
    for (DroppedClip& clip : to_dropped(Json::parse(text))) all.push_back(std::move(clip));
  }
  return all;
}

}  // namespace sfv::cli
