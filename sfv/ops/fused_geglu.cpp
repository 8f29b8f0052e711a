#include "sfv/ops/fused_geglu.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "sfv/ops/cpu/geglu_kernel.h"
#include "sfv/ops/own_kernels.h"
#include "sfv/ops/shape_only.h"
#include "sfv/tensor/planned_memory.h"

namespace sfv::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// p's sizes with half the channels.
std::vector<int64_t> halved(const torch::Tensor& p) {
  std::vector<int64_t> sizes = p.sizes().vec();
  sizes.back() /= 2;
  return sizes;
}

struct GegluFunction : torch::autograd::Function<GegluFunction> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& p) {
    context->save_for_backward({p});
    const torch::Tensor y = at::empty(halved(p), p.options());
    const int64_t C = y.size(-1), rows = y.numel() / C;
    with_numbers(p, [&](const auto& of) { cpu::geglu_forward(rows, C, of(p), of(y)); });
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const torch::Tensor p = context->get_saved_variables()[0];
    const int64_t C = p.size(-1) / 2;
    if (torch::GradMode::is_enabled()) {
      const torch::Tensor value = p.narrow(-1, 0, C), gate = p.narrow(-1, C, C);
      return {at::cat({gradients[0] * at::gelu(gate), at::gelu_backward(gradients[0] * value, gate)}, -1)};
    }
    const torch::Tensor dy = gradients[0].contiguous();
    const torch::Tensor dp = at::empty_like(p);
    const int64_t rows = p.numel() / (2 * C);
    with_numbers(p, [&](const auto& of) { cpu::geglu_backward(rows, C, of(dy), of(p), of(dp)); });
    return {dp};
  }
};

}  // namespace

std::optional<torch::Tensor> geglu_on_cpu(const torch::Tensor& p) {
  const bool is_suitable = computes_on_cpu(p) && p.dim() > 0 && p.numel() > 0 && p.size(-1) % 2 == 0 &&
                           p.is_contiguous() &&
                           (p.scalar_type() == at::kFloat || p.scalar_type() == at::kBFloat16);
  if (!is_suitable) return std::nullopt;
  if (p.is_meta()) return shape_only({p}, halved(p), p.scalar_type(), at::MemoryFormat::Contiguous);
  return GegluFunction::apply(p);
}

}  // namespace sfv::ops
