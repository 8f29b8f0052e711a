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

/// Who sees a library's functions: its opener alone, or libraries opened later, too.
enum class SymbolScope { kLocal, kGlobal };

/// Opens `name` from the program's folder, else from where the linker looks (rpath, LD_LIBRARY_PATH).
[[nodiscard]] SideLibrary open_side_library(const char* name, SymbolScope scope);

/// Whether `library` answers `version` to the function `name`: it is of the same build as the program.
[[nodiscard]] bool has_interface(void* library, const char* name, int version);

/// Whether the library has a function of that name, which is then in `function`; and so on for further pairs.
template <typename Function, typename... More>
[[nodiscard]] bool find_functions(void* library, const char* name, Function& function, More&&... more) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if constexpr (sizeof...(more) > 0) {
    return function != nullptr && find_functions(library, more...);
  } else {
    return function != nullptr;
  }
}

}  // namespace sfv
