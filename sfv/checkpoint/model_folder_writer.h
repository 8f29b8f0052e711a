#pragma once

#include <filesystem>

#include "sfv/checkpoint/config_texts.h"
#include "sfv/io/temporary_folder.h"

namespace sfv::checkpoint {

/// A model folder on its way: its configs are written at once, weights by the caller below path(); it gets
/// its name in commit().
class ModelFolderWriter {
 public:
  /// Errors: kAlreadyExists when out is there and is not an empty folder; kPermission, kNoSpace, kIo.
  ModelFolderWriter(const std::filesystem::path& out, const ConfigTexts& texts);
  [[nodiscard]] std::filesystem::path folder(const char* component) const {
    return folder_.path() / component;
  }
  void commit() { folder_.commit(); }

 private:
  io::TemporaryFolder folder_;
};

}  // namespace sfv::checkpoint
