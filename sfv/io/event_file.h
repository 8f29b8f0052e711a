#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "sfv/io/append_file.h"

namespace sfv::io {

/// A TensorBoard event file (its name must contain "tfevents"), written record by record.
class EventFile {
 public:
  /// Opens or makes the file. keep: records of later steps are dropped, as when a run goes on from step
  /// `keep`; empty: the file starts anew. Whatever follows the last whole record goes too (a killed process
  /// may leave half of one); more than that is told to the log. clock: seconds since 1970, by default the
  /// system's. Errors: kNotFound (no such folder), kPermission, kNoSpace, kIo; kInvalidFile for a folder.
  explicit EventFile(const std::filesystem::path& path, std::optional<int64_t> keep = {},
                     std::function<double()> clock = {});

  /// Errors of all: kNoSpace, kIo; kInvalidArgument for a tag that is empty or not UTF-8.
  void scalar(std::string_view tag, int64_t step, double value);
  /// png: a PNG file of that size.
  void image(std::string_view tag, int64_t step, int64_t width, int64_t height,
             std::span<const std::byte> png);
  void text(std::string_view tag, int64_t step, std::string_view markdown);
  /// Survives a power cut from here on. Errors: kNoSpace, kIo.
  void sync() { file_->sync(); }

 private:
  std::function<double()> clock_;
  std::unique_ptr<AppendFile> file_;
};

}  // namespace sfv::io
