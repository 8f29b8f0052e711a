// Any bytes as a zip state dict, and any bytes as the pickle inside one (a random archive seldom gets that
// far).
#include <span>
#include <string_view>

#include "sfv/core/error.h"
#include "sfv/io/state_dict_zip.h"
#include "sfv/io/tensor_pickle.h"
#include "tests/fuzz/require.h"

namespace {

template <typename Read>
void require_documented_errors(Read&& read) {
  try {
    read();
  } catch (const sfv::Error& error) {
    SFV_REQUIRE(error.code() == sfv::ErrorCode::kInvalidFile);
    SFV_REQUIRE(error.reason().starts_with("zip.") || error.reason().starts_with("pickle."));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  require_documented_errors([&] {
    const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
    for (const auto& [name, info] : sfv::io::parse_state_dict_zip(bytes, "fuzz")) {
      uint64_t expected = sfv::io::size_of(info.dtype);
      for (const int64_t dimension : info.shape) expected *= static_cast<uint64_t>(dimension);
      SFV_REQUIRE(info.begin <= info.end && info.end <= size && info.end - info.begin == expected);
    }
  });
  require_documented_errors([&] {
    const std::string_view pickle(reinterpret_cast<const char*>(data), size);
    for (const sfv::io::PickledTensor& tensor : sfv::io::read_tensor_pickle(pickle, "fuzz")) {
      SFV_REQUIRE(tensor.shape.size() == tensor.strides.size() && tensor.offset >= 0 &&
                  tensor.storage_size >= 0);
    }
  });
  return 0;
}
