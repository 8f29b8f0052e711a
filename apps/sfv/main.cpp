#include <cstdio>

#include "sfv/core/version.h"

int main() {
  std::printf("sfv %.*s\n", static_cast<int>(sfv::version().size()), sfv::version().data());
  return 0;
}
