# -DSFV_CUDA=ON builds libsfv_cuda.so, our CUDA kernels (sfv/ops/cuda), with nvcc. Nothing links to it: on a GPU machine sfv loads
# it at run time if it is there. It holds its own CUDA run time, so that to run it takes the driver and nothing else.
if(NOT SFV_CUDA)
  return()
endif()
set(cuda_architectures ${CMAKE_CUDA_ARCHITECTURES})
if(NOT cuda_architectures)
  set(CMAKE_CUDA_ARCHITECTURES 80) # for CMake's trials with the compiler; the library's own list comes below
endif()
include(CheckLanguage)
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
  message(FATAL_ERROR "SFV_CUDA=ON needs the CUDA compiler, and no nvcc was found. Install the CUDA toolkit and put its "
                      "bin folder into PATH (or set CUDACXX to nvcc), or build without SFV_CUDA: the GPU is still used, "
                      "through libtorch's own kernels.")
endif()
enable_language(CUDA)

# Code for Ampere, Ada, Hopper, and Blackwell where nvcc knows it; the last also as PTX, which later GPUs translate.
if(NOT cuda_architectures AND CMAKE_CUDA_COMPILER_VERSION VERSION_LESS 12.8)
  set(cuda_architectures 80-real 86-real 89-real 90)
elseif(NOT cuda_architectures)
  set(cuda_architectures 80-real 86-real 89-real 90-real 100-real 120)
endif()
file(GLOB cuda_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/sfv/ops/cuda/*.cu)
add_library(sfv_cuda SHARED ${cuda_sources})
# Beside bin/sfv, where it looks first. C++17: CMake 3.25 knows no C++20 for nvcc.
set_target_properties(sfv_cuda PROPERTIES CUDA_ARCHITECTURES "${cuda_architectures}" CUDA_STANDARD 17
  CUDA_STANDARD_REQUIRED ON CUDA_RUNTIME_LIBRARY Static CUDA_VISIBILITY_PRESET hidden
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
target_include_directories(sfv_cuda PRIVATE ${CMAKE_SOURCE_DIR})
target_compile_options(sfv_cuda PRIVATE -Xcompiler=-Wall,-Wextra,-Wshadow
  "$<$<BOOL:${SFV_WERROR}>:SHELL:-Werror all-warnings -Xcompiler=-Werror>")
# libtorch's CUDA run time is in the process too, visible to all: ours must not be bound to it, nor it to ours.
target_link_options(sfv_cuda PRIVATE LINKER:--exclude-libs,ALL LINKER:-Bsymbolic)

# libsfv_cuda_graph.so: the UNet's pass as a CUDA graph, by libtorch's own class for them, whose functions are in the process when
# sfv opens this. So it is compiled against libtorch's and CUDA's headers and linked to nothing of either's CUDA side.
if(SFV_TORCH)
  find_package(CUDAToolkit REQUIRED)
  add_library(sfv_cuda_graph SHARED ${CMAKE_SOURCE_DIR}/sfv/tensor/cuda_graph/cuda_graph_calls.cpp)
  set_target_properties(sfv_cuda_graph PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin CXX_VISIBILITY_PRESET default)
  target_include_directories(sfv_cuda_graph PRIVATE ${CMAKE_SOURCE_DIR})
  target_include_directories(sfv_cuda_graph SYSTEM PRIVATE ${CUDAToolkit_INCLUDE_DIRS}
    $<TARGET_PROPERTY:Libtorch::torch,INTERFACE_INCLUDE_DIRECTORIES>)
  target_link_libraries(sfv_cuda_graph PRIVATE Libtorch::torch sfv_warnings)
endif()
