#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sfv/io/mapped_file.h"

namespace sfv::io {

/// Element types of the safetensors format that this project knows, in the format's spelling.
enum class DType {
  kBool,
  kU8,
  kI8,
  kI16,
  kU16,
  kI32,
  kU32,
  kI64,
  kU64,
  kF8E4M3,
  kF8E5M2,
  kF16,
  kBF16,
  kF32,
  kF64
};

[[nodiscard]] std::string_view to_string(DType dtype);  // "F32"
[[nodiscard]] size_t size_of(DType dtype);              // bytes an element
/// Nothing for a word that is not in the list above.
[[nodiscard]] std::optional<DType> parse_dtype(std::string_view text);

/// One tensor of a file: its bytes lie, row-major and little-endian, at [begin, end) of the data section.
struct TensorInfo {
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;
  uint64_t begin = 0;
  uint64_t end = 0;
};

/// Named tensors that live in a mapped file: what every reader of weights gives (safetensors, PyTorch state
/// dict).
class TensorFile {
 public:
  virtual ~TensorFile() = default;
  /// Sorted by name.
  [[nodiscard]] virtual const std::map<std::string, TensorInfo, std::less<>>& tensors() const = 0;
  /// The tensor's bytes, row-major. They stay valid as long as this object. Errors: kInvalidArgument for an
  /// unknown name.
  [[nodiscard]] virtual std::span<const std::byte> data(std::string_view name) const = 0;
  [[nodiscard]] virtual const std::filesystem::path& path() const = 0;
};

/// A safetensors file, checked whole (header, names, shapes, dtypes, ranges, file length) before anything is
/// handed out. Accepts exactly what the official parser (package 0.8) accepts, except dtypes missing above,
/// keys that appear twice (of tensors, of the metadata; that parser keeps one of them) and empty tensors with
/// a dimension over 2^63 - 1. Checking allocates less than 16 bytes for each byte of the header, in pieces of
/// at most 4 times its size.
class SafetensorsFile : public TensorFile {
 public:
  /// Errors: those of MappedFile; kInvalidFile with reason "safetensors.<rule>", one rule for each way to
  /// break the format: header_too_small, header_too_large, header_length, header_utf8, header_json,
  /// duplicate_key, invalid_dtype, invalid_shape, invalid_offset, tensor_size, overflow, incomplete_buffer.
  /// The message names the tensor where one was read.
  [[nodiscard]] static std::shared_ptr<const SafetensorsFile> open(const std::filesystem::path& path);

  [[nodiscard]] const std::map<std::string, TensorInfo, std::less<>>& tensors() const override {
    return tensors_;
  }
  [[nodiscard]] std::span<const std::byte> data(std::string_view name) const override;
  [[nodiscard]] const std::filesystem::path& path() const override { return path_; }
  /// The header's "__metadata__", empty if absent.
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }
  /// The header's JSON as stored, without its length: what the quick model hash is taken over.
  [[nodiscard]] std::span<const std::byte> header() const;

 private:
  SafetensorsFile(std::filesystem::path path, MappedFile file);

  std::filesystem::path path_;
  MappedFile file_;
  size_t data_begin_ = 0;  // offset of the data section in the file
  std::map<std::string, TensorInfo, std::less<>> tensors_;
  std::map<std::string, std::string> metadata_;
};

/// What open() does to the bytes of a file, without a file: for tests and fuzzing.
struct SafetensorsHeader {
  size_t data_begin = 0;
  std::map<std::string, TensorInfo, std::less<>> tensors;
  std::map<std::string, std::string> metadata;
};
/// name: how messages call it. Errors: kInvalidFile as SafetensorsFile::open.
[[nodiscard]] SafetensorsHeader parse_safetensors(std::span<const std::byte> file, const std::string& name);

/// Writes a safetensors file piece by piece, laid out as the official library does (sorted by dtype size
/// falling, then by name; header padded with spaces to 8 bytes), so that a file of any size needs no more
/// memory than one tensor. Atomic: the file appears under its name only in finish(); an unfinished writer
/// leaves nothing behind.
class SafetensorsWriter {
 public:
  struct Entry {
    std::string name;
    DType dtype = DType::kF32;
    std::vector<int64_t> shape;
  };
  /// Errors: kInvalidArgument (a name twice, a negative size), those of AtomicFile.
  SafetensorsWriter(const std::filesystem::path& path, std::vector<Entry> entries,
                    const std::map<std::string, std::string>& metadata);
  ~SafetensorsWriter();
  SafetensorsWriter(SafetensorsWriter&&) noexcept;

  /// The order in which write() must be called.
  [[nodiscard]] const std::vector<Entry>& entries() const;
  /// The bytes of the next tensor of entries(). Errors: kInvalidArgument if their number is wrong, kNoSpace,
  /// kIo.
  void write(std::span<const std::byte> bytes);
  /// Errors: kInvalidArgument if tensors are missing, kNoSpace, kIo.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sfv::io
