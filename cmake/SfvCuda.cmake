# -DSFV_CUDA=ON compiles the CUDA kernels of sfv/ops/cuda, where there are any and the machine has nvcc.
# sfv itself needs no CUDA to build: on a GPU machine libtorch's own CUDA library is loaded at run time.
if(SFV_CUDA)
  include(CheckLanguage)
  check_language(CUDA)
  if(NOT CMAKE_CUDA_COMPILER)
    message(FATAL_ERROR "SFV_CUDA=ON needs the CUDA compiler, and no nvcc was found. Install the CUDA toolkit and put its "
                        "bin folder into PATH (or set CUDACXX to nvcc), or build without SFV_CUDA: the GPU is still used, "
                        "through libtorch's own kernels.")
  endif()
  file(GLOB SFV_CUDA_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/sfv/ops/cuda/*.cu)
  if(NOT SFV_CUDA_SOURCES)
    message(FATAL_ERROR "SFV_CUDA=ON, but this version of sfv has no CUDA kernels of its own (no sfv/ops/cuda/*.cu). "
                        "Build without SFV_CUDA: the GPU is used through libtorch's kernels.")
  endif()
  enable_language(CUDA)
endif()
