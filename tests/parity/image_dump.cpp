// Reads commands from stdin, one a line, and answers each on stdout, so that one process serves a whole
// comparison:
//   load PATH                         -> "W H\n" and the raw pixels
//   lanczos|crop|pad W H PATH         -> the same, after resizing
// A failure answers "error MESSAGE\n". Used by compare_images.py.
#include <iostream>
#include <sstream>
#include <string>

#include "sfv/core/check.h"
#include "sfv/io/image.h"
#include "sfv/io/resize.h"

namespace {

sfv::RgbImage answer(const std::string& line) {
  std::istringstream in(line);
  std::string verb, path;
  int64_t width = 0, height = 0;
  in >> verb;
  if (verb != "load") in >> width >> height;
  std::getline(in >> std::ws, path);
  const sfv::RgbImage image = sfv::io::load_image(path);
  if (verb == "load") return image;
  if (verb == "lanczos") return sfv::io::resize_lanczos(image, width, height);
  if (verb == "crop") return sfv::io::fit_crop(image, width, height);
  if (verb == "pad") return sfv::io::fit_pad(image, width, height);
  throw sfv::Error(sfv::ErrorCode::kInvalidArgument, "[image_dump] unknown command: " + line);
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    try {
      const sfv::RgbImage image = answer(line);
      std::cout << image.width << ' ' << image.height << '\n';
      std::cout.write(reinterpret_cast<const char*>(image.rgb.data()),
                      static_cast<std::streamsize>(image.rgb.size()));
    } catch (const sfv::Error& error) {
      std::cout << "error " << error.what() << '\n';
    }
    std::cout.flush();
  }
}
