# The usual ways into this repository, each one command. The building itself is CMake's: see CMakePresets.json.
#   SFV_LIBTORCH=DIR   use another libtorch          SFV_VIDEO=OFF   without FFmpeg and the image libraries
#   JOBS=N             compile with N processes
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build build-asan demo test format clean

# A file that includes libtorch takes up to 1.5 GB to compile: no more processes than memory has room for.
JOBS ?= $(shell awk -v cpus="$$(nproc)" '/^MemAvailable/ { room = int($$2 / 1572864); \
          print room < 1 ? 1 : room < cpus ? room : cpus }' /proc/meminfo)
CONFIGURE := $(if $(SFV_LIBTORCH),-DSFV_LIBTORCH='$(SFV_LIBTORCH)') $(if $(SFV_VIDEO),-DSFV_VIDEO=$(SFV_VIDEO))

help:
	@echo 'make demo     set up, build, turn a photo into a clip, say where the clip is'
	@echo 'make test     set up, build, run all tests'
	@echo 'make setup    Debian packages and libtorch (only what is missing)'
	@echo 'make build    set up, build/release/bin/sfv'
	@echo 'make format   clang-format on every C++ file'
	@echo 'make clean    remove what was built; libtorch in .deps stays'

setup:
	@tools/setup

build: setup
	@cmake --preset release $(CONFIGURE)
	@cmake --build --preset release -j $(JOBS)

# The readers of outside bytes, which need no libtorch, and their tests with address and undefined-behaviour sanitizers.
build-asan: setup
	@cmake --preset asan $(if $(SFV_VIDEO),-DSFV_VIDEO=$(SFV_VIDEO))
	@cmake --build --preset asan -j $(JOBS)

demo: build
	@tools/demo

test: build build-asan
	@ctest --preset asan -j $(JOBS)
	@ctest --preset release -j $(JOBS)

format:
	@git ls-files '*.h' '*.cpp' '*.cu' | xargs clang-format-14 -i -style=file

clean:
	rm -rf build out
