#include "sfv/data/latent_cache_writer.h"

#include <chrono>
#include <deque>
#include <future>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/data/counter_random.h"
#include "sfv/data/item_fault.h"
#include "sfv/data/latent_cache_shard.h"

namespace sfv::data {
namespace {

namespace fs = std::filesystem;

// Files that a killed call was writing.
void remove_leftovers(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const bool is_ours = name.starts_with(".shard-") || name.starts_with(".index");
    if (is_ours && name.find(".tmp") != std::string::npos) fs::remove(entry.path(), error);
  }
}

// The index of a cache that goes on, or of a new one.
LatentCacheIndex begin_index(const LatentCacheOptions& options, int64_t items, int64_t clips) {
  LatentCacheIndex wanted = {.key = options.key, .items = items, .clips = clips, .shard_clips = {}};
  std::error_code error;
  fs::create_directories(options.folder, error);
  if (error) throw system_error(error.value(), concat("[latent cache] making ", options.folder.string()));
  if (!fs::exists(index_path(options.folder))) {
    SFV_CHECK(fs::is_empty(options.folder), kAlreadyExists, "[latent cache] ", options.folder.string(),
              " holds something else; name an empty or a new folder");
    save_index(options.folder, wanted);
    return wanted;
  }
  const LatentCacheIndex found = load_index(options.folder);
  const std::string networks = describe_difference(wanted.key.networks, found.key.networks);
  SFV_CHECK(networks.empty(), kAlreadyExists, "[latent cache] ", options.folder.string(),
            " holds a cache made by other networks; ", networks, ". Name another folder");
  std::string data = describe_difference(wanted.key.data, found.key.data);
  if (items != found.items)
    data += concat(data.empty() ? "" : "; ", "items: expected ", items, ", found ", found.items);
  SFV_CHECK(data.empty(), kAlreadyExists, "[latent cache] ", options.folder.string(),
            " holds a cache of other clips; ", data, ". Name another folder");
  SFV_CHECK(clips >= found.clips, kAlreadyExists, "[latent cache] ", options.folder.string(), " holds ",
            found.clips, " clips, more than the ", clips, " asked for; name another folder");
  remove_leftovers(options.folder);
  return wanted;
}

// Reads clips ahead in order.
class Reader {
 public:
  Reader(const ClipSource& source, const LatentCacheIndex& index, int64_t first, int64_t end, int64_t readers)
      : source_(source), items_(index.items), next_(first), end_(end), readers_(readers) {
    fill();
  }

  // The next clip with its name, or the reason why it cannot be read.
  CachedClip next() {
    CachedClip clip = waiting_.front().get();
    waiting_.pop_front();
    fill();
    return clip;
  }

 private:
  void fill() {
    for (; next_ < end_ && std::ssize(waiting_) < readers_; ++next_) {
      const int64_t item = items_ == 0 ? next_ : next_ % items_;
      const int64_t round = items_ == 0 ? 0 : next_ / items_;
      waiting_.push_back(std::async(std::launch::async, [this, item, round] { return read(item, round); }));
    }
  }

  CachedClip read(int64_t item, int64_t round) const {
    CachedClip result{.name = source_.name(item), .reason = {}};
    try {
      result.clip = source_.load(item, cache_draw_seed(item, round));
    } catch (const Error& error) {
      if (!is_item_fault(error.code())) throw;
      result.reason = error.what();
    }
    return result;
  }

  const ClipSource& source_;
  int64_t items_, next_, end_, readers_;
  std::deque<std::future<CachedClip>> waiting_;  // last member: its destructor waits for the threads
};

class Writer {
 public:
  Writer(const ClipSource& source, const ClipEncoder& encode, const LatentCacheOptions& options,
         LatentCacheIndex index)
      : source_(source), encode_(encode), options_(options), index_(std::move(index)) {}

