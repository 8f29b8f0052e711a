#include "sfv/core/process_memory.h"

#include <fstream>
#include <limits>
#include <string>

namespace sfv {

// Linux tells in kilobytes: "VmHWM:   123456 kB".
MemoryUse process_memory() {
  MemoryUse use;
  std::ifstream status("/proc/self/status");
  for (std::string name; status >> name;) {
    int64_t* const value = name == "VmRSS:" ? &use.now : name == "VmHWM:" ? &use.peak : nullptr;
    if (value != nullptr && status >> *value) *value *= 1024;
    status.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return use;
}

}  // namespace sfv
