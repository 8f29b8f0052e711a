// Damaged and malicious pictures: each is an sfv::Error or a picture, quickly and without swallowing memory.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <random>

#include "sfv/core/error.h"
#include "sfv/io/image.h"
#include "tests/io/picture_files.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

using Bytes = std::vector<std::byte>;

const std::filesystem::path kGolden = SFV_SOURCE_DIR "/tests/golden/images";

Bytes sample(const std::string& name) {
  return read_bytes(kGolden / name);
}

enum class Outcome { kPicture, kError };

Outcome decode(const Bytes& bytes) {
  try {
    const RgbImage image = decode_image(bytes, "mutant");
    EXPECT_EQ(static_cast<int64_t>(image.rgb.size()), image.width * image.height * 3);
    EXPECT_GE(image.rgb.size(), 3u);
    return Outcome::kPicture;
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == ErrorCode::kInvalidFile || error.code() == ErrorCode::kUnsupported)
        << error.what();
    return Outcome::kError;
  }
}

uint32_t crc_of(const std::byte* bytes, size_t size) {
  uint32_t crc = 0xFFFFFFFF;
  for (size_t i = 0; i < size; ++i) {
    crc ^= std::to_integer<uint32_t>(bytes[i]);
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
  }
  return ~crc;
}

void put_big_endian(Bytes& bytes, size_t at, uint32_t value) {
  for (int i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::byte>(value >> (24 - 8 * i));
}

/// Makes the check sums of a PNG fit its content again, as far as its chunks can be followed.
void repair_png(Bytes& bytes) {
  for (size_t at = 8; at + 12 <= bytes.size();) {
    size_t length = 0;
    for (int i = 0; i < 4; ++i) length = length << 8 | std::to_integer<size_t>(bytes[at + i]);
    if (length > bytes.size() - at - 12) return;
    put_big_endian(bytes, at + 8 + length, crc_of(&bytes[at + 4], length + 4));
    at += 12 + length;
  }
}

Bytes png_chunk(const std::string& type, const Bytes& data) {
  Bytes chunk(12 + data.size());
  put_big_endian(chunk, 0, static_cast<uint32_t>(data.size()));
  std::memcpy(&chunk[4], type.data(), 4);
  std::copy(data.begin(), data.end(), chunk.begin() + 8);
  put_big_endian(chunk, 8 + data.size(), crc_of(&chunk[4], data.size() + 4));
  return chunk;
}

/// A zlib stream that unpacks to one byte and then `matches` times 258 zeros: fixed Huffman codes, 13 bits a
/// match. Its check sum is missing.
Bytes deflate_bomb(int64_t matches) {
  Bytes out{std::byte{0x78}, std::byte{0xDA}};
  unsigned pending = 0;
  int bits = 0;
  const auto put = [&](unsigned value, int count) {  // lowest bit first
    pending |= value << bits;
    for (bits += count; bits >= 8; bits -= 8, pending >>= 8)
      out.push_back(static_cast<std::byte>(pending & 0xFF));
  };
  put(0b011, 3);       // last block, fixed codes
  put(0b00001100, 8);  // literal 0, code 00110000 reversed
  for (int64_t i = 0; i < matches; ++i) {
    put(0b10100011, 8);  // length 258, code 11000101 reversed
    put(0, 5);           // distance 1
  }
  put(0, 7);  // end of block
  put(0, 7);
  return out;
}

/// A sample with `chunk` after its header.
Bytes with_png_chunk(const std::string& name, const Bytes& chunk) {
  Bytes bytes = sample(name);
  bytes.insert(bytes.begin() + 33, chunk.begin(), chunk.end());
  return bytes;
}

Bytes png_of_size(uint32_t width, uint32_t height) {
  Bytes bytes = sample("png_rgb8.png");
  put_big_endian(bytes, 16, width);
  put_big_endian(bytes, 20, height);
  repair_png(bytes);
  return bytes;
}

Bytes jpeg_of_size(const std::string& name, unsigned width, unsigned height) {
  Bytes bytes = sample(name);
  for (size_t at = 2; at + 9 < bytes.size();) {
    const int marker = std::to_integer<int>(bytes[at + 1]);
    if (marker == 0xC0 || marker == 0xC2) {
      put_big_endian(bytes, at + 5, height << 16 | width);
      return bytes;
    }
    at += 2 + (std::to_integer<size_t>(bytes[at + 2]) << 8 | std::to_integer<size_t>(bytes[at + 3]));
  }
  ADD_FAILURE() << "no frame header in " << name;
  return bytes;
}

/// A lossless WebP whose 14-bit sides are replaced. side: pixels.
Bytes webp_of_size(unsigned side) {
  Bytes bytes = sample("webp_lossless.webp");
  EXPECT_EQ(std::memcmp(&bytes[12], "VP8L", 4), 0);
  const unsigned sides = (side - 1) | (side - 1) << 14;
  for (int i = 0; i < 3; ++i) bytes[21 + i] = static_cast<std::byte>(sides >> 8 * i);
  bytes[24] = (bytes[24] & std::byte{0xF0}) | static_cast<std::byte>(sides >> 24 & 0x0F);
  return bytes;
}

struct Cost {
  Outcome outcome = Outcome::kError;
  double seconds = 0;
  int64_t megabytes = 0;  // growth of the process's largest size
};

/// Decodes in a child process, whose peak memory is its own.
Cost cost_of(const Bytes& bytes) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto peak = [] {
      rusage usage{};
      getrusage(RUSAGE_SELF, &usage);
      return usage.ru_maxrss / 1024;
    };
    const int64_t before = peak();
    const auto start = std::chrono::steady_clock::now();
    Cost cost{.outcome = decode(bytes)};
    cost.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    cost.megabytes = peak() - before;
    const bool written = write(ends[1], &cost, sizeof cost) == sizeof cost;
    _exit(written && !testing::Test::HasFailure() ? 0 : 1);
  }
  Cost cost;
  EXPECT_EQ(read(ends[0], &cost, sizeof cost), static_cast<ssize_t>(sizeof cost));
  close(ends[0]);
  close(ends[1]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  return cost;
}

