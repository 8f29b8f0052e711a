#pragma once

#include <csetjmp>
#include <cstdio>
#include <type_traits>

namespace sfv::io {

/// Where a C codec goes with its errors. Such codecs leave by longjmp, which skips destructors: so everything
/// that can fail in one runs inside run_guarded, in a function that owns nothing.
struct CodecGuard {
  std::jmp_buf target;
  char message[256] = "";

  [[noreturn]] void fail(const char* text) {
    std::snprintf(message, sizeof message, "%s", text);
    std::longjmp(target, 1);
  }
};

/// Calls step(); false when the codec failed, with guard.message set. The step may hold nothing with a
/// destructor: all it works on belongs to the caller and is reached by reference.
template <typename Step>
[[nodiscard, gnu::noinline]] bool run_guarded(CodecGuard& guard, const Step& step) {
  static_assert(std::is_trivially_destructible_v<Step>);
  if (setjmp(guard.target) != 0) return false;
  step();
  return true;
}

}  // namespace sfv::io
