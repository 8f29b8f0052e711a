#include "apps/sfv/default_model.h"

#include <algorithm>

#include "sfv/core/check.h"
#include "sfv/core/natural_order.h"
#include "sfv/io/json_config.h"

namespace sfv::cli {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error))
    entries.push_back(entry.path());
  std::sort(entries.begin(), entries.end(),
            [](const fs::path& a, const fs::path& b) { return natural_less(a.native(), b.native()); });
  return entries;
}

bool has_weights(const fs::path& model) {
  const std::vector<fs::path> files = entries_of(model / "unet");
  return fs::exists(model / "model_index.json") &&
         std::any_of(files.begin(), files.end(),
                     [](const fs::path& file) { return file.extension() == ".safetensors"; });
}

}  // namespace

std::vector<fs::path> bundled_model_folders(const fs::path& program) {
  const fs::path bin = program.parent_path();
  return {bin / "models",                                     // an unpacked archive
          (bin / "../../../models").lexically_normal(),       // checkout/build/release/bin/sfv
          (bin / "../share/sfv/models").lexically_normal()};  // prefix/bin/sfv
}

fs::path find_bundled_model(const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders) {
    for (const fs::path& model : entries_of(folder)) {
      if (has_weights(model)) return model;
    }
  }
  return {};
}

std::string default_model() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const std::vector<fs::path> folders = bundled_model_folders(program);
  const fs::path model = find_bundled_model(folders);
  if (!model.empty()) return model.string();
  std::string places;
  for (const fs::path& folder : folders) places += (places.empty() ? "" : ", ") + folder.string();
  throw Error(ErrorCode::kNotFound, "[model] no model was named and none is bundled (looked in " + places +
                                        "); give -m MODEL or set SFV_MODEL: a folder, a svd*.safetensors "
                                        "file, or org/name that was downloaded "
                                        "with: hf download stabilityai/stable-video-diffusion-img2vid");
}

std::string bundled_model_note(const fs::path& model) {
  std::string does;
  try {
    const auto description = io::JsonConfig::load(model / "sfv.json").get_string("description");
    if (description) does = ", which " + *description;
  } catch (const Error&) {
    // Loading the model tells what is wrong with it.
  }
  return concat("no model was named: this is the bundled ", model.filename().string(), does,
                "; for general motion bring Stable Video Diffusion's weights (-m)");
}

}  // namespace sfv::cli
