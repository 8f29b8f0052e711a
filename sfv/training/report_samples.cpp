#include "sfv/training/report_samples.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/io/base64.h"
#include "sfv/io/html_page.h"
#include "sfv/io/mapped_file.h"
#include "sfv/training/run_folder.h"

namespace sfv::training {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxSheets = 24;
constexpr size_t kMaxBytes = size_t{48} << 20;
constexpr uintmax_t kMaxClipBytes = uintmax_t{4} << 20;

bool has_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// The run of digits in a name as a number, for "step-500.png" before "step-1000.png".
std::tuple<std::string, size_t, std::string> sheet_order(const fs::path& path) {
  const std::string name = path.filename().string();
  const size_t from = std::min(name.find_first_of("123456789"), name.size());
  const size_t to = std::min(name.find_first_not_of("0123456789", from), name.size());
  return {name.substr(0, std::min(name.find_first_of("0123456789"), name.size())), to - from,
          name.substr(from)};
}

/// At most `count` of the list, evenly spread, the first and the last among them.
std::vector<fs::path> spread(const std::vector<fs::path>& all, size_t count) {
  if (all.size() <= count) return all;
  std::vector<fs::path> some;
  for (size_t i = 0; i < count; ++i) some.push_back(all[i * (all.size() - 1) / (count - 1)]);
  return some;
}

std::vector<fs::path> find_sheets(const fs::path& folder) {
  std::vector<fs::path> sheets;
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    if (entry->path().extension() == ".png" && has_file(entry->path())) sheets.push_back(entry->path());
  }
  std::sort(sheets.begin(), sheets.end(),
            [](const auto& a, const auto& b) { return sheet_order(a) < sheet_order(b); });
  return spread(sheets, kMaxSheets);
}

/// A file's name within a link: whatever is not plain as %XX.
std::string link_text(std::string_view name) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          c == '-' || c == '_' || c == '.';
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain) {
      out += c;
    } else {
      out.append("%").append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
    }
  }
  return out;
}

/// The clip beside a sheet, playing in the page if it is small; empty if there is none. bytes: of the page.
std::string clip_of(const fs::path& sheet, size_t& bytes, bool is_newest) {
  fs::path path = sheet;
  path.replace_extension(".mp4");
  if (!has_file(path)) return {};
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  if (error || size > kMaxClipBytes || bytes + size > kMaxBytes) {
    return concat("<p><a href=\"", kSamplesName, "/", link_text(path.filename().string()),
                  "\">the clips, moving</a></p>\n");
  }
  const io::MappedFile file(path);
  bytes += file.bytes().size();
  return concat("<video controls loop muted playsinline", is_newest ? " autoplay" : "",
                " src=\"data:video/mp4;base64,", io::base64(file.bytes()), "\"></video>\n");
}

}  // namespace

std::string report_samples(const fs::path& run) {
  const std::vector<fs::path> sheets = find_sheets(run / kSamplesName);
  std::string out;
  size_t bytes = 0;
  // Newest first: they count most, and stay when the page would become too large.
  for (auto path = sheets.rbegin(); path != sheets.rend(); ++path) {
    const io::MappedFile file(*path);
    bytes += file.bytes().size();
    if (bytes > kMaxBytes) break;
    const std::string name = io::html_text(path->stem().string());
    const std::string clip = clip_of(*path, bytes, out.empty());
    out += concat("<figure class=\"sheet\"><figcaption>", name, "</figcaption>", clip, "<img alt=\"", name,
                  "\" src=\"data:image/png;base64,", io::base64(file.bytes()), "\"></figure>\n");
  }
  return out;
}

}  // namespace sfv::training
