#include "sfv/io/hash.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "sfv/io/sha256_block.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

std::string hash_text(std::string_view text) {
  return sha256(std::as_bytes(std::span(text)));
}

// Source: NIST, "SHA-256 examples" of FIPS 180-4 and SHA256ShortMsg.rsp of the CAVP vectors.
TEST(Sha256, GivesNistVectors) {
  EXPECT_EQ(hash_text(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash_text("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(
      hash_text(
          "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnop"
          "qrsmnopqrstnopqrstu"),
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(hash_text("\xd3"), "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1");
}

TEST(Sha256, GivesTheMillionLettersVectorWhateverThePieces) {
  const std::string text(1'000'000, 'a');
  constexpr std::string_view kExpected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
  for (const size_t piece : {1, 7, 63, 64, 65, 1000, 1'000'000}) {
    Sha256 hash;
    for (size_t i = 0; i < text.size(); i += piece) hash.update(std::string_view(text).substr(i, piece));
    EXPECT_EQ(hash.finish(), kExpected) << piece;
  }
}

TEST(Sha256, PadsEveryLengthAroundABlockTheSameInOnePieceOrTwo) {
  for (size_t length = 0; length <= 130; ++length) {
    const std::string text(length, 'x');
    Sha256 hash;
    hash.update(std::string_view(text).substr(0, length / 2));
    hash.update(std::string_view(text).substr(length / 2));
    EXPECT_EQ(hash.finish(), hash_text(text)) << length;
  }
}

TEST(Sha256, InstructionsAndPortableCodeAgree) {
  if (!has_sha256_instructions())
    GTEST_SKIP() << "this CPU has no SHA instructions: only the portable code runs here";
  std::mt19937 random(1);
  for (size_t count = 0; count < 40; ++count) {
    std::vector<std::byte> blocks(count * 64);
    for (std::byte& byte : blocks) byte = static_cast<std::byte>(random());
    Sha256State portable;
    for (uint32_t& word : portable) word = random();
    Sha256State fast = portable;
    sha256_blocks_portable(portable, blocks.data(), count);
    sha256_blocks_x86(fast, blocks.data(), count);
    EXPECT_EQ(portable, fast) << count;
  }
}

TEST(Sha256, PortableCodeGivesTheVectorToo) {
  // "abc" padded to one block by hand.
  std::array<std::byte, 64> block = {std::byte{'a'}, std::byte{'b'}, std::byte{'c'}, std::byte{0x80}};
  block[63] = std::byte{24};
  Sha256State state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  sha256_blocks_portable(state, block.data(), 1);
  EXPECT_EQ(state, (Sha256State{0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3, 0x96177a9c,
                                0xb410ff61, 0xf20015ad}));
}

TEST(Sha256, HashesFiles) {
  const TestFolder folder;
  EXPECT_EQ(sha256_file(folder.file("a", "abc")), hash_text("abc"));
  EXPECT_EQ(sha256_file(folder.file("empty", "")), hash_text(""));
}

}  // namespace
}  // namespace sfv::io
