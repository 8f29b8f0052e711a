#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "sfv/checkpoint/init_model.h"
#include "sfv/checkpoint/model.h"
#include "sfv/checkpoint/weight_writer.h"
#include "sfv/checkpoint/weights.h"
#include "sfv/core/error.h"
#include "tests/temporary_folder.h"

/// What the tests of this folder share: a small model in a folder of the test's own, and ways to spoil it.
namespace sfv::checkpoint::testing {

namespace fs = std::filesystem;

inline constexpr const char* kUNetFile = "unet/diffusion_pytorch_model.safetensors";

class ModelTest : public ::testing::Test {
 protected:
  ModelTest() {
    init_model({.like = SFV_SOURCE_DIR "/models/tiny", .out = model_, .seed = 7, .dtype = torch::kFloat32},
               nullptr);
  }

 private:
  TestFolder test_folder_;

 protected:
  const fs::path folder_ = test_folder_.path();  // this test's own
  const fs::path model_ = folder_ / "model";     // in it: models/tiny with random weights
};

inline void write_text(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// Exactly one place of a text file, changed.
inline void replace_text(const fs::path& path, const std::string& from, const std::string& to) {
  std::string text = read_text(path);
  const size_t place = text.find(from);
  ASSERT_NE(place, std::string::npos) << from << " is not in " << path;
  write_text(path, text.replace(place, from.size(), to));
}

using Tensors = std::map<std::string, torch::Tensor>;

inline Tensors read_tensors(const fs::path& path) {
  Tensors tensors;
  for (const auto& [name, weight] : read_weights({io::SafetensorsFile::open(path)})) {
    tensors.emplace(name, as_tensor(weight).clone());
  }
  return tensors;
}

inline void write_tensors(const fs::path& path, const Tensors& tensors,
                          const std::map<std::string, std::string>& metadata = {}) {
  WeightEntries entries;
  for (const auto& [name, tensor] : tensors) {
    const bool is_whole = tensor.scalar_type() == torch::kInt64;
    entries.push_back({.name = name,
                       .dtype = is_whole ? io::DType::kI64 : to_io_dtype(tensor.scalar_type()),
                       .shape = tensor.sizes().vec()});
  }
  write_weight_file(
      path, entries, metadata, [&](const auto& entry) { return tensors.at(entry.name); }, nullptr);
}

/// A weight file with its tensors changed.
inline void edit_tensors(const fs::path& path, const std::function<void(Tensors&)>& edit) {
  Tensors tensors = read_tensors(path);
  edit(tensors);
  write_tensors(path, tensors);
}

/// The error that `action` ends with.
inline Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "expected an error";
  return {ErrorCode::kInternal, "none"};
}

inline Error load_error(const std::string& name, const LoadOptions& options = {}) {
  return error_of([&] { (void)load_model(name, options); });
}

/// An environment variable, until the scope ends.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* const old = std::getenv(name)) old_ = old;
    set(value);
  }
  ~ScopedVariable() { set(old_); }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  void set(const std::optional<std::string>& value) const {
    if (value) {
      ::setenv(name_, value->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  const char* name_;
  std::optional<std::string> old_;
};

}  // namespace sfv::checkpoint::testing