void expect_refused_cheaply(const std::string& what, const Bytes& bytes) {
  const Cost cost = cost_of(bytes);
  EXPECT_EQ(cost.outcome, Outcome::kError) << what;
  EXPECT_LT(cost.seconds, 1.0) << what;
  EXPECT_LT(cost.megabytes, 64) << what;
}

TEST(HostileImage, IsRefusedFromItsHeaderWhenTooLarge) {
  expect_refused_cheaply("PNG of 10^10 pixels", png_of_size(100'000, 100'000));
  expect_refused_cheaply("PNG with sides of 2^31 - 1", png_of_size(0x7FFFFFFF, 0x7FFFFFFF));
  expect_refused_cheaply("PNG with sides of 2^32 - 1", png_of_size(0xFFFFFFFF, 0xFFFFFFFF));
  expect_refused_cheaply("PNG with one long side", png_of_size(1'000'001, 1));
  expect_refused_cheaply("empty PNG", png_of_size(0, 17));
  expect_refused_cheaply("JPEG of 65535x65535", jpeg_of_size("jpeg_444.jpeg", 65500, 65500));
  expect_refused_cheaply("progressive JPEG of 65500x65500",
                         jpeg_of_size("jpeg_420_progressive.jpeg", 65500, 65500));
  expect_refused_cheaply("empty JPEG", jpeg_of_size("jpeg_444.jpeg", 0, 17));
  expect_refused_cheaply("WebP of 16383x16383", webp_of_size(16383));
}

