#include "sfv/checkpoint/model_hash.h"

#include "sfv/core/check.h"
#include "sfv/io/hash.h"

namespace sfv::checkpoint {
namespace {

// Each piece with its length before it, so that no two lists of pieces read the same.
void add_piece(io::Sha256& hash, const std::string& text) {
  hash.update(concat(text.size(), ":"));
  hash.update(text);
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
}

}  // namespace

std::string hash_model(const ModelFiles& model) {
  io::Sha256 hash;
  for (const io::JsonConfig& config : model.texts) add_piece(hash, config.text());
  for (const ModelComponent* component : {&model.unet, &model.vae, &model.image_encoder}) {
    add_piece(hash, component->name);
    for (const auto& file : component->files) add_file(hash, *file);
  }
  return hash.finish();
}

}  // namespace sfv::checkpoint
