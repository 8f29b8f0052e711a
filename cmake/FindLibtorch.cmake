# Finds libtorch without its own CMake files, which insist on a CUDA toolkit for CUDA builds of libtorch.
# Looks at SFV_LIBTORCH (cache or environment), then .deps of this checkout, then CMAKE_PREFIX_PATH. The folder may be a
# `torch` folder of a Python wheel, a libtorch archive, or a prefix that has either inside.
# Gives the imported target Libtorch::torch (libtorch_cpu + libc10) and Libtorch_VERSION.
set(SFV_LIBTORCH "$ENV{SFV_LIBTORCH}" CACHE PATH "Folder of libtorch (has include/ and lib/)")
file(GLOB _libtorch_hints "${CMAKE_CURRENT_LIST_DIR}/../.deps/libtorch/lib/python3*/site-packages/torch")
set(_libtorch_roots ${SFV_LIBTORCH} ${SFV_LIBTORCH}/torch)
if(NOT SFV_LIBTORCH)
  list(APPEND _libtorch_roots ${_libtorch_hints} ${CMAKE_PREFIX_PATH})
endif()
# Another SFV_LIBTORCH than last time: look again.
if(NOT "${SFV_LIBTORCH}" STREQUAL "${Libtorch_LOOKED_IN}")
  foreach(_found INCLUDE_DIR API_INCLUDE_DIR CPU_LIBRARY C10_LIBRARY)
    unset(Libtorch_${_found} CACHE)
  endforeach()
endif()
set(Libtorch_LOOKED_IN "${SFV_LIBTORCH}" CACHE INTERNAL "SFV_LIBTORCH of the last search")
find_path(Libtorch_INCLUDE_DIR ATen/ATen.h HINTS ${_libtorch_roots} PATH_SUFFIXES include NO_DEFAULT_PATH)
find_path(Libtorch_API_INCLUDE_DIR torch/torch.h HINTS ${_libtorch_roots}
          PATH_SUFFIXES include/torch/csrc/api/include NO_DEFAULT_PATH)
find_library(Libtorch_CPU_LIBRARY torch_cpu HINTS ${_libtorch_roots} PATH_SUFFIXES lib NO_DEFAULT_PATH)
find_library(Libtorch_C10_LIBRARY c10 HINTS ${_libtorch_roots} PATH_SUFFIXES lib NO_DEFAULT_PATH)
if(Libtorch_INCLUDE_DIR)
  # Up to 2.8 the numbers are in the first file, later in the second.
  foreach(_file torch/csrc/api/include/torch/version.h torch/headeronly/version.h)
    if(EXISTS "${Libtorch_INCLUDE_DIR}/${_file}")
      file(STRINGS "${Libtorch_INCLUDE_DIR}/${_file}" _lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH)")
      list(APPEND _v ${_lines})
    endif()
  endforeach()
  string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*PATCH ([0-9]+).*" "\\1.\\2.\\3" Libtorch_VERSION "${_v}")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libtorch
  REQUIRED_VARS Libtorch_CPU_LIBRARY Libtorch_C10_LIBRARY Libtorch_INCLUDE_DIR Libtorch_API_INCLUDE_DIR
  VERSION_VAR Libtorch_VERSION
  REASON_FAILURE_MESSAGE "run tools/setup, or set SFV_LIBTORCH to the folder of a libtorch 2.7 or later")
if(Libtorch_FOUND AND NOT TARGET Libtorch::torch)
  add_library(Libtorch::c10 UNKNOWN IMPORTED)
  set_target_properties(Libtorch::c10 PROPERTIES IMPORTED_LOCATION "${Libtorch_C10_LIBRARY}")
  add_library(Libtorch::torch UNKNOWN IMPORTED)
  set_target_properties(Libtorch::torch PROPERTIES
    IMPORTED_LOCATION "${Libtorch_CPU_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${Libtorch_INCLUDE_DIR};${Libtorch_API_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES Libtorch::c10)
endif()
mark_as_advanced(Libtorch_INCLUDE_DIR Libtorch_API_INCLUDE_DIR Libtorch_CPU_LIBRARY Libtorch_C10_LIBRARY)
