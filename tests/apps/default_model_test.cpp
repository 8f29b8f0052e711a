#include "apps/sfv/default_model.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/temporary_folder.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

class DefaultModel : public ::testing::Test {
 protected:
  fs::path model(const std::string& name, const std::string& settings) const {
    const fs::path folder = place_.path() / name;
    write(folder / "model_index.json", "{}");
    write(folder / "sfv.json", settings);
    return folder;
  }

  TestFolder place_;
};

TEST_F(DefaultModel, IsTheFirstWithWeights) {
  (void)model("a-without", "{}");
  const fs::path snow = model("snow", "{}");
  EXPECT_EQ(find_bundled_model({place_.path() / "nowhere", place_.path()}), "");
  write(snow / "unet/diffusion_pytorch_model.fp16.safetensors", "");
  EXPECT_EQ(find_bundled_model({place_.path() / "nowhere", place_.path()}), snow);
}

TEST_F(DefaultModel, TheNoteSaysWhatItDoes) {
  const std::string note =
      bundled_model_note(model("snow", R"({"description": "lets snow fall over a photo"})"));
  EXPECT_NE(note.find("the bundled snow, which lets snow fall over a photo; for general motion"),
            std::string::npos)
      << note;
  for (const char* settings : {"{}", "no JSON", R"({"description": 3})"}) {
    EXPECT_NE(bundled_model_note(model("other", settings)).find("the bundled other; for general motion"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace sfv::cli
