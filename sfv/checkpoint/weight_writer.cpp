#include "sfv/checkpoint/weight_writer.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/io/atomic_file.h"
#include "sfv/io/json_reader.h"

namespace sfv::checkpoint {
namespace {

// What transformers and diffusers write into every file of theirs.
const std::map<std::string, std::string> kMetadata = {{"format", "pt"}};

std::string variant_of(const WeightEntries& entries) {
  const auto all_are = [&](io::DType dtype) {
    return !entries.empty() && std::all_of(entries.begin(), entries.end(),
                                           [&](const auto& entry) { return entry.dtype == dtype; });
  };
  return all_are(io::DType::kF16) ? ".fp16" : all_are(io::DType::kBF16) ? ".bf16" : "";
}

// Filled one after the other in order of names, as huggingface_hub fills them.
std::vector<WeightEntries> split_into_shards(WeightEntries entries, uint64_t max_bytes) {
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  std::vector<WeightEntries> shards(1);
  uint64_t in_shard = 0;
  for (auto& entry : entries) {
    const uint64_t bytes = entry_bytes(entry);
    if (max_bytes > 0 && !shards.back().empty() && in_shard + bytes > max_bytes) {
      shards.emplace_back();
      in_shard = 0;
    }
    in_shard += bytes;
    shards.back().push_back(std::move(entry));
  }
  return shards;
}

std::string shard_name(const std::string& stem, size_t index, size_t count) {
  char numbers[64];
  std::snprintf(numbers, sizeof numbers, "-%05zu-of-%05zu.safetensors", index + 1, count);
  return stem + numbers;
}

}  // namespace

uint64_t entry_bytes(const io::SafetensorsWriter::Entry& entry) {
  uint64_t bytes = io::size_of(entry.dtype);
  for (const int64_t size : entry.shape) bytes *= static_cast<uint64_t>(size);
  return bytes;
}

void write_weight_file(const std::filesystem::path& path, WeightEntries entries,
                       const std::map<std::string, std::string>& metadata, const WeightValues& values,
                       const CancelToken* cancel) {
  io::SafetensorsWriter writer(path, std::move(entries), metadata);
  for (const auto& entry : writer.entries()) {
    if (cancel != nullptr) cancel->throw_if_cancelled();
    const torch::Tensor tensor = values(entry).contiguous();
    writer.write({static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()});
  }
  writer.finish();
}

void write_component(const std::filesystem::path& folder, const std::string& stem,
                     const WeightEntries& entries, uint64_t max_shard_bytes, const WeightValues& values,
                     const CancelToken* cancel) {
  const std::string variant = variant_of(entries);
  const std::vector<WeightEntries> shards = split_into_shards(entries, max_shard_bytes);
  if (shards.size() == 1) {
    write_weight_file(folder / (stem + variant + ".safetensors"), shards.front(), kMetadata, values, cancel);
    return;
  }
  uint64_t total = 0;
  std::string map;
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string name = shard_name(stem + variant, i, shards.size());
    write_weight_file(folder / name, shards[i], kMetadata, values, cancel);
    for (const auto& entry : shards[i]) {
      map += map.empty() ? "\n    " : ",\n    ";
      io::append_json_string(map, entry.name);
      map += ": ";
      io::append_json_string(map, name);
      total += entry_bytes(entry);
    }
  }
  io::AtomicFile index(folder / (stem + ".safetensors.index" + variant + ".json"));
  index.write(concat("{\n  \"metadata\": {\n    \"total_size\": ", total, "\n  },\n  \"weight_map\": {", map,
                     "\n  }\n}\n"));
  index.commit();
}

}  // namespace sfv::checkpoint
