#include "sfv/core/error.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sfv {
namespace {

constexpr std::array kTable = {
    ErrorRow{ErrorCode::kInvalidArgument, 2, 400, "invalid_argument"},
    ErrorRow{ErrorCode::kNotFound, 1, 404, "not_found"},
    ErrorRow{ErrorCode::kInvalidFile, 1, 422, "invalid_file"},
    ErrorRow{ErrorCode::kUnsupported, 1, 415, "unsupported"},
    ErrorRow{ErrorCode::kAlreadyExists, 1, 409, "already_exists"},
    ErrorRow{ErrorCode::kPermission, 1, 403, "permission"},
    ErrorRow{ErrorCode::kNoSpace, 1, 507, "no_space"},
    ErrorRow{ErrorCode::kIo, 1, 500, "io"},
    ErrorRow{ErrorCode::kOutOfMemory, 1, 503, "out_of_memory"},
    ErrorRow{ErrorCode::kDevice, 1, 503, "device"},
    ErrorRow{ErrorCode::kNotFinite, 1, 500, "not_finite"},
    ErrorRow{ErrorCode::kCancelled, 130, 499, "cancelled"},
    ErrorRow{ErrorCode::kInternal, 1, 500, "internal"},
};

ErrorCode code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermission;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorCode::kNoSpace;
    case EEXIST:
    case ENOTEMPTY:
      return ErrorCode::kAlreadyExists;
    case ENOMEM:
      return ErrorCode::kOutOfMemory;
    default:
      return ErrorCode::kIo;
  }
}

}  // namespace

Error::Error(ErrorCode code, const std::string& message, std::string reason)
    : std::runtime_error(message), code_(code), reason_(std::move(reason)) {}

std::span<const ErrorRow> error_table() {
  return kTable;
}

const ErrorRow& error_row(ErrorCode code) {
  return kTable[static_cast<size_t>(code)];
}

Error system_error(int error_number, const std::string& message) {
  return {code_of(error_number), message + ": " + std::strerror(error_number)};
}

}  // namespace sfv
