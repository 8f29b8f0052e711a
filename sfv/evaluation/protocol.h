#pragma once

#include <map>
#include <string>
#include <vector>

namespace sfv::evaluation {

/// How numbers were taken, key by key, as it stands in a feature file's header and beside every result:
/// network, network_sha256, layer, input, clips, frames, stride, fps, resize, range, dropped, sfv.
using Protocol = std::map<std::string, std::string>;

/// Compares how two sets were measured. Errors: kInvalidArgument, naming both values, where a comparison
/// would mean nothing: another network, weights, layer or number of frames. Returns a line for each further
/// difference (rate, stride, resizing, range) and for each side that says nothing of itself.
[[nodiscard]] std::vector<std::string> compare_protocols(const Protocol& a, const Protocol& b);

}  // namespace sfv::evaluation