  LatentCacheResult run() {
    // What is listed may be broken, and a killed call may have finished a shard that is not listed: looked
    // at.
    index_.shard_clips.clear();
    for (int64_t shard = 0; shard < index_.shard_count(); ++shard) {
      if (!keep(shard)) make(shard);
    }
    save_index(options_.folder, index_);
    result_.clips = index_.clips - result_.skipped;
    return result_;
  }

 private:
  // Whether the shard is there and whole; then it is counted.
  bool keep(int64_t shard) {
    const int64_t first = shard * LatentCacheIndex::kShardClips, count = index_.clips_of(shard);
    try {
      const LatentCacheShard found(shard_path(options_.folder, shard), first, count);
      result_.skipped += found.skipped_count();
    } catch (const Error& error) {
      if (!is_item_fault(error.code())) throw;
      return false;
    }
    result_.kept += count;
    index_.shard_clips.push_back(count);
    return true;
  }

  void make(int64_t shard) {
    const int64_t first = shard * LatentCacheIndex::kShardClips, count = index_.clips_of(shard);
    Reader reader(source_, index_, first, first + count, options_.readers);
    std::vector<CachedClip> clips;
    for (int64_t clip = first; clip < first + count; ++clip) {
      if (options_.cancel != nullptr) options_.cancel->throw_if_cancelled();
      clips.push_back(reader.next());
      CachedClip& c = clips.back();
      if (c.reason.empty()) {
        c.clip.encoded = std::make_shared<const EncodedClip>(encode_(c.clip));
        c.clip.clip.frames.resize(1);  // only the condition picture is kept
        ++made_;
      } else {
        ++result_.skipped;
        if (options_.on_skip) {
          options_.on_skip({.position = clip,
                            .item = index_.items == 0 ? clip : clip % index_.items,
                            .name = c.name,
                            .reason = c.reason});
        }
      }
      report(clip + 1);
    }
    write_shard(shard_path(options_.folder, shard), first, clips);
    index_.shard_clips.push_back(count);
    save_index(options_.folder, index_);
  }

  void report(int64_t done) {
    if (options_.sink == nullptr) return;
    const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    const double left =
        made_ == 0 ? -1 : seconds / static_cast<double>(made_) * static_cast<double>(index_.clips - done);
    options_.sink->update({.stage = concat("clip ", done, "/", index_.clips),
                           .fraction = static_cast<double>(done) / static_cast<double>(index_.clips),
                           .seconds_left = left});
  }

  using Clock = std::chrono::steady_clock;
  const ClipSource& source_;
  const ClipEncoder& encode_;
  const LatentCacheOptions& options_;
  LatentCacheIndex index_;
  LatentCacheResult result_;
  int64_t made_ = 0;
  Clock::time_point begin_ = Clock::now();
};

}  // namespace

uint64_t cache_draw_seed(int64_t item, int64_t round) {
  constexpr uint64_t kSeed = 0x63616368655F6375;  // "cache_cu"
  return random_word(kSeed, static_cast<uint64_t>(round), static_cast<uint64_t>(item));
}

LatentCacheResult make_latent_cache(const ClipSource& source, const ClipEncoder& encode,
                                    const LatentCacheOptions& options) {
  SFV_CHECK(options.readers >= 1, kInvalidArgument, "[latent cache] readers: expected 1 or more, got ",
            options.readers);
  const bool is_endless = source.size() == ClipSource::kUnlimited;
  SFV_CHECK(!is_endless || options.clips != 0, kInvalidArgument,
            "[latent cache] these clips are drawn without end; say how many to cache (--clips)");
  const int64_t clips = options.clips == 0 ? source.size() : options.clips;
  SFV_CHECK(clips >= 1 && clips <= LatentCacheIndex::kMostClips, kInvalidArgument,
            "[latent cache] expected 1 to ", LatentCacheIndex::kMostClips, " clips, got ", clips);
  LatentCacheIndex index = begin_index(options, is_endless ? 0 : source.size(), clips);
  return Writer(source, encode, options, std::move(index)).run();
}

}  // namespace sfv::data
