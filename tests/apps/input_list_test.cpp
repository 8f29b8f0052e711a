#include "apps/sfv/input_list.h"

#include <gtest/gtest.h>

#include <fstream>

#include "sfv/core/error.h"
#include "sfv/core/natural_order.h"
#include "tests/temporary_folder.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names(const std::vector<fs::path>& paths) {
  std::vector<std::string> out;
  for (const fs::path& path : paths) out.push_back(path.filename().string());
  return out;
}

using Names = std::vector<std::string>;

TEST(NaturalOrder, ComparesRunsOfDigitsAsNumbers) {
  EXPECT_TRUE(natural_less("img2", "img10"));
  EXPECT_FALSE(natural_less("img10", "img2"));
  EXPECT_TRUE(natural_less("a", "a1"));
  EXPECT_TRUE(natural_less("a1", "a01"));  // equal numbers: the shorter first
  EXPECT_FALSE(natural_less("a01", "a1"));
  EXPECT_FALSE(natural_less("x7", "x7"));
  EXPECT_TRUE(natural_less("9", "18446744073709551616000"));  // wider than any integer
}

class InputList : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"b10.png", "b2.PNG", "a.jpeg", "notes.txt", ".hidden.png"}) {
      std::ofstream(folder_.path() / name) << "x";
    }
    fs::create_directories(folder_.path() / "deeper");
    std::ofstream(folder_.path() / "deeper" / "c.png") << "x";
  }
  [[nodiscard]] std::string at(const std::string& name) const { return (folder_.path() / name).string(); }
  TestFolder folder_;
};

TEST_F(InputList, FolderGivesItsPicturesInNaturalOrder) {
  EXPECT_EQ(names(expand_inputs({folder_.path().string()}, {})), (Names{"a.jpeg", "b2.PNG", "b10.png"}));
}

TEST_F(InputList, PatternGivesMatchesOfAnyEndingButNoFolders) {
  EXPECT_EQ(names(expand_inputs({at("*")}, {})), (Names{"a.jpeg", "b2.PNG", "b10.png", "notes.txt"}));
}

TEST_F(InputList, KeepsTheOrderOfArgumentsAndEachFileOnce) {
  fs::create_symlink(folder_.path() / "a.jpeg", folder_.path() / "link.png");
  const auto inputs =
      expand_inputs({at("b10.png"), folder_.path().string(), at("./b10.png"), at("link.png")}, {});
  EXPECT_EQ(names(inputs), (Names{"b10.png", "a.jpeg", "b2.PNG"}));
}

TEST_F(InputList, FileWithPatternCharactersInItsNameIsThatFile) {
  std::ofstream(folder_.path() / "b[1].png") << "x";
  EXPECT_EQ(names(expand_inputs({at("b[1].png")}, {})), (Names{"b[1].png"}));
}

TEST_F(InputList, MissingFileStaysSoThatItFailsAlone) {
  EXPECT_EQ(names(expand_inputs({at("gone.png"), at("a.jpeg")}, {})), (Names{"gone.png", "a.jpeg"}));
}

TEST_F(InputList, ListLeavesOutEmptyLinesAndComments) {
  std::ofstream(folder_.path() / "list") << "# mine\n\n" << at("b2.PNG") << "\r\n" << at("a.jpeg");
  EXPECT_EQ(names(expand_inputs({at("b10.png")}, at("list"))), (Names{"b10.png", "b2.PNG", "a.jpeg"}));
}

TEST_F(InputList, NamesWhatIsMissing) {
  const auto code = [](const std::vector<std::string>& arguments, const fs::path& list) {
    try {
      static_cast<void>(expand_inputs(arguments, list));
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  EXPECT_EQ(code({at("*.bmp")}, {}), ErrorCode::kNotFound);
  EXPECT_EQ(code({}, {}), ErrorCode::kNotFound);
  EXPECT_EQ(code({}, at("no_list")), ErrorCode::kNotFound);
  EXPECT_EQ(code({}, folder_.path()), ErrorCode::kInvalidArgument);
  fs::create_directories(folder_.path() / "empty");
  EXPECT_EQ(code({at("empty")}, {}), ErrorCode::kNotFound);
  std::ofstream(folder_.path() / "binary") << std::string(5000, 'x');
  EXPECT_EQ(code({}, at("binary")), ErrorCode::kInvalidFile);
}

}  // namespace
}  // namespace sfv::cli
