# cmake --install: bin/sfv, the libraries, the public headers, and what find_package(sfv) needs.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sfv)

set(libraries sfv_base)
if(SFV_TORCH)
  list(APPEND libraries sfv)
  get_filename_component(SFV_LIBTORCH_LIB_DIR "${Libtorch_CPU_LIBRARY}" DIRECTORY)
  get_filename_component(SFV_LIBTORCH_DIR "${SFV_LIBTORCH_LIB_DIR}" DIRECTORY)
  # The installed program finds libtorch where it lay when it was built.
  set_target_properties(sfv_cli PROPERTIES INSTALL_RPATH "${SFV_LIBTORCH_LIB_DIR}")
  install(TARGETS sfv_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES ${CMAKE_CURRENT_LIST_DIR}/FindLibtorch.cmake DESTINATION ${package_dir})
endif()
install(TARGETS ${libraries} EXPORT sfvTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT sfvTargets NAMESPACE sfv:: DESTINATION ${package_dir})

# Headers one by one: private ones stay at home, and so does what this configuration did not build.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/private_headers.txt)
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/private_headers.txt private_headers REGEX "^[^#]")
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/sfv/*.h)
if(private_headers)
  list(REMOVE_ITEM headers ${private_headers})
endif()
if(NOT SFV_TORCH)
  list(FILTER headers INCLUDE REGEX "^sfv/(core|io)/")
endif()
foreach(header IN LISTS headers)
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder})
endforeach()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/sfvConfig.cmake.in ${CMAKE_BINARY_DIR}/sfvConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/sfvConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/sfvConfig.cmake ${CMAKE_BINARY_DIR}/sfvConfigVersion.cmake DESTINATION ${package_dir})
install(FILES LICENSE THIRD_PARTY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
