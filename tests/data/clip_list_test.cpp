#include "sfv/data/clip_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sfv/data/frame_names.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::data {
namespace {

namespace fs = std::filesystem;

class ClipList : public testing::Test {
 protected:
  fs::path add(const std::string& name, std::string_view content = "x") const {
    fs::create_directories((folder_.path() / name).parent_path());
    return folder_.file(name, content);
  }
  /// Names below the folder.
  [[nodiscard]] std::vector<std::string> names(const std::vector<ClipItem>& items) const {
    std::vector<std::string> names;
    for (const ClipItem& item : items) names.push_back(item.path.lexically_relative(folder_.path()).string());
    return names;
  }
  void expect_manifest_error(const std::string& text, ErrorCode code, const std::string& part) const {
    const fs::path manifest = add("bad.jsonl", text);
    const Error error = error_of([&] { (void)read_manifest(manifest); });
    EXPECT_EQ(error.code(), code) << text;
    EXPECT_THAT(error.what(), testing::HasSubstr(manifest.string())) << text;
    EXPECT_THAT(error.what(), testing::HasSubstr(part)) << text;
  }

  TestFolder folder_;
};

TEST_F(ClipList, ManifestsGivePathsAndParts) {
  const fs::path manifest = add("sub/clips.jsonl",
                                "{\"path\": \"a.mp4\"}\n\n  \r\n"
                                "{\"path\": \"/data/b.mp4\", \"start\": 1.5, \"end\": 4, \"motion\": 200}\r\n"
                                "{\"path\": \"frames\", \"fps\": 12, \"start\": null}");
  const std::vector<ClipItem> items = read_manifest(manifest);
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[0].path, folder_.path() / "sub" / "a.mp4");
  EXPECT_FALSE(items[0].start || items[0].end || items[0].fps || items[0].motion);
  EXPECT_EQ(items[1].path, "/data/b.mp4");
  EXPECT_EQ(items[1].start, 1.5);
  EXPECT_EQ(items[1].end, 4);
  EXPECT_EQ(items[1].motion, 200);
  EXPECT_EQ(items[2].fps, 12);
  EXPECT_FALSE(items[2].start);
  EXPECT_EQ(list_clips(manifest).size(), 3U);
}

TEST_F(ClipList, ManifestErrorsNameFileAndLine) {
  expect_manifest_error("{\"path\": \"a\"}\n{\"path\": \"a\", \"fsp\": 3}", ErrorCode::kInvalidArgument,
                        ":2");
  expect_manifest_error("{\"path\": \"a\", \"fsp\": 3}", ErrorCode::kInvalidArgument, "fsp");
  for (const char* line :
       {"{\"start\": 1}", "{\"path\": \"\"}", "{\"path\": 3}", "[1]", "a.mp4", "{\"path\": \"a\"",
        "{\"path\": \"a\", \"path\": \"b\"}", "{\"path\": \"a\\u0000b\"}", "{\"path\": \"a\", \"start\": -1}",
        "{\"path\": \"a\", \"start\": 2, \"end\": 2}", "{\"path\": \"a\", \"end\": 0}",
        "{\"path\": \"a\", \"fps\": 0}", "{\"path\": \"a\", \"fps\": 1001}",
        "{\"path\": \"a\", \"motion\": 256}", "{\"path\": \"a\", \"motion\": -1}",
        "{\"path\": \"a\", \"motion\": 1.5}"}) {
    expect_manifest_error(std::string("{\"path\": \"a\"}\n\n") + line, ErrorCode::kInvalidFile, ":3");
  }
  expect_manifest_error("", ErrorCode::kInvalidFile, "no clips");
  expect_manifest_error("{\"path\": \"" + std::string(70'000, 'a') + "\"}", ErrorCode::kInvalidFile, ":1");
  EXPECT_EQ(error_of([&] { (void)read_manifest(folder_.path() / "none.jsonl"); }).code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(error_of([&] { (void)read_manifest(folder_.path()); }).code(), ErrorCode::kInvalidFile);
}

TEST_F(ClipList, DiscoveryFindsVideosAndFrameFoldersInNaturalOrder) {
  for (const char* name :
       {"clip10.mp4", "clip2.MP4", "deep/er/a.webm", "notes.txt", "photo.png", "walk/1.png", "walk/2.png",
        "walk/thumbs.db", "run/f_001.jpg", "run/f_002.jpg", "one/1.png", ".hidden.mp4", ".cache/b.mp4",
        "anim.gif", "holiday/beach.jpg", "holiday/tree.jpg"}) {
    add(name);
  }
  fs::create_directory_symlink(folder_.path(), folder_.path() / "deep" / "loop");
  fs::create_symlink(folder_.path() / "clip10.mp4", folder_.path() / "link.mov");
  fs::create_symlink(folder_.path() / "nowhere", folder_.path() / "dangling.mp4");
  EXPECT_EQ(names(discover_clips(folder_.path())),
            (std::vector<std::string>{"anim.gif", "clip2.MP4", "clip10.mp4", "deep/er/a.webm", "link.mov",
                                      "run", "walk"}));
}

TEST_F(ClipList, AFrameFolderItselfIsOneItem) {
  add("1.png");
  add("2.png");
  const std::vector<ClipItem> items = list_clips(folder_.path());
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].path, folder_.path());
}

TEST_F(ClipList, NothingIsAnError) {
  add("notes.txt");
  EXPECT_EQ(error_of([&] { (void)discover_clips(folder_.path()); }).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of([&] { (void)list_clips(folder_.path() / "none"); }).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of([&] { (void)discover_clips(folder_.path() / "none"); }).code(), ErrorCode::kNotFound);
  EXPECT_EQ(list_clips(add("a.mp4"))[0].path, folder_.path() / "a.mp4");
}

TEST(FrameNumber, IsTheNumberAtTheEnd) {
  EXPECT_EQ(frame_number("walk_0012.png"), 12);
  EXPECT_EQ(frame_number("a/3.JPEG"), 3);
  EXPECT_EQ(frame_number("take2_007.jpg"), 7);
  for (const char* name : {"walk.png", "12.txt", "12", "12_a.png", "1234567890123456789.png", ".png"}) {
    EXPECT_FALSE(frame_number(name)) << name;
  }
}

TEST(FrameNumbers, GoUpInEqualSteps) {
  const auto check = [](std::vector<fs::path> frames) {
    return error_of([&] { check_frame_numbers("folder", frames); });
  };
  EXPECT_EQ(check({"1.png", "2.png", "3.png"}).reason(), "nothing thrown");
  EXPECT_EQ(check({"0.png", "5.png", "10.png"}).reason(), "nothing thrown");
  EXPECT_EQ(check({"7.png"}).reason(), "nothing thrown");
  for (const auto& frames :
       {std::vector<fs::path>{"1.png", "2.png", "4.png"}, {"1.png", "01.png"}, {"1.png", "3.png", "4.png"}}) {
    const Error error = check(frames);
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
    EXPECT_THAT(error.what(), testing::HasSubstr("folder"));
  }
}

}  // namespace
}  // namespace sfv::data
