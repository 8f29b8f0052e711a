#include "sfv/core/process_memory.h"

#include <fstream>
#include <limits>
#include <string>

namespace sfv {
namespace {

constexpr const char* kStatus = "/proc/self/status";

// Linux tells in kilobytes, a name and a number a line: "VmHWM:   123456 kB". 0 if the name is not there.
int64_t read_bytes(const char* path, const std::string& wanted) {
  std::ifstream lines(path);
  for (std::string name; lines >> name;) {
    int64_t kilobytes = 0;
    if (name == wanted && lines >> kilobytes) return kilobytes * 1024;
    lines.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

}  // namespace

MemoryUse process_memory() {
  return {read_bytes(kStatus, "VmRSS:"), read_bytes(kStatus, "VmHWM:")};
}

int64_t private_memory() {
  return read_bytes(kStatus, "RssAnon:") + read_bytes(kStatus, "RssShmem:");
}

int64_t available_memory() {
  return read_bytes("/proc/meminfo", "MemAvailable:");
}

}  // namespace sfv
