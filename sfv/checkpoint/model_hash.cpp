#include "sfv/checkpoint/model_hash.h"

#include <algorithm>

#include "sfv/core/check.h"
#include "sfv/io/hash.h"

namespace sfv::checkpoint {
namespace {

// Each piece with its length before it, so that no two lists of pieces read the same.
void add_piece(io::Sha256& hash, const std::string& text) {
  hash.update(concat(text.size(), ":"));
  hash.update(text);
}

// The beginnings of a few tensors: fine-tunes of one model have equal headers and sizes.
void add_samples(io::Sha256& hash, const io::TensorFile& file) {
  constexpr size_t kSamples = 16;
  constexpr size_t kSampleBytes = 4096;
  const size_t step = file.tensors().size() / kSamples + 1;
  size_t index = 0;
  for (const auto& [name, info] : file.tensors()) {
    if (index++ % step != 0) continue;
    const auto bytes = file.data(name);
    hash.update(bytes.first(std::min(bytes.size(), kSampleBytes)));
  }
}

void add_file(io::Sha256& hash, const io::TensorFile& file) {
  uint64_t size = 0;
  for (const auto& [name, info] : file.tensors()) {
    std::string line = concat(name, " ", io::to_string(info.dtype), " ", info.begin, " ", info.end);
    for (const int64_t length : info.shape) line += concat(" ", length);
    add_piece(hash, line);
    size += info.end - info.begin;
  }
  add_piece(hash, concat(size, " bytes"));
  add_samples(hash, file);
}

}  // namespace

std::string hash_model(const ModelFiles& model) {
  io::Sha256 hash;
  for (const auto& [name, config] : model.texts) {
    add_piece(hash, name);
    add_piece(hash, config.text());
  }
  for (const ModelComponent* component : model.components()) {
    add_piece(hash, component->name);
    for (const auto& file : component->files) add_file(hash, *file);
  }
  return hash.finish();
}

}  // namespace sfv::checkpoint
