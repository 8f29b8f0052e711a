#include "sfv/core/side_library.h"

#include <filesystem>

namespace sfv {

SideLibrary open_side_library(const char* name, SymbolScope scope) {
  SideLibrary library;
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path beside = program.parent_path() / name;
  library.is_there = !error && std::filesystem::exists(beside, error);
  library.path = library.is_there ? beside.string() : name;
  library.handle =
      dlopen(library.path.c_str(), RTLD_NOW | (scope == SymbolScope::kGlobal ? RTLD_GLOBAL : RTLD_LOCAL));
  if (library.handle == nullptr) {
    const char* text = dlerror();
    library.reason = text == nullptr ? "unknown reason" : text;
  }
  return library;
}

bool has_interface(void* library, const char* name, int version) {
  int (*ask)() = nullptr;
  return find_functions(library, name, ask) && ask() == version;
}

}  // namespace sfv
