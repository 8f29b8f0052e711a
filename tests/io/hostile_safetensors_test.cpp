// More than 10,000 broken, bent and whole files: each refused, or accepted with exactly what the official
// safetensors package returns, and none allocating more than its size allows. The official verdicts are in
// tests/golden/safetensors/hostile_verdicts.json; tests/io/official_safetensors.py makes and checks them.
#include "tests/io/hostile_safetensors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "sfv/io/hash.h"
#include "sfv/io/safetensors.h"
#include "tests/error_of.h"
#include "tests/io/allocation_meter.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

constexpr size_t kMinBound = size_t{1} << 20;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

void append_part(std::string& out, std::string_view part) {
  const uint64_t length = part.size();
  out.append(reinterpret_cast<const char*>(&length), 8);
  out += part;
}

// Everything a reader gets out of a file, as one text; the script writes the same from what the official
// package returns.
std::string description_of(const SafetensorsHeader& header, const std::string& file) {
  std::string out;
  for (const auto& [key, value] : header.metadata) {
    append_part(out, key);
    append_part(out, value);
  }
  for (const auto& [name, info] : header.tensors) {
    append_part(out, name);
    append_part(out, to_string(info.dtype));
    std::string shape;
    for (const int64_t size : info.shape) shape += std::to_string(size) + ",";
    append_part(out, shape);
    append_part(out, std::string_view(file).substr(header.data_begin + info.begin, info.end - info.begin));
  }
  return out;
}

struct Verdict {
  bool is_accepted = false;
  std::string text;  // description if accepted, otherwise the reason
};

// Parses under the allocation bound.
Verdict judge(const std::string& file) {
  Verdict verdict;
  size_t largest = 0;
  size_t peak = 0;
  try {
    const AllocationMeter meter;
    SafetensorsHeader header;
    try {
      header = parse_safetensors(bytes_of(file), "x");
    } catch (...) {
      largest = meter.largest();
      peak = meter.peak();
      throw;
    }
    largest = meter.largest();
    peak = meter.peak();
    verdict = {true, description_of(header, file)};
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile) << error.what();
    verdict = {false, error.reason()};
  }
  EXPECT_LE(largest, std::max(kMinBound, 4 * file.size()));
  EXPECT_LE(peak, std::max(kMinBound, 16 * file.size()));
  return verdict;
}

TEST(HostileSafetensors, GivesTheOfficialVerdictOnEveryFile) {
  const std::vector<std::string> files = hostile_safetensors();
  ASSERT_GE(files.size(), 10'000U);
  std::string packed;
  std::string
      verdicts;  // 'a' accepted, 'r' refused, 'd' refused for a difference that safetensors.h documents
  Sha256 descriptions;
  std::set<std::string> reasons;
  for (const std::string& file : files) {
    append_part(packed, file);
    const Verdict verdict = judge(file);
    if (verdict.is_accepted) {
      descriptions.update(verdict.text);
    } else {
      reasons.insert(verdict.text);
    }
    verdicts += verdict.is_accepted ? 'a' : 'r';
  }
  EXPECT_EQ(reasons.size(), 12U) << "every rule must be broken by some file";
  const std::string corpus_hash = sha256(bytes_of(packed));
  if (const char* folder = std::getenv("SFV_HOSTILE_OUT"); folder != nullptr) {
    std::ofstream(std::filesystem::path(folder) / "files.bin", std::ios::binary) << packed;
    std::ofstream(std::filesystem::path(folder) / "verdicts.txt") << verdicts;
  }

  const auto golden = nlohmann::json::parse(
      read_text(std::filesystem::path(SFV_SOURCE_DIR) / "tests/golden/safetensors/hostile_verdicts.json"));
  ASSERT_EQ(golden.at("corpus_sha256"), corpus_hash)
      << "the files changed: run tests/io/official_safetensors.py --update with the official package";
  // Runs of equal letters: [["r", 12], ["a", 3], …]
  std::string expected;
  for (const auto& run : golden.at("verdicts")) {
    expected.append(run.at(1).get<size_t>(), run.at(0).get<std::string>().front());
  }
  ASSERT_EQ(expected.size(), files.size());
  for (size_t i = 0; i < files.size(); ++i) {
    const char ours = expected[i] == 'd' ? 'r' : expected[i];
    ASSERT_EQ(verdicts[i], ours) << "file " << i << ": " << judge(files[i]).text << ": " << files[i];
  }
  EXPECT_EQ(descriptions.finish(), golden.at("accepted_sha256")) << "an accepted file was read differently";
}

// Headers of a megabyte made to cost the most memory a byte of text.
TEST(HostileSafetensors, KeepsMemoryWithinTheFilesSize) {
  constexpr size_t kSize = 1'000'000;
  const auto repeated = [](const std::string& begin, const std::string& part, const std::string& end) {
    std::string text = begin;
    while (text.size() < kSize) text += part;
    return text + end;
  };
  const auto numbered = [](const std::string& begin, auto part, const std::string& end) {
    std::string text = begin;
    for (size_t i = 0; text.size() < kSize; ++i) text += part(std::to_string(i));
    text.back() = ' ';  // the last comma
    return text + end;
  };
  const std::vector<std::string> headers = {
      repeated("{\"", "x", "\":[\"U8\",[0],[0,0]]}"),
      repeated("{\"", "\\u0001", "\":[\"U8\",[0],[0,0]]}"),
      repeated("{\"", "\\n", "\":[\"U8\",[0],[0,0]]}"),
      repeated("{\"__metadata__\":{\"a\":\"", "\\\"", "\"}}"),
      repeated("{\"t\":[\"U8\",[0", ",0", "],[0,0]]}"),
      repeated("{\"t\":[\"U8\",[0", ",0", "],[0,1]]}"),
      repeated("{\"t\":{\"x\":[0", ",0", "]}}"),
      repeated("{\"t\":{\"x\":\"", "x", "\"}}"),
      repeated("{\"t\":[\"", "x", "\",[0],[0,0]]}"),
      repeated("{\"t\":{\"x\":", "[", "}}"),
      repeated("", " ", "{}"),
      repeated("{\"t\":[\"U8\",[", "9", "],[0,0]]}"),
      repeated("", "\n", ""),
      numbered(
          "{", [](const std::string& i) { return "\"" + i + "\":[\"U8\",[0],[0,0]],"; }, "}"),
      numbered(
          "{\"__metadata__\":{", [](const std::string& i) { return "\"" + i + "\":\"\","; }, "}}"),
  };
  size_t accepted = 0;
  for (const std::string& header : headers) accepted += judge(with_length(header, "")).is_accepted;
  EXPECT_EQ(accepted, 8U);
}

}  // namespace
}  // namespace sfv::io
