#include "sfv/io/safetensors.h"

#include <array>
#include <bit>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/io/utf8.h"

namespace sfv::io {
namespace {

// Elements are handed out as they lie in the file.
static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

struct DTypeRow {
  std::string_view name;
  size_t size;  // bytes
};

// In the order of the enum.
constexpr std::array<DTypeRow, 15> kDTypes = {{{"BOOL", 1},
                                               {"U8", 1},
                                               {"I8", 1},
                                               {"I16", 2},
                                               {"U16", 2},
                                               {"I32", 4},
                                               {"U32", 4},
                                               {"I64", 8},
                                               {"U64", 8},
                                               {"F8_E4M3", 1},
                                               {"F8_E5M2", 1},
                                               {"F16", 2},
                                               {"BF16", 2},
                                               {"F32", 4},
                                               {"F64", 8}}};
static_assert(kDTypes.size() == static_cast<size_t>(DType::kF64) + 1);

}  // namespace

std::string_view to_string(DType dtype) {
  return kDTypes[static_cast<size_t>(dtype)].name;
}

size_t size_of(DType dtype) {
  return kDTypes[static_cast<size_t>(dtype)].size;
}

std::optional<DType> parse_dtype(std::string_view text) {
  for (size_t i = 0; i < kDTypes.size(); ++i) {
    if (kDTypes[i].name == text) return static_cast<DType>(i);
  }
  return std::nullopt;
}

SafetensorsFile::SafetensorsFile(std::filesystem::path path, MappedFile file)
    : path_(std::move(path)), file_(std::move(file)) {
  SafetensorsHeader header = parse_safetensors(file_.bytes(), path_.string());
  data_begin_ = header.data_begin;
  tensors_ = std::move(header.tensors);
  metadata_ = std::move(header.metadata);
}

std::shared_ptr<const SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
  return std::shared_ptr<const SafetensorsFile>(new SafetensorsFile(path, MappedFile(path)));
}

std::span<const std::byte> SafetensorsFile::data(std::string_view name) const {
  const auto found = tensors_.find(name);
  SFV_CHECK(found != tensors_.end(), kInvalidArgument, "[safetensors] ", path_.string(), ": has no tensor ",
            printable(name));
  const TensorInfo& info = found->second;
  return file_.bytes().subspan(data_begin_ + info.begin, info.end - info.begin);
}

std::span<const std::byte> SafetensorsFile::header() const {
  return file_.bytes().first(data_begin_).subspan(8);
}

}  // namespace sfv::io
