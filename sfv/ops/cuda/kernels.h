#pragma once

#include <cstdint>

// What libsfv_cuda.so offers: functions with C linkage over plain values, so that neither nvcc has to read
// libtorch's headers nor sfv those of CUDA. Every int returned is a cudaError_t, 0 for success; a kernel that
// was started may still run when the function returns.

/// Changes with any change of this header. A library that answers another number is not used.
constexpr int kSfvCudaInterface = 2;

enum SfvCudaDtype : int32_t { kSfvCudaFloat32 = 0, kSfvCudaFloat16 = 1, kSfvCudaBfloat16 = 2 };

/// Where to compute: the GPU's number, and a cudaStream_t of it (null: the default stream).
struct SfvCudaPlace {
  int32_t device;
  void* stream;
};

/// y = activation(group_norm(x)). x, y: [pictures, pixels, channels], contiguous; weight, bias: [channels];
/// all of one dtype on that GPU; y overlaps no other. workspace: as many bytes as
/// sfv_cuda_group_norm_workspace says, on that GPU, aligned to 16 bytes, this call's own until its kernels
/// are done.
struct SfvCudaGroupNorm {
  int64_t pictures, pixels, channels, groups;
  double eps;
  int32_t dtype;
  int32_t silu;  // 1: SiLU follows, 0: nothing
  const void *x, *weight, *bias;
  void *y, *workspace;
};

/// y [rows, channels] = the first half of p [rows, 2 channels] times gelu of the second; contiguous, not
/// overlapping.
struct SfvCudaGeglu {
  int64_t rows, channels;
  int32_t dtype;
  const void* p;
  void* y;
};

/// y = softmax(q k^T / sqrt(width)) v over the frames at each pixel and head. q, k, v, y: [videos, frames,
/// pixels, heads * width], contiguous, aligned to 16 bytes, not overlapping. frames: at most 32; width: 32,
/// 64 or 128; keys and values of a sequence have to fit into 48 KB.
struct SfvCudaTemporalAttention {
  int64_t videos, frames, pixels, heads, width;
  int32_t dtype;
  const void *q, *k, *v;
  void* y;
};

#define SFV_CUDA_EXPORT __attribute__((visibility("default")))
extern "C" {
SFV_CUDA_EXPORT int sfv_cuda_interface();
/// 0 where the driver and this GPU can run these kernels.
SFV_CUDA_EXPORT int sfv_cuda_check_device(int device);
SFV_CUDA_EXPORT const char* sfv_cuda_error_text(int error);
/// Bytes; 0 for sizes or a dtype that the kernel does not take. Reads no pointer.
SFV_CUDA_EXPORT int64_t sfv_cuda_group_norm_workspace(const SfvCudaGroupNorm* call);
SFV_CUDA_EXPORT int sfv_cuda_group_norm(const SfvCudaPlace* place, const SfvCudaGroupNorm* call);
SFV_CUDA_EXPORT int sfv_cuda_geglu(const SfvCudaPlace* place, const SfvCudaGeglu* call);
SFV_CUDA_EXPORT int sfv_cuda_temporal_attention(const SfvCudaPlace* place,
                                                const SfvCudaTemporalAttention* call);
}
