# cmake --install: bin/sfv, the two libraries, the headers and find_package(sfv).
include(CMakePackageConfigHelpers)
