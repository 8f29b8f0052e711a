#include "sfv/io/crc32c.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace sfv::io {
namespace {

uint32_t of(const std::vector<uint8_t>& bytes) {
  return crc32c(std::as_bytes(std::span(bytes)));
}

TEST(Crc32c, EqualsTheVectorsOfRfc3720) {
  std::vector<uint8_t> rising(32);
  std::vector<uint8_t> falling(32);
  for (uint8_t i = 0; i < 32; ++i) {
    rising[i] = i;
    falling[i] = static_cast<uint8_t>(31 - i);
  }
  EXPECT_EQ(of(std::vector<uint8_t>(32, 0)), 0x8a9136aaU);
  EXPECT_EQ(of(std::vector<uint8_t>(32, 0xff)), 0x62a8ab43U);
  EXPECT_EQ(of(rising), 0x46dd794eU);
  EXPECT_EQ(of(falling), 0x113fdb5cU);
}

TEST(Crc32c, EqualsTheUsualCheckValue) {
  EXPECT_EQ(crc32c(std::as_bytes(std::span(std::string_view("123456789")))), 0xe3069283U);
  EXPECT_EQ(crc32c({}), 0U);
}

}  // namespace
}  // namespace sfv::io
