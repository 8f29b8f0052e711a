// libFuzzer target: any bytes are a picture or an sfv::Error. Seeds: corpus/image.
#include <cstddef>
#include <cstdint>
#include <span>

#include "sfv/core/error.h"
#include "sfv/io/image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const sfv::RgbImage image = sfv::io::decode_image(std::as_bytes(std::span(data, size)), "fuzz");
    if (static_cast<int64_t>(image.rgb.size()) != image.width * image.height * 3) __builtin_trap();
  } catch (const sfv::Error& error) {
    if (error.code() == sfv::ErrorCode::kInternal) __builtin_trap();
  }
  return 0;
}
