#pragma once

#include <filesystem>
#include <memory>

#include "sfv/io/safetensors.h"

namespace sfv::io {

/// A PyTorch zip state dict (`torch.save` of a dict of tensors, as `taesdv.pth`) as named tensors. Reads tensors only:
/// every pickle opcode and every global beyond those that such a dict needs is refused, nothing is ever called.
/// Errors: those of MappedFile; kInvalidFile with reason "zip.<rule>" or "pickle.<rule>".
[[nodiscard]] std::shared_ptr<const TensorFile> open_state_dict_zip(const std::filesystem::path& path);

}  // namespace sfv::io
