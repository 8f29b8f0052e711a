// The meta device asks an allocator for its storages like any other device, which has nothing to give but
// hears of every beginning and end.
#include "sfv/tensor/planned_memory.h"

#include <c10/core/Allocator.h>
#include <torch/library.h>

#include "sfv/core/check.h"
#include "sfv/tensor/shape_rules.h"

namespace sfv {
namespace {

thread_local at::DeviceType planned_device = at::kCPU;
thread_local PlannedKind current_kind = PlannedKind::kOther;

struct Counter {
  PlannedBytes now, peak;

  void add(PlannedKind kind, int64_t bytes) {
    now.of[static_cast<size_t>(kind)] += bytes;
    if (now.total() > peak.total()) peak = now;
  }
};

// Of one storage. Keeps the counter, since a tensor may outlive the plan.
struct Block {
  std::shared_ptr<Counter> counter;
  PlannedKind kind;
  int64_t bytes;
};

void end_block(void* context) {
  auto* const block = static_cast<Block*>(context);
  block->counter->add(block->kind, -block->bytes);
  delete block;
}

class CountingAllocator : public at::Allocator {
 public:
  at::DataPtr allocate(size_t size) override {
    const auto bytes = static_cast<int64_t>(size);
    if (!counter) return {nullptr, at::Device(at::kMeta)};
    auto* const block = new Block{counter, current_kind, bytes};
    counter->add(block->kind, bytes);
    return {nullptr, block, &end_block, at::Device(at::kMeta)};
  }
  [[nodiscard]] at::DeleterFnPtr raw_deleter() const override { return nullptr; }
  void copy_data(void* /*to*/, const void* /*from*/, size_t /*count*/) const override {}

  std::shared_ptr<Counter> counter;  // of the plan that is being made; null: none
};

// libtorch keeps the pointer for good.
CountingAllocator& counting_allocator() {
  static CountingAllocator allocator;
  return allocator;
}

}  // namespace

struct PlannedMemory::State {
  std::shared_ptr<Counter> counter = std::make_shared<Counter>();
  at::Allocator* outer = c10::GetAllocator(at::kMeta);
  torch::Library rules{torch::Library::IMPL, "aten", c10::DispatchKey::Meta, __FILE__, __LINE__};
};

PlannedMemory::PlannedMemory(at::DeviceType device) : state_(std::make_unique<State>()) {
  SFV_CHECK(!counting_allocator().counter, kInternal, "[PlannedMemory] another plan is being made");
  counting_allocator().counter = state_->counter;
  c10::SetAllocator(at::kMeta, &counting_allocator());
  add_shape_rules(state_->rules);
  planned_device = device;
}

PlannedMemory::~PlannedMemory() {
  planned_device = at::kCPU;
  counting_allocator().counter.reset();
  c10::SetAllocator(at::kMeta, state_->outer);
}

PlannedBytes PlannedMemory::now() const {
  return state_->counter->now;
}

PlannedBytes PlannedMemory::peak() const {
  return state_->counter->peak;
}

void PlannedMemory::begin_peak() {
  state_->counter->peak = state_->counter->now;
}

void PlannedMemory::set_kind(const torch::Tensor& tensor, PlannedKind kind) {
  const at::DataPtr& data = tensor.storage().data_ptr();
  if (data.get_deleter() != &end_block) return;
  auto* const block = static_cast<Block*>(data.get_context());
  // Both at once: the sum stays.
  block->counter->now.of[static_cast<size_t>(block->kind)] -= block->bytes;
  block->counter->now.of[static_cast<size_t>(kind)] += block->bytes;
  block->kind = kind;
}

PlannedKindScope::PlannedKindScope(PlannedKind kind) : outer_(current_kind) {
  current_kind = kind;
}
PlannedKindScope::~PlannedKindScope() {
  current_kind = outer_;
}

bool computes_on_cpu(const torch::Tensor& x) {
  return x.is_cpu() || (x.is_meta() && planned_device == at::kCPU);
}

}  // namespace sfv
