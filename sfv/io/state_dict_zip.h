#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "sfv/io/safetensors.h"

namespace sfv::io {

/// A PyTorch zip state dict (`torch.save` of a dict of contiguous tensors, as `taesdv.pth`) as named tensors.
/// Reads tensors only: every pickle opcode and every global beyond those that such a dict needs is refused,
/// nothing is ever called. TensorInfo's begin and end count from the start of the file; two tensors may share
/// bytes. Errors: those of MappedFile; kInvalidFile with reason "zip.<rule>" (zip_directory.h; two_pickles,
/// no_pickle, byteorder, pickle_size, no_storage, storage_size) or "pickle.<rule>" (tensor_pickle.h;
/// not_contiguous).
[[nodiscard]] std::shared_ptr<const TensorFile> open_state_dict_zip(const std::filesystem::path& path);

/// What it does to the bytes of a file, without a file: for tests and fuzzing. name: how messages call it.
[[nodiscard]] std::map<std::string, TensorInfo, std::less<>> parse_state_dict_zip(
    std::span<const std::byte> file, const std::string& name);

}  // namespace sfv::io
