#include "sfv/pipeline/frame_copies.h"

#include <ATen/ops/empty.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "sfv/tensor/frame_levels.h"

namespace sfv::pipeline {

struct FrameCopies::CopyStream {
  explicit CopyStream(at::Device device)
      : guard(device.type()), stream(guard.getStreamFromGlobalPool(device)) {}
  c10::impl::VirtualGuardImpl guard;
  c10::Stream stream;
};

FrameCopies::FrameCopies() = default;
FrameCopies::~FrameCopies() {
  if (stream_) stream_->stream.synchronize();  // a copy that nobody waits for may still read
}

void FrameCopies::add(const torch::Tensor& frames) {
  const torch::Tensor levels = to_levels(frames);
  copies_.push_back(levels.is_cpu() ? levels : copied(levels));
}

torch::Tensor FrameCopies::copied(const torch::Tensor& levels) {
  if (!stream_) stream_ = std::make_unique<CopyStream>(levels.device());
  c10::Event made(levels.device().type());
  made.record(stream_->guard.getStream(levels.device()));
  stream_->stream.wait(made);
  const torch::Tensor copy =
      at::empty(levels.sizes(), at::TensorOptions().dtype(at::kByte).pinned_memory(true));
  const c10::StreamGuard on_copy_stream(stream_->stream);
  copy.copy_(levels, /*non_blocking=*/true);
  levels_.push_back(levels);
  return copy;
}

Clip FrameCopies::finish(double fps) {
  if (stream_) stream_->stream.synchronize();
  levels_.clear();
  Clip clip;
  clip.fps = fps;
  for (const torch::Tensor& copy : copies_) append_frames(copy, clip);
  copies_.clear();
  return clip;
}

}  // namespace sfv::pipeline
