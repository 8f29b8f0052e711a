#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "sfv/core/check.h"
#include "sfv/core/rgb_image.h"

namespace sfv::io {

inline std::vector<std::byte> read_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  SFV_CHECK(in.good(), kNotFound, "[test] cannot open ", path.string());
  const std::vector<char> chars{std::istreambuf_iterator<char>(in), {}};
  const auto* first = reinterpret_cast<const std::byte*>(chars.data());
  return {first, first + chars.size()};
}

inline void write_bytes(const std::filesystem::path& path, const std::vector<std::byte>& bytes) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  SFV_CHECK(out.good(), kIo, "[test] cannot write ", path.string());
}

/// The binary PPM files that tests/golden/make_images.py writes.
inline RgbImage read_ppm(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string magic;
  RgbImage image;
  int64_t levels = 0;
  in >> magic >> image.width >> image.height >> levels;
  in.get();
  SFV_CHECK(magic == "P6" && levels == 255, kInvalidFile, "[test] not a PPM: ", path.string());
  image.rgb.resize(static_cast<size_t>(image.width * image.height * 3));
  in.read(reinterpret_cast<char*>(image.rgb.data()), static_cast<std::streamsize>(image.rgb.size()));
  SFV_CHECK(in.good(), kInvalidFile, "[test] short PPM: ", path.string());
  return image;
}

/// The pictures of tests/golden/images, sorted, without their expected pixels.
inline std::vector<std::filesystem::path> sample_pictures() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(SFV_SOURCE_DIR "/tests/golden/images")) {
    if (entry.path().extension() != ".ppm" && entry.path().extension() != ".md")
      paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace sfv::io
