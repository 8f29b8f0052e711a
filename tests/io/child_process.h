#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <utility>

namespace sfv::io {

/// Runs `test` in a child process and says whether it returned true: for tests that change the whole process.
/// The child leaves at once, without destructors or the test framework's end.
template <typename Test>
[[nodiscard]] bool passes_in_child(Test&& test) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(std::forward<Test>(test)() ? 0 : 1);
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// The same without privileges: root becomes user 65534, "nobody".
template <typename Test>
[[nodiscard]] bool passes_as_ordinary_user(Test&& test) {
  return passes_in_child([&] {
    constexpr uid_t kNobody = 65534;
    const bool is_ordinary = ::getuid() != 0 || (::setresgid(kNobody, kNobody, kNobody) == 0 &&
                                                 ::setresuid(kNobody, kNobody, kNobody) == 0);
    return is_ordinary && std::forward<Test>(test)();
  });
}

}  // namespace sfv::io
