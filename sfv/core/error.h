#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sfv {

/// What kind of thing went wrong. error_table() maps each to an exit code, an HTTP status and a JSON code.
enum class ErrorCode {
  kInvalidArgument,  // a value from the caller or the command line is out of range
  kNotFound,         // a file, folder, model or device that was named is not there
  kInvalidFile,      // a file's content breaks its format's rules
  kUnsupported,      // well-formed, but nothing we can read, write or run
  kAlreadyExists,    // an output would overwrite something
  kPermission,       // the operating system refused access
  kNoSpace,          // the disk or a quota is full
  kIo,               // reading or writing failed in another way
  kOutOfMemory,      // host or device memory ran out
  kDevice,           // the compute device is missing or failed
  kNotFinite,        // a stage produced NaN or Inf
  kCancelled,        // the user or a caller asked to stop
  kInternal,         // a bug of ours
};

/// The one exception type of the library. Messages read "[where] expected, found, what to do".
/// reason() is a stable machine-readable refinement of the code ("safetensors.invalid_offset"), empty where
/// there is none.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, std::string reason = {});

  [[nodiscard]] ErrorCode code() const { return code_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  ErrorCode code_;
  std::string reason_;
};

struct ErrorRow {
  ErrorCode code;
  int exit_code;          // of the process
  int http_status;        // of the server
  std::string_view json;  // `code` in JSON errors
};

/// One row per ErrorCode, in declaration order.
[[nodiscard]] std::span<const ErrorRow> error_table();
[[nodiscard]] const ErrorRow& error_row(ErrorCode code);

/// The Error for a failed system call: ENOENT, EACCES, ENOSPC, EDQUOT, ENOMEM and others each get their code.
/// message: "[where] what was attempted"; the system's text for `error_number` is appended.
[[nodiscard]] Error system_error(int error_number, const std::string& message);

}  // namespace sfv
