#pragma once

#include <exception>
#include <string>

#include "sfv/core/cancel.h"
#include "sfv/core/error.h"

namespace sfv::cli {

/// Any exception as an sfv::Error: memory that ran out (std::bad_alloc, libtorch's allocators) is
/// kOutOfMemory, a failed file system call keeps its meaning, everything unexpected is kInternal with its
/// text.
[[nodiscard]] Error as_error(const std::exception& error);

/// The process's exit code for an error; kCancelled gives 128 + the signal that set the token (130, 143).
[[nodiscard]] int exit_code(const Error& error, const CancelToken& cancel);

/// "sfv: error: …" without line breaks at the end.
[[nodiscard]] std::string error_line(const std::string& message);
/// "sfv: warning: …", the first word in colour on a terminal.
[[nodiscard]] std::string warning_line(const std::string& message);
/// {"error": {"code": …, "reason": …, "message": …}} in one line.
[[nodiscard]] std::string error_json(const Error& error);

}  // namespace sfv::cli
