#pragma once

#include <cstdio>
#include <cstdlib>

/// What must hold whatever the bytes: ends the process, which is how a fuzz target reports a fault.
#define SFV_REQUIRE(condition)                                                       \
  do {                                                                               \
    if (!(condition)) {                                                              \
      std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                  \
    }                                                                                \
  } while (false)
