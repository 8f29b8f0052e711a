#include "apps/sfv/byte_count.h"

#include <gtest/gtest.h>

#include "sfv/core/error.h"

namespace sfv::cli {
namespace {

TEST(ByteCount, ReadsDecimalAndBinaryUnits) {
  EXPECT_EQ(parse_byte_count("size", "1"), 1U);
  EXPECT_EQ(parse_byte_count("size", "100KB"), 100000U);
  EXPECT_EQ(parse_byte_count("size", "5GB"), 5000000000U);
  EXPECT_EQ(parse_byte_count("size", "2GiB"), 2147483648U);
  EXPECT_EQ(parse_byte_count("size", "1TiB"), 1099511627776U);
}

TEST(ByteCount, RefusesEverythingElse) {
  for (const char* text :
       {"", "0", "0GB", "GB", "-1", "5 GB", "5gb", "5G", "1.5GB", "99999999999999999999", "9999999999TB"}) {
    EXPECT_THROW((void)parse_byte_count("size", text), Error) << text;
  }
}

TEST(MemoryLimit, IsASizeOrWhatIsLeftFree) {
  EXPECT_EQ(parse_memory_limit("max-memory", "6GB", 1), 6000000000);
  EXPECT_EQ(parse_memory_limit("max-memory", "-2GB", 5000000000), 3000000000);
  for (const char* text : {"", "-", "--2GB", "-5GB", "-6GB", "6 GB"}) {
    EXPECT_THROW((void)parse_memory_limit("max-memory", text, 5000000000), Error) << text;
  }
}

}  // namespace
}  // namespace sfv::cli
