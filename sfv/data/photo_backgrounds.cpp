#include "sfv/data/photo_backgrounds.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/core/natural_order.h"
#include "sfv/io/image.h"
#include "sfv/io/resize.h"

namespace sfv::data {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxKeptBytes = size_t{256} << 20;
constexpr std::array<std::string_view, 4> kPictureEndings = {".png", ".jpg", ".jpeg", ".webp"};

bool is_picture_name(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
  return std::find(kPictureEndings.begin(), kPictureEndings.end(), ending) != kPictureEndings.end();
}

/// The photo's own shape, no smaller than asked. One side is exact, the other rounded to the nearest.
RgbImage scale(const RgbImage& photo, int64_t height, int64_t min_width) {
  const auto scaled = [](int64_t side, int64_t to, int64_t from) {
    return (2 * side * to + from) / (2 * from);
  };
  int64_t width = std::max<int64_t>(scaled(photo.width, height, photo.height), 1);
  if (width < min_width) {
    height = std::max(height, scaled(photo.height, min_width, photo.width));
    width = min_width;
  }
  return io::resize_lanczos(photo, width, height);
}

}  // namespace

/// Scaled photos by photo, height and width asked for. Thread-safe.
class PhotoBackgrounds::Kept {
 public:
  using Key = std::tuple<int64_t, int64_t, int64_t>;

  [[nodiscard]] std::shared_ptr<const RgbImage> find(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = photos_.find(key);
    return found == photos_.end() ? nullptr : found->second;
  }
  void add(const Key& key, std::shared_ptr<const RgbImage> photo) {
    const std::lock_guard lock(mutex_);
    const size_t bytes = photo->rgb.size();
    if (bytes > kMaxKeptBytes - bytes_ || !photos_.emplace(key, std::move(photo)).second) return;
    bytes_ += bytes;
  }

 private:
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<const RgbImage>> photos_;
  size_t bytes_ = 0;
};

PhotoBackgrounds::PhotoBackgrounds(std::vector<fs::path> photos)
    : photos_(std::move(photos)), kept_(std::make_unique<Kept>()) {
  SFV_CHECK(!photos_.empty(), kInvalidArgument, "[data] expected at least one photo, got none");
}

PhotoBackgrounds::~PhotoBackgrounds() = default;

int64_t PhotoBackgrounds::size() const {
  return static_cast<int64_t>(photos_.size());
}

std::shared_ptr<const RgbImage> PhotoBackgrounds::load(int64_t photo, int64_t height,
                                                       int64_t min_width) const {
  SFV_CHECK(photo >= 0 && photo < size() && height >= 1 && min_width >= 1, kInvalidArgument,
            "[data] expected a photo from 0 to ", size() - 1, " and a size of 1 or more, got photo ", photo,
            ", height ", height, ", width ", min_width);
  const Kept::Key key{photo, height, min_width};
  if (auto kept = kept_->find(key)) return kept;
  const RgbImage whole = io::load_image(photos_[static_cast<size_t>(photo)]);
  auto scaled = std::make_shared<const RgbImage>(scale(whole, height, min_width));
  kept_->add(key, scaled);
  return scaled;
}

std::vector<fs::path> list_photos(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    SFV_CHECK(fs::exists(path, error), kNotFound, "[data] ", path.string(),
              ": no such file or folder; expected a photo or a folder of photos");
    return {path};
  }
  std::vector<fs::path> photos;
  fs::directory_iterator entries(path, error);
  while (!error && entries != fs::directory_iterator()) {
    std::error_code ignored;
    const bool is_hidden = entries->path().filename().native().starts_with('.');
    if (!is_hidden && is_picture_name(entries->path()) && entries->is_regular_file(ignored))
      photos.push_back(entries->path());
    entries.increment(error);
  }
  if (error) throw system_error(error.value(), "[data] cannot read the folder " + path.string());
  SFV_CHECK(!photos.empty(), kNotFound, "[data] ", path.string(),
            ": expected photos (.png .jpg .jpeg .webp) in this folder, found none");
  std::sort(photos.begin(), photos.end(),
            [](const fs::path& a, const fs::path& b) { return natural_less(a.native(), b.native()); });
  return photos;
}

}  // namespace sfv::data
