#include "sfv/io/image.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

#include "sfv/core/error.h"
#include "tests/io/picture_files.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

const std::filesystem::path kGolden = SFV_SOURCE_DIR "/tests/golden/images";

ErrorCode code_of(const std::function<void()>& call, std::string* message = nullptr) {
  try {
    call();
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::kInternal;
}

TEST(LoadImage, GivesThePixelsThatPillowGives) {
  int equal = 0;
  for (const auto& path : sample_pictures()) {
    const RgbImage image = load_image(path);
    std::filesystem::path twin = path;
    const RgbImage expected = read_ppm(twin.replace_extension(".ppm"));
    ASSERT_EQ(image.width, expected.width) << path;
    ASSERT_EQ(image.height, expected.height) << path;
    // Another libjpeg or libwebp may round its inverse transform another way.
    const std::string name = path.filename().string();
    const bool is_lossy =
        name.starts_with("jpeg") || (name.starts_with("webp") && name.find("lossless") == std::string::npos);
    int worst = 0;
    for (size_t i = 0; i < image.rgb.size(); ++i)
      worst = std::max(worst, std::abs(image.rgb[i] - expected.rgb[i]));
    EXPECT_LE(worst, is_lossy ? 1 : 0) << path;
    ++equal;
  }
  EXPECT_GE(equal, 70);
}

TEST(LoadImage, GoesByTheContentNotTheName) {
  const TestFolder folder;
  std::filesystem::copy_file(kGolden / "jpeg_444.jpeg", folder / "photo.png");
  std::filesystem::copy_file(kGolden / "png_rgb8.png", folder / "no_ending");
  EXPECT_EQ(probe_image(folder / "photo.png").format, "jpeg");
  EXPECT_EQ(load_image(folder / "no_ending"), read_ppm(kGolden / "png_rgb8.ppm"));
}

TEST(DecodeImage, GivesWhatLoadImageGives) {
  for (const char* name : {"png_rgba16.png", "jpeg_exif6.jpeg", "webp_lossy_alpha.webp"}) {
    EXPECT_EQ(decode_image(read_bytes(kGolden / name), name), load_image(kGolden / name));
  }
  EXPECT_EQ(code_of([] { (void)decode_image(read_bytes(kGolden / "gif_still.gif"), "x"); }),
            ErrorCode::kUnsupported);
}

TEST(ProbeImage, ReportsTheStoredSizeAndTheOrientation) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const ImageInfo info = probe_image(kGolden / ("jpeg_exif" + std::to_string(orientation) + ".jpeg"));
    EXPECT_EQ(info.orientation, orientation);
    EXPECT_EQ(info.width, 23);
    EXPECT_EQ(info.height, 17);
  }
  EXPECT_EQ(probe_image(kGolden / "png_exif6.png").orientation, 6);
  EXPECT_EQ(probe_image(kGolden / "webp_exif6.webp").orientation, 6);
  const ImageInfo gif = probe_image(kGolden / "gif_animated.gif");
  EXPECT_EQ(gif.format, "gif");
  EXPECT_EQ(gif.width, 23);
}

TEST(LoadImage, ReadsTheFirstFrameOfAVideo) {
  const std::filesystem::path clip = SFV_SHARED_DATA "/clips/newtonscradle.gif";
  if (!std::filesystem::exists(clip)) GTEST_SKIP() << clip << " is not there";
  for (const auto& entry : std::filesystem::directory_iterator(clip.parent_path())) {
    const ImageInfo info = probe_image(entry.path());
    EXPECT_EQ(info.format, entry.path().extension() == ".gif" ? "gif" : "video");
    const RgbImage image = load_image(entry.path());
    EXPECT_GT(image.width, 1);
    EXPECT_EQ(static_cast<int64_t>(image.rgb.size()), image.width * image.height * 3);
  }
}

TEST(LoadImage, NamesThePathAndTheTroubleOfWhatIsNoPicture) {
  const TestFolder folder;
  std::string message;
  EXPECT_EQ(code_of([&] { (void)load_image(folder / "missing.png"); }, &message), ErrorCode::kNotFound);
  EXPECT_NE(message.find((folder / "missing.png").string()), std::string::npos);
  EXPECT_EQ(code_of([&] { (void)load_image(folder.path()); }), ErrorCode::kInvalidFile);
  write_bytes(folder / "empty.jpg", {});
  EXPECT_EQ(code_of([&] { (void)load_image(folder / "empty.jpg"); }), ErrorCode::kInvalidFile);
  std::ofstream(folder / "text.png") << "This is not a picture.\n";
  EXPECT_EQ(code_of([&] { (void)load_image(folder / "text.png"); }, &message), ErrorCode::kUnsupported);
  EXPECT_NE(message.find("PNG, JPEG, WebP"), std::string::npos) << message;
  std::ofstream(folder / "phone.heic") << std::string(
      "\0\0\0\x18"
      "ftypheic\0\0\0\0mif1heic",
      24);
  EXPECT_EQ(code_of([&] { (void)load_image(folder / "phone.heic"); }, &message), ErrorCode::kUnsupported);
  EXPECT_NE(message.find("HEIC"), std::string::npos) << message;
}

TEST(LoadImage, SaysWhenItMayNotReadTheFile) {
  const TestFolder folder;
  chmod(folder.path().c_str(), 0755);
  std::filesystem::copy_file(kGolden / "png_rgb8.png", folder / "locked.png");
  chmod((folder / "locked.png").c_str(), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // as an ordinary user: root may read everything
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0 && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) _exit(2);
    try {
      (void)load_image(folder / "locked.png");
    } catch (const Error& error) {
      _exit(error.code() == ErrorCode::kPermission ? 0 : 3);
    }
    _exit(4);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace sfv::io
