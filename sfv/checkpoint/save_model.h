#pragma once

#include <filesystem>
#include <string>

#include "sfv/checkpoint/config_texts.h"
#include "sfv/checkpoint/model.h"

namespace sfv::checkpoint {

/// Writes a model's networks with the values they have now, as float32, into a folder in diffusers' layout.
/// texts: its config files, sfv.json included where there is one. The folder appears whole or not at all.
/// Errors: kAlreadyExists when `out` is there and not empty; kPermission, kNoSpace, kIo.
void save_model(const Model& model, const ConfigTexts& texts, const std::filesystem::path& out);

}  // namespace sfv::checkpoint
