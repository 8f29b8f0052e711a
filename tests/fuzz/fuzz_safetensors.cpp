// Any bytes: refused with an error of the documented kind, or accepted with tensors that tile the data
// section.
#include <span>

#include "sfv/core/error.h"
#include "sfv/io/safetensors.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const sfv::io::SafetensorsHeader header = sfv::io::parse_safetensors(bytes, "fuzz");
    SFV_REQUIRE(header.data_begin >= 8 && header.data_begin <= size);
    uint64_t total = 0;
    for (const auto& [name, info] : header.tensors) {
      uint64_t expected = sfv::io::size_of(info.dtype);
      for (const int64_t dimension : info.shape) {
        SFV_REQUIRE(dimension >= 0);
        expected *= static_cast<uint64_t>(dimension);
      }
      SFV_REQUIRE(info.begin <= info.end && info.end <= size - header.data_begin);
      SFV_REQUIRE(info.end - info.begin == expected);
      total += expected;
    }
    SFV_REQUIRE(total == size - header.data_begin);
  } catch (const sfv::Error& error) {
    SFV_REQUIRE(error.code() == sfv::ErrorCode::kInvalidFile);
    SFV_REQUIRE(error.reason().starts_with("safetensors."));
  }
  return 0;
}
