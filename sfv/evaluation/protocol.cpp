#include "sfv/evaluation/protocol.h"

#include <array>

#include "sfv/core/check.h"

namespace sfv::evaluation {
namespace {

constexpr std::array<const char*, 4> kMustAgree = {"network", "network_sha256", "layer", "frames"};
constexpr std::array<const char*, 5> kShouldAgree = {"input", "stride", "fps", "resize", "range"};

}  // namespace

std::vector<std::string> compare_protocols(const Protocol& a, const Protocol& b) {
  std::vector<std::string> notes;
  if (a.count("network") == 0 || b.count("network") == 0) {
    notes.emplace_back("a file does not say how its features were taken; nothing could be compared");
    return notes;
  }
  const auto differs = [&](const char* key) {
    return a.count(key) > 0 && b.count(key) > 0 && a.at(key) != b.at(key);
  };
  for (const char* key : kMustAgree) {
    SFV_CHECK(!differs(key), kInvalidArgument, "[frechet] the two sets were measured differently: ", key, " ",
              a.at(key), " and ", b.at(key), "; take both with the same settings");
  }
  for (const char* key : kShouldAgree) {
    if (differs(key)) notes.push_back(concat(key, " differs: ", a.at(key), " and ", b.at(key)));
  }
  return notes;
}

}  // namespace sfv::evaluation
