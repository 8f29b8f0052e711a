#pragma once

#include <dlfcn.h>

#include <string>

namespace sfv {

/// A library of sfv's that the program opens only when it needs it, since what it links to is not on every
/// machine.
struct SideLibrary {
  void* handle = nullptr;  // null: it could not be opened; else open to the end of the process
  bool is_there = false;   // in the program's folder
  std::string path;        // what was opened, or was to be
  std::string reason;      // why not
};

enum class SymbolScope {
  kLocal,
  kGlobal
};  // who sees its functions: the opener alone, or libraries opened later

/// Opens `name` from the program's folder, else from where the linker looks (rpath, LD_LIBRARY_PATH).
[[nodiscard]] SideLibrary open_side_library(const char* name, SymbolScope scope);

/// Whether the library has a function of that name, which is then in `function`.
template <typename Function>
[[nodiscard]] bool find_function(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace sfv
