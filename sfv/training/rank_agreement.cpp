#include "sfv/training/rank_agreement.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/core/version.h"
#include "sfv/tensor/device.h"

namespace sfv::training {
namespace {

// FNV-1a over words of 8 bytes: no proof against malice, but quick, as every byte of the weights goes
// through.
uint64_t checksum(const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach().to(at::kCPU).contiguous();
  const auto* bytes = static_cast<const char*>(values.const_data_ptr());
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t done = 0; done < values.nbytes(); done += sizeof hash) {
    uint64_t word = 0;
    std::memcpy(&word, bytes + done, std::min(sizeof word, values.nbytes() - done));
    hash = (hash ^ word) * 0x100000001b3;
    hash ^= hash >> 32;  // multiplying carries no bit downwards
  }
  return hash;
}

}  // namespace

std::string rank_name(const distributed::Ranks& ranks) {
  return concat("rank ", ranks.rank(), " of ", ranks.size());
}

void check_same(distributed::Ranks& ranks, std::string_view what, const std::string& text) {
  const std::vector<std::string> all = ranks.gather(text);
  for (size_t r = 1; r < all.size(); ++r) {
    SFV_CHECK(all[r] == all[0], kInvalidArgument, "[train] rank ", r, " of ", all.size(), ": its ", what,
              " is not that of rank 0; start all ranks with one command, of one build, on the same files");
  }
}

void check_same_recipe(distributed::Ranks& ranks, const Recipe& recipe) {
  check_same(ranks, "build", concat(version(), " ", libtorch_version()));
  check_same(ranks, "recipe", to_toml(recipe));
}

void check_same_values(distributed::Ranks& ranks, const NamedTensors& tensors, std::string_view when) {
  if (ranks.size() == 1) return;
  std::string sums;
  for (const NamedTensor& item : tensors) {
    const uint64_t sum = checksum(item.tensor);
    sums.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  }
  const std::vector<std::string> all = ranks.gather(sums);
  for (size_t r = 1; r < all.size(); ++r) {
    SFV_CHECK(all[r].size() == all[0].size(), kInternal, "[train] rank ", r, " of ", all.size(),
              ": it trains other parameters than rank 0");
    for (size_t i = 0; i < tensors.size(); ++i) {
      const size_t at = i * sizeof(uint64_t);
      SFV_CHECK(all[r].compare(at, sizeof(uint64_t), all[0], at, sizeof(uint64_t)) == 0, kInternal,
                "[train] rank ", r, " of ", all.size(), ": ", when, " its ", tensors[i].name,
                " is not that of rank 0; do all ranks read the same model and checkpoint, with the same "
                "build of sfv and libtorch?");
    }
  }
}

}  // namespace sfv::training