TEST(HostileImage, CostsLittleWhenItsHeaderPromisesMoreThanItHolds) {
  expect_refused_cheaply("PNG", png_of_size(8'000, 8'000));
  expect_refused_cheaply("JPEG", jpeg_of_size("jpeg_444.jpeg", 8'000, 8'000));
  expect_refused_cheaply("grey JPEG", jpeg_of_size("jpeg_grey.jpeg", 8'000, 8'000));
  expect_refused_cheaply("CMYK JPEG", jpeg_of_size("jpeg_cmyk.jpeg", 8'000, 8'000));
  expect_refused_cheaply("progressive JPEG", jpeg_of_size("jpeg_420_progressive.jpeg", 8'000, 8'000));
  expect_refused_cheaply("WebP", webp_of_size(8'000));
}

TEST(HostileImage, UnpacksNoTextAndNoProfile) {
  const Bytes bomb = deflate_bomb(2'000'000);  // 516 MB
  for (const auto& [type, head] : {std::pair{"iCCP", std::string("p\0\0", 3)},
                                   {"zTXt", std::string("k\0\0", 3)},
                                   {"iTXt", std::string("k\0\1\0\0\0", 6)}}) {
    Bytes data(head.size());
    std::memcpy(data.data(), head.data(), head.size());
    data.insert(data.end(), bomb.begin(), bomb.end());
    const Cost cost = cost_of(with_png_chunk("png_rgb8.png", png_chunk(type, data)));
    EXPECT_EQ(cost.outcome, Outcome::kPicture) << type;
    EXPECT_LT(cost.seconds, 1.0) << type;
    EXPECT_LT(cost.megabytes, 64) << type;
  }
  // The same stream as picture data, and as much of it as would still be taken for clumsy compression.
  // Neither ends as it should.
  for (const Bytes& data : {bomb, deflate_bomb(40'000)}) {
    Bytes bytes = sample("png_rgb8.png");
    bytes.resize(33);
    for (const Bytes& part : {png_chunk("IDAT", data), png_chunk("IEND", {})})
      bytes.insert(bytes.end(), part.begin(), part.end());
    expect_refused_cheaply("IDAT of " + std::to_string(data.size()), bytes);
  }
}

TEST(HostileImage, IsAnErrorWhereverItIsCutOff) {
  for (const char* name :
       {"png_rgb8.png", "png_palette4_interlaced.png", "png_rgba16.png", "jpeg_444.jpeg",
        "jpeg_420_progressive.jpeg", "jpeg_cmyk.jpeg", "webp_lossy.webp", "webp_lossless_alpha.webp"}) {
    const Bytes whole = sample(name);
    ASSERT_EQ(decode(whole), Outcome::kPicture) << name;
    for (size_t size = 0; size < whole.size(); ++size) {
      ASSERT_EQ(decode(Bytes(whole.begin(), whole.begin() + static_cast<int64_t>(size))), Outcome::kError)
          << name << " of " << size;
    }
  }
}

TEST(HostileImage, NeverCrashesWhateverIsChanged) {
  constexpr int kPerSample = 60;
  std::mt19937 random(7);
  int pictures = 0, errors = 0;
  for (const auto& path : sample_pictures()) {
    if (path.extension() == ".gif") continue;  // the video reader's
    const Bytes whole = read_bytes(path);
    for (int i = 0; i < kPerSample; ++i) {
      Bytes mutant = whole;
      for (unsigned changes = random() % 4 + 1; changes > 0; --changes) {
        mutant[random() % mutant.size()] = static_cast<std::byte>(random());
      }
      if (i % 3 == 1) mutant.resize(random() % mutant.size());
      if (i % 3 == 2)
        mutant.insert(mutant.begin() + random() % mutant.size(), whole.begin(),
                      whole.begin() + random() % whole.size());
      if (path.extension() == ".png" && i % 2 == 0) repair_png(mutant);
      (decode(mutant) == Outcome::kPicture ? pictures : errors)++;
    }
  }
  EXPECT_GE(pictures + errors, 4000);
  EXPECT_GE(pictures, 100);  // some changes hit what does not matter
  EXPECT_GE(errors, 1000);
}

TEST(HostileImage, NeverCrashesTheGifReader) {
  const TestFolder folder;
  std::mt19937 random(8);
  for (const char* name : {"gif_still.gif", "gif_animated.gif"}) {
    const Bytes whole = sample(name);
    for (int i = 0; i < 100; ++i) {
      Bytes mutant = whole;
      for (unsigned changes = random() % 4 + 1; changes > 0; --changes) {
        mutant[6 + random() % (mutant.size() - 6)] = static_cast<std::byte>(random());
      }
      if (i % 3 == 1) mutant.resize(6 + random() % (mutant.size() - 6));
      write_bytes(folder / "mutant.gif", mutant);
      try {
        const RgbImage image = load_image(folder / "mutant.gif");
        EXPECT_EQ(static_cast<int64_t>(image.rgb.size()), image.width * image.height * 3);
      } catch (const Error& error) {
        EXPECT_TRUE(error.code() == ErrorCode::kInvalidFile || error.code() == ErrorCode::kUnsupported)
            << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace sfv::io
