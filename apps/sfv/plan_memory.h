#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "apps/sfv/engine.h"
#include "apps/sfv/plan_model.h"
#include "sfv/pipeline/request_plan.h"

namespace sfv::cli {

/// The request that memory is planned for. Errors: those of resolve_settings.
[[nodiscard]] pipeline::RequestShape request_shape(const PlannedModel& model, const GenerateOptions& options,
                                                   torch::Dtype dtype, at::DeviceType device);

/// What the program takes besides a plan: with its libraries, with what the allocator and the libraries'
/// kernels need on top of tensors, and with the encoder of the clip. plan: bytes of tensors.
[[nodiscard]] int64_t with_program(int64_t plan, at::DeviceType device);

/// The mode of a model without a limit: on a CPU weights of a gigabyte or more stay in their file until their
/// network runs, where casting them takes a moment beside what the network computes; smaller ones are kept.
/// On a GPU the fastest one that fits into `free` bytes.
[[nodiscard]] MemoryMode default_memory(const pipeline::RequestShape& shape, int64_t weight_bytes,
                                        int64_t free);

/// The fastest mode within `limit` bytes. Errors: kOutOfMemory with the least that a mode takes.
[[nodiscard]] pipeline::RequestPlan plan_within(const pipeline::RequestShape& shape, int64_t limit);

/// The next mode of less memory; nothing after the last.
[[nodiscard]] std::optional<MemoryMode> less_memory(const MemoryMode& mode, at::DeviceType device);

/// "4.21 GB".
[[nodiscard]] std::string gigabytes(int64_t bytes);

}  // namespace sfv::cli
