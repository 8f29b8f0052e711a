# libsfv_mpi.so, all of sfv that is compiled against an MPI. Nothing links to it: sfv opens it when mpirun or srun has started
# several processes, and so runs on machines without MPI.
if(NOT SFV_MPI OR NOT SFV_TORCH)
  return()
endif()
set(MPI_CXX_SKIP_MPICXX TRUE)
find_package(MPI QUIET COMPONENTS CXX)
if(NOT MPI_CXX_FOUND)
  message(STATUS "No MPI found (Debian: libopenmpi-dev): without libsfv_mpi.so; sfv train runs in one process, or under torchrun")
  return()
endif()
add_library(sfv_mpi SHARED ${CMAKE_SOURCE_DIR}/sfv/distributed/mpi/mpi_calls.cpp)
# Beside bin/sfv, where it looks first.
set_target_properties(sfv_mpi PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin CXX_VISIBILITY_PRESET default)
target_include_directories(sfv_mpi PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(sfv_mpi PRIVATE MPI::MPI_CXX sfv_warnings)
