#include "sfv/ops/shape_only.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

namespace sfv::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Shape : torch::CustomClassHolder {
  std::vector<int64_t> sizes;
  at::ScalarType dtype = at::kFloat;
  at::MemoryFormat format = at::MemoryFormat::Contiguous;
  int64_t kept = 0;
};

struct ShapeOnly : torch::autograd::Function<ShapeOnly> {
  static torch::Tensor forward(AutogradContext* context, const c10::intrusive_ptr<Shape>& shape,
                               at::TensorList inputs) {
    const auto options = at::TensorOptions().device(at::kMeta);
    variable_list saved = inputs.vec();
    if (shape->kept > 0) saved.push_back(at::empty({shape->kept}, options.dtype(at::kFloat)));
    context->save_for_backward(saved);
    context->saved_data["inputs"] = static_cast<int64_t>(inputs.size());
    return at::empty(shape->sizes, options.dtype(shape->dtype), shape->format);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const auto count = static_cast<size_t>(context->saved_data["inputs"].toInt());
    const bool is_twice = torch::GradMode::is_enabled();
    variable_list all = {{}};  // the first is for the shape
    for (size_t i = 0; i < count; ++i) {
      const torch::Tensor& input = saved[i];
      if (!context->needs_input_grad(i)) {
        all.emplace_back();
      } else if (is_twice) {
        variable_list sources(saved.begin(), saved.begin() + static_cast<int64_t>(count));
        sources.push_back(gradients[0]);
        all.push_back(shape_only(sources, input.sizes(), input.scalar_type(), input.suggest_memory_format()));
      } else {
        all.push_back(at::empty_like(input));
      }
    }
    return all;
  }
};

}  // namespace

torch::Tensor shape_only(const std::vector<torch::Tensor>& inputs, at::IntArrayRef sizes,
                         at::ScalarType dtype, at::MemoryFormat format, int64_t kept) {
  auto shape = c10::make_intrusive<Shape>();
  shape->sizes = sizes.vec();
  shape->dtype = dtype;
  shape->format = format;
  shape->kept = kept;
  std::vector<torch::Tensor> given;
  for (const torch::Tensor& input : inputs)
    if (input.defined()) given.push_back(input);
  return ShapeOnly::apply(shape, at::TensorList(given));
}

}  // namespace sfv::ops
