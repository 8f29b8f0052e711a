#include "sfv/io/event_file.h"

#include <chrono>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/core/log.h"
#include "sfv/io/atomic_file.h"
#include "sfv/io/event_record.h"
#include "sfv/io/mapped_file.h"
#include "sfv/io/utf8.h"

namespace sfv::io {
namespace {

double system_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Writes the records up to step `keep` in place of the file. Returns its new size.
uint64_t cut_back(const std::filesystem::path& path, int64_t keep) {
  const MappedFile old(path);
  AtomicFile file(path);
  uint64_t kept = 0;
  std::span<const std::byte> rest = old.bytes();
  while (const auto record = read_record(rest)) {
    if (record->step <= keep) {
      file.write(rest.first(record->size));
      kept += record->size;
    }
    rest = rest.subspan(record->size);
  }
  if (!rest.empty()) {
    log_warning(concat("[event_file] ", path.string(), ": left out its last ", rest.size(),
                       " bytes, which are no whole record"));
  }
  file.commit();
  return kept;
}

void check_tag(std::string_view tag) {
  SFV_CHECK(!tag.empty() && find_invalid_utf8(tag) == tag.size(), kInvalidArgument,
            "[event_file] expected a tag in UTF-8, found ", printable(tag));
}

}  // namespace

EventFile::EventFile(const std::filesystem::path& path, std::optional<int64_t> keep,
                     std::function<double()> clock)
    : clock_(clock ? std::move(clock) : system_time) {
  std::error_code ignored;
  const uint64_t size = keep && std::filesystem::exists(path, ignored) ? cut_back(path, *keep) : 0;
  file_ = std::make_unique<AppendFile>(path, size);
  if (size == 0) file_->append(frame_record(encode_version_event(clock_())));
}

void EventFile::scalar(std::string_view tag, int64_t step, double value) {
  check_tag(tag);
  file_->append(frame_record(encode_scalar_event(clock_(), step, tag, value)));
}

void EventFile::image(std::string_view tag, int64_t step, int64_t width, int64_t height,
                      std::span<const std::byte> png) {
  check_tag(tag);
  file_->append(frame_record(encode_image_event(clock_(), step, tag, width, height, png)));
}

void EventFile::text(std::string_view tag, int64_t step, std::string_view markdown) {
  check_tag(tag);
  file_->append(frame_record(encode_text_event(clock_(), step, tag, markdown)));
}

}  // namespace sfv::io
