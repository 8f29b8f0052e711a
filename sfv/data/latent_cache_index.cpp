#include "sfv/data/latent_cache_index.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "sfv/core/check.h"
#include "sfv/io/atomic_file.h"
#include "sfv/io/json_config.h"
#include "sfv/io/json_reader.h"
#include "sfv/io/utf8.h"

namespace sfv::data {
namespace {

constexpr int64_t kVersion = 1;

std::string object_text(const std::map<std::string, std::string>& values) {
  std::string text = "{";
  std::string_view separator = "\n    ";
  for (const auto& [name, value] : values) {
    text += separator;
    io::append_json_string(text, name);
    text += ": ";
    io::append_json_string(text, value);
    separator = ",\n    ";
  }
  return text + "\n  }";
}

std::map<std::string, std::string> read_object(const io::JsonConfig& config, std::string_view key) {
  const auto object = config.get_object(key);
  SFV_CHECK(object, kInvalidFile, "[latent cache] ", config.name(), ": expected \"", key, "\"");
  std::map<std::string, std::string> values;
  for (const std::string& name : object->keys()) {
    const auto value = object->get_string(name);
    SFV_CHECK(value, kInvalidFile, "[latent cache] ", config.name(), ": expected a text for ",
              io::printable(name), " in \"", key, "\"");
    values.emplace(name, *value);
  }
  return values;
}

}  // namespace

int64_t LatentCacheIndex::clips_of(int64_t shard) const {
  return std::min(kShardClips, clips - shard * kShardClips);
}

bool LatentCacheIndex::is_complete() const {
  return std::ssize(shard_clips) == shard_count() && shard_clips.back() == clips_of(shard_count() - 1);
}

std::filesystem::path index_path(const std::filesystem::path& folder) {
  return folder / "index.json";
}

std::filesystem::path shard_path(const std::filesystem::path& folder, int64_t shard) {
  std::array<char, 64> name{};
  std::snprintf(name.data(), name.size(), "shard-%05lld.safetensors", static_cast<long long>(shard));
  return folder / name.data();
}

void save_index(const std::filesystem::path& folder, const LatentCacheIndex& index) {
  std::string text =
      concat("{\n  \"version\": ", kVersion, ",\n  \"networks\": ", object_text(index.key.networks),
             ",\n  \"data\": ", object_text(index.key.data), ",\n  \"items\": ", index.items,
             ",\n  \"clips\": ", index.clips, ",\n  \"shards\": [");
  std::string_view separator;
  for (const int64_t clips : index.shard_clips) {
    text += concat(separator, clips);
    separator = ", ";
  }
  io::AtomicFile file(index_path(folder));
  file.write(text + "]\n}\n");
  file.commit();
}

LatentCacheIndex load_index(const std::filesystem::path& folder) {
  const io::JsonConfig config = io::JsonConfig::load(index_path(folder));
  config.allow_only({"version", "networks", "data", "items", "clips", "shards"});
  const auto version = config.get_int("version");
  SFV_CHECK(version == kVersion, kInvalidFile, "[latent cache] ", config.name(), ": expected version ",
            kVersion, ", found ", version ? std::to_string(*version) : "none");
  const auto items = config.get_int("items"), clips = config.get_int("clips");
  auto shards = config.get_ints("shards");
  SFV_CHECK(items && *items >= 0 && clips && *clips >= 1 && *clips <= LatentCacheIndex::kMostClips && shards,
            kInvalidFile, "[latent cache] ", config.name(),
            ": expected items (0 or more), clips (1 or more) and shards");
  LatentCacheIndex index = {.key = {read_object(config, "networks"), read_object(config, "data")},
                            .items = *items,
                            .clips = *clips,
                            .shard_clips = *std::move(shards)};
  SFV_CHECK(std::ssize(index.shard_clips) <= index.shard_count(), kInvalidFile, "[latent cache] ",
            config.name(), ": expected at most ", index.shard_count(), " shards for ", index.clips,
            " clips, found ", index.shard_clips.size());
  for (int64_t shard = 0; shard < std::ssize(index.shard_clips); ++shard) {
    const int64_t found = index.shard_clips[static_cast<size_t>(shard)];
    const bool is_last = shard + 1 == std::ssize(index.shard_clips);
    SFV_CHECK(found == index.clips_of(shard) || (is_last && found >= 1 && found < index.clips_of(shard)),
              kInvalidFile, "[latent cache] ", config.name(), ": expected ", index.clips_of(shard),
              " clips in shard ", shard, ", found ", found);
  }
  return index;
}

std::string describe_difference(const std::map<std::string, std::string>& expected,
                                const std::map<std::string, std::string>& found) {
  std::string text;
  const auto add = [&text](const std::string& line) { text += (text.empty() ? "" : "; ") + line; };
  for (const auto& [name, value] : expected) {
    const auto other = found.find(name);
    if (other == found.end()) {
      add(concat(name, ": expected ", io::printable(value), ", found none"));
    } else if (other->second != value) {
      add(concat(name, ": expected ", io::printable(value), ", found ", io::printable(other->second)));
    }
  }
  for (const auto& [name, value] : found) {
    if (!expected.contains(name))
      add(concat(io::printable(name), ": expected none, found ", io::printable(value)));
  }
  return text;
}

}  // namespace sfv::data
