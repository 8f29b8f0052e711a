#include "sfv/training/motion_metrics.h"

#include <ATen/ops/stack.h>

namespace sfv::training {

void add_motion_metrics(MetricMeans& metrics, const torch::Tensor& x0_hat, const torch::Tensor& x0,
                        const torch::Tensor& sigma) {
  if (x0.is_meta()) return;  // a plan of memory has no numbers
  const torch::NoGradGuard no_grad;
  const int64_t F = x0.size(1);
  const torch::Tensor rows = (sigma >= kHidingSigma).nonzero().flatten();
  if (F < 2 || rows.size(0) == 0) return;
  const torch::Tensor real = x0.index_select(0, rows), made = x0_hat.detach().index_select(0, rows);
  const torch::Tensor first = real.narrow(1, 0, 1);
  const auto distance = [F](const torch::Tensor& clips, const torch::Tensor& from) {
    return (clips.narrow(1, 1, F - 1) - from).abs().mean();
  };
  // One transfer from the device.
  const torch::Tensor values =
      at::stack({distance(made, made.narrow(1, 0, F - 1)), distance(real, real.narrow(1, 0, F - 1)),
                 distance(made, first), distance(real, first)})
          .to(at::kCPU, at::kDouble);
  metrics.add("motion/generated", values[0].item<double>());
  metrics.add("motion/real", values[1].item<double>());
  metrics.add("distance_from_first_frame/generated", values[2].item<double>());
  metrics.add("distance_from_first_frame/real", values[3].item<double>());
}

}  // namespace sfv::training
