#pragma once

// Marks for code that nvcc compiles for the GPU and g++ compiles for the tests on the CPU: SFV_HOST_DEVICE
// for arithmetic that both sides of a CUDA program call, SFV_DEVICE for the bodies of kernels.
#if defined(__CUDACC__)
#define SFV_HOST_DEVICE __host__ __device__
#define SFV_DEVICE __device__
#else
#define SFV_HOST_DEVICE
#define SFV_DEVICE
#endif
