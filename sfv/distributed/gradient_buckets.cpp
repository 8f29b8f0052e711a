#include "sfv/distributed/gradient_buckets.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_strided.h>
#include <ATen/ops/zeros.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/grad_mode.h>
#include <torch/csrc/autograd/variable.h>

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "sfv/core/check.h"

namespace sfv::distributed {
namespace {

struct Bucket {
  std::vector<size_t> parameters;  // indices
  at::TensorOptions options;       // type and device of all of them
  int64_t numel = 0;
  int64_t missing = 0;              // gradients that have not come yet
  std::optional<c10::Event> ready;  // on a GPU: when the last of them is made
};

// The calling thread computes alone from here on: it runs beside the backward pass, and a second team of
// OpenMP threads would take the cores from the first.
void compute_alone() {
  at::init_num_threads();  // libtorch's own setting first, which it makes once a thread
  // Through the library that libtorch brought; at::set_num_threads() would change all threads.
  if (const auto set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"))) set(1);
}

// A bucket's part as the parameter lies in memory, so that copying is straight.
torch::Tensor as_laid_out(const torch::Tensor& flat, const torch::Tensor& parameter) {
  return parameter.is_non_overlapping_and_dense() ? flat.as_strided(parameter.sizes(), parameter.strides())
                                                  : flat.view(parameter.sizes());
}

}  // namespace

/// One lock guards everything but the sending itself. Hooks come from the threads of the backward pass.
class GradientBuckets::Exchange {
 public:
  Exchange(Ranks& ranks, std::vector<torch::Tensor> parameters, int64_t bucket_bytes)
      : ranks_(ranks), parameters_(std::move(parameters)), place_(parameters_.size()) {
    for (size_t i = parameters_.size(); i-- > 0;) {
      const torch::Tensor& p = parameters_[i];
      const int64_t room = bucket_bytes / static_cast<int64_t>(p.element_size());
      const bool fits = !buckets_.empty() && buckets_.back().numel + p.numel() <= room &&
                        buckets_.back().options.dtype() == p.options().dtype() &&
                        buckets_.back().options.device() == p.device();
      if (!fits) {
        buckets_.emplace_back();
        buckets_.back().options = at::TensorOptions().dtype(p.scalar_type()).device(p.device());
      }
      place_[i] = buckets_.size() - 1;
      buckets_.back().parameters.push_back(i);
      buckets_.back().numel += p.numel();
    }
  }
  ~Exchange() {
    {
      const std::lock_guard lock(mutex_);
      is_given_up_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  [[nodiscard]] std::vector<torch::Tensor>& parameters() { return parameters_; }
  [[nodiscard]] int64_t buckets() const { return std::ssize(buckets_); }

  void begin() {
    has_come_.assign(parameters_.size(), false);
    came_twice_ = is_closing_ = false;
    error_ = nullptr;
    for (Bucket& bucket : buckets_) {
      bucket.missing = std::ssize(bucket.parameters);
      bucket.ready.reset();
    }
    is_open_ = true;
    thread_ = std::thread([this] { send_all(); });
  }

  void finish() {
    {
      const std::lock_guard lock(mutex_);
      is_open_ = false;
      is_closing_ = true;
      for (Bucket& bucket : buckets_)
        if (bucket.missing > 0) mark_ready(bucket);
    }
    changed_.notify_all();
    thread_.join();
    if (error_) std::rethrow_exception(error_);
    SFV_CHECK(
        !came_twice_, kInternal,
        "[ranks] a gradient came by two backward passes of one micro-batch; it was sent after the first");
    // What was sent on the thread's stream is waited for by this one's.
    for (const auto& [device, event] : sent_)
      event.block(c10::impl::VirtualGuardImpl(device.type()).getStream(device));
    sent_.clear();
  }

  void hear(size_t i) {
    {
      const std::lock_guard lock(mutex_);
      if (!is_open_) return;
      if (has_come_[i]) came_twice_ = true;
      if (has_come_[i]) return;
      has_come_[i] = true;
      Bucket& bucket = buckets_[place_[i]];
      if (--bucket.missing > 0) return;
      mark_ready(bucket);
    }
    changed_.notify_all();
  }

 private:
  void mark_ready(Bucket& bucket) {
    const torch::Device device = bucket.options.device();
    if (device.is_cpu()) return;
    bucket.ready.emplace(device.type());
    bucket.ready->record(c10::impl::VirtualGuardImpl(device.type()).getStream(device));
  }

  void send_all() noexcept {
    try {
      compute_alone();
      const torch::NoGradGuard no_grad;
      absent_.clear();
      torch::Tensor has_gradient = at::zeros({std::ssize(parameters_)}, at::kLong);
      for (Bucket& bucket : buckets_) {
        {
          std::unique_lock lock(mutex_);
          changed_.wait(lock, [&] { return bucket.missing == 0 || is_closing_ || is_given_up_; });
          if (is_given_up_) return;
        }
        send(bucket, has_gradient);
      }
      ranks_.sum(has_gradient);
      const auto* counts = has_gradient.const_data_ptr<int64_t>();
      for (auto& [i, mean] : absent_)
        if (counts[i] > 0) parameters_[i].mutable_grad() = mean;
      absent_.clear();
    } catch (...) {
      error_ = std::current_exception();
    }
  }

  // On a GPU on a stream of this thread, so that it runs beside the backward pass.
  void send(Bucket& bucket, torch::Tensor& has_gradient) {
    const torch::Device device = bucket.options.device();
    if (device.is_cpu()) return reduce(bucket, has_gradient);
    const c10::impl::VirtualGuardImpl guard(device.type());
    const c10::Stream stream = guard.getStreamFromGlobalPool(device);
    const c10::StreamGuard scope(stream);
    bucket.ready->block(stream);
    reduce(bucket, has_gradient);
    c10::Event event(device.type());
    event.record(stream);
    sent_.emplace_back(device, std::move(event));
  }

  void reduce(const Bucket& bucket, torch::Tensor& has_gradient) {
    torch::Tensor buffer = at::empty({bucket.numel}, bucket.options);
    int64_t offset = 0;
    for (const size_t i : bucket.parameters) {
      const torch::Tensor& p = parameters_[i];
      torch::Tensor part = as_laid_out(buffer.narrow(0, offset, p.numel()), p);
      const torch::Tensor& gradient = p.grad();
      if (gradient.defined()) {
        part.copy_(gradient);
        has_gradient.mutable_data_ptr<int64_t>()[i] = 1;
      } else {
        part.zero_();
      }
      offset += p.numel();
    }
    ranks_.sum(buffer);
    buffer.div_(static_cast<double>(ranks_.size()));
    offset = 0;
    for (const size_t i : bucket.parameters) {
      torch::Tensor& p = parameters_[i];
      const torch::Tensor part = as_laid_out(buffer.narrow(0, offset, p.numel()), p);
      if (p.grad().defined()) {
        p.mutable_grad().copy_(part);
      } else {
        absent_.emplace_back(i, part.clone(at::MemoryFormat::Preserve));
      }
      offset += p.numel();
    }
  }

  Ranks& ranks_;
  std::vector<torch::Tensor> parameters_;
  std::vector<size_t> place_;  // bucket of each parameter
  std::vector<Bucket> buckets_;

  std::mutex mutex_;
  std::condition_variable changed_;  // a bucket is complete, or the end has come
  std::vector<bool> has_come_;
  bool is_open_ = false, is_closing_ = false, is_given_up_ = false, came_twice_ = false;

  // The thread's own until it is joined.
  std::thread thread_;
  std::vector<std::pair<size_t, torch::Tensor>> absent_;  // means for parameters that have no gradient here
  std::vector<std::pair<torch::Device, c10::Event>> sent_;
  std::exception_ptr error_;
};

namespace {

/// Called when a parameter's gradient is whole.
class Listener : public torch::autograd::PostAccumulateGradHook {
 public:
  explicit Listener(std::function<void()> hear) : hear_(std::move(hear)) {}
  void operator()(const torch::autograd::Variable&) override { hear_(); }

 private:
  std::function<void()> hear_;
};

}  // namespace

GradientBuckets::GradientBuckets(Ranks& ranks, std::vector<torch::Tensor> parameters, int64_t bucket_bytes)
    : exchange_(std::make_unique<Exchange>(ranks, std::move(parameters), bucket_bytes)) {
  for (size_t i = 0; i < exchange_->parameters().size(); ++i) {
    torch::autograd::impl::set_post_acc_grad_hooks(
        exchange_->parameters()[i],
        std::make_unique<Listener>([exchange = exchange_.get(), i] { exchange->hear(i); }));
  }
}

GradientBuckets::~GradientBuckets() {
  for (const torch::Tensor& parameter : exchange_->parameters())
    torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
}

void GradientBuckets::begin() {
  exchange_->begin();
}

void GradientBuckets::finish() {
  exchange_->finish();
}

int64_t GradientBuckets::buckets() const {
  return exchange_->buckets();
}

}  // namespace sfv::distributed
