#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sfv/io/safetensors.h"

namespace sfv::io {

/// A tensor as a pickle of PyTorch describes it: a view of a storage. Sizes are as written, unchecked against
/// the storage.
struct PickledTensor {
  std::string_view name;
  DType dtype = DType::kF32;  // of the storage
  std::string_view storage;   // the storage's key: its bytes are the entry "data/<key>"
  int64_t storage_size = 0;   // elements
  int64_t offset = 0;         // elements
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;  // elements, one for each dimension
};

/// Reads the pickle (protocol 2) of a dict of tensors with a machine that knows only the opcodes, globals and
/// calls which such a pickle needs, and calls nothing. Views in the result point into `pickle`. Names differ
/// from each other. Memory is bounded by the pickle's size: at most 10,000 values on the stack, objects and
/// dict entries in proportion to the bytes. where: start of each message. Errors: kInvalidFile with reason
/// "pickle.<rule>": opcode, global, reduce, persistent_id, truncated, stack, memo, string, integer, build,
/// tensor, structure, duplicate_key, limit. Source of the opcodes: CPython Lib/pickletools.py; of the calls:
/// torch/_utils.py, torch/serialization.py.
[[nodiscard]] std::vector<PickledTensor> read_tensor_pickle(std::string_view pickle,
                                                            const std::string& where);

}  // namespace sfv::io
