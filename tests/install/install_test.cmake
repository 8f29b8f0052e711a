# Installs the finished build into a fresh prefix, then builds and runs the consumer against it.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "exit status ${status}: ${command}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(expect_in_output text)
  string(FIND "${output}" "${text}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "expected '${text}' in: ${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
set(prefix ${WORK_DIR}/prefix)
run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${prefix})

# The program finds libtorch by itself, whatever the caller's environment says.
unset(ENV{LD_LIBRARY_PATH})
if(WITH_TORCH)
  run(${prefix}/bin/sfv --version)
  expect_in_output("${VERSION}")
endif()

# Every public header that needs no libtorch stands alone: one source file each.
file(GLOB headers RELATIVE ${prefix}/include ${prefix}/include/sfv/core/*.h ${prefix}/include/sfv/io/*.h)
foreach(header IN LISTS headers)
  string(MAKE_C_IDENTIFIER ${header} name)
  file(WRITE ${WORK_DIR}/headers/${name}.cpp "#include \"${header}\"\n")
endforeach()

unset(ENV{SFV_LIBTORCH})
run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${WORK_DIR}/build -G ${GENERATOR} -D CMAKE_PREFIX_PATH=${prefix}
    -D CMAKE_BUILD_TYPE=${BUILD_TYPE} -D CMAKE_CXX_COMPILER=${CXX} -D HEADER_SOURCES=${WORK_DIR}/headers
    -D WITH_TORCH=${WITH_TORCH} -D VERSION=${VERSION})
run(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
run(${WORK_DIR}/build/base_consumer)
expect_in_output("sfv ${VERSION}")
if(WITH_TORCH)
  run(${WORK_DIR}/build/torch_consumer)
  expect_in_output("sfv ${VERSION}, tensors of type Float")
endif()
