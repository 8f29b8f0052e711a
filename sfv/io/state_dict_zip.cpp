#include "sfv/io/state_dict_zip.h"

#include <optional>
#include <utility>

#include "sfv/core/check.h"
#include "sfv/io/tensor_pickle.h"
#include "sfv/io/utf8.h"
#include "sfv/io/zip_directory.h"

namespace sfv::io {
namespace {

constexpr std::string_view kPickleName = "/data.pkl";
constexpr uint64_t kMaxPickleBytes = uint64_t{64} << 20;  // 300 bytes a tensor: room for 200,000 of them

[[noreturn]] void fail(const std::string& where, const std::string& reason, const std::string& what) {
  throw Error(ErrorCode::kInvalidFile, concat(where, ": ", what), reason);
}

std::string_view text_of(std::span<const std::byte> file, const ZipEntry& entry) {
  return {reinterpret_cast<const char*>(file.data()) + entry.offset, entry.size};
}

// The one folder that every entry lies in, named after the file that was saved first: the one with data.pkl
// in it.
std::string_view find_root(const ZipDirectory& entries, const std::string& where) {
  std::string_view root;
  for (const auto& entry : entries) {
    const std::string_view name = entry.first;
    if (!name.ends_with(kPickleName) || name.find('/') != name.size() - kPickleName.size()) continue;
    if (!root.empty()) fail(where, "zip.two_pickles", "two folders of the archive have a data.pkl");
    root = name.substr(0, name.size() - kPickleName.size());
  }
  if (root.empty())
    fail(where, "zip.no_pickle",
         "expected a file of torch.save, found a zip archive without FOLDER/data.pkl");
  return root;
}

bool is_contiguous(const PickledTensor& tensor) {
  int64_t expected = 1;
  for (size_t i = tensor.shape.size(); i-- > 0;) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != expected) return false;
    expected *= tensor.shape[i];  // the caller knows that the product fits
  }
  return true;
}

// Number of elements; nothing if 63 bits cannot hold it.
std::optional<int64_t> count_elements(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) {
    if (__builtin_mul_overflow(count, size, &count)) return std::nullopt;
  }
  return count;
}

TensorInfo locate(const PickledTensor& tensor, const ZipDirectory& entries, std::string_view root,
                  const std::string& where) {
  const std::string which = concat("tensor ", printable(tensor.name), ": ");
  const auto found = entries.find(concat(root, "/data/", tensor.storage));
  if (found == entries.end())
    fail(where, "zip.no_storage", concat(which, "the archive has no storage ", printable(tensor.storage)));
  const ZipEntry& storage = found->second;
  const auto element = static_cast<int64_t>(size_of(tensor.dtype));
  int64_t storage_bytes = 0;
  if (__builtin_mul_overflow(tensor.storage_size, element, &storage_bytes) ||
      static_cast<uint64_t>(storage_bytes) != storage.size) {
    fail(where, "zip.storage_size",
         concat(which, "storage ", printable(tensor.storage), " should have ", tensor.storage_size,
                " elements of ", element, " bytes, the archive holds ", storage.size, " bytes"));
  }
  const std::optional<int64_t> count = count_elements(tensor.shape);
  if (!count || tensor.offset > tensor.storage_size || *count > tensor.storage_size - tensor.offset) {
    fail(where, "pickle.tensor",
         concat(which, "reaches beyond its storage of ", tensor.storage_size, " elements"));
  }
  if (*count > 0 && !is_contiguous(tensor)) {
    fail(where, "pickle.not_contiguous",
         concat(which, "is not contiguous; save it again after .contiguous()"));
  }
  TensorInfo info;
  info.dtype = tensor.dtype;
  info.shape = tensor.shape;
  info.begin = storage.offset + static_cast<uint64_t>(tensor.offset * element);
  info.end = info.begin + static_cast<uint64_t>(*count * element);
  return info;
}

class StateDictZip : public TensorFile {
 public:
  explicit StateDictZip(const std::filesystem::path& path)
      : path_(path), file_(path), tensors_(parse_state_dict_zip(file_.bytes(), path.string())) {}

  const std::map<std::string, TensorInfo, std::less<>>& tensors() const override { return tensors_; }
  std::span<const std::byte> data(std::string_view name) const override {
    const auto found = tensors_.find(name);
    SFV_CHECK(found != tensors_.end(), kInvalidArgument, "[state_dict] ", path_.string(), ": has no tensor ",
              printable(name));
    return file_.bytes().subspan(found->second.begin, found->second.end - found->second.begin);
  }
  const std::filesystem::path& path() const override { return path_; }

 private:
  std::filesystem::path path_;
  MappedFile file_;
  std::map<std::string, TensorInfo, std::less<>> tensors_;
};

}  // namespace

std::map<std::string, TensorInfo, std::less<>> parse_state_dict_zip(std::span<const std::byte> file,
                                                                    const std::string& name) {
  const std::string where = concat("[state_dict] ", name);
  const ZipDirectory entries = read_zip_directory(file, where);
  const std::string_view root = find_root(entries, where);
  if (const auto order = entries.find(concat(root, "/byteorder")); order != entries.end()) {
    if (text_of(file, order->second) != "little")
      fail(where, "zip.byteorder", "saved on a big-endian machine, which is not supported");
  }
  const ZipEntry& pickle = entries.find(concat(root, kPickleName))->second;
  if (pickle.size > kMaxPickleBytes) {
    fail(where, "zip.pickle_size",
         concat("expected a data.pkl of at most ", kMaxPickleBytes, " bytes, found ", pickle.size));
  }
  std::map<std::string, TensorInfo, std::less<>> tensors;
  for (const PickledTensor& tensor : read_tensor_pickle(text_of(file, pickle), where)) {
    tensors.emplace(tensor.name, locate(tensor, entries, root, where));
  }
  return tensors;
}

std::shared_ptr<const TensorFile> open_state_dict_zip(const std::filesystem::path& path) {
  return std::make_shared<const StateDictZip>(path);
}

}  // namespace sfv::io
