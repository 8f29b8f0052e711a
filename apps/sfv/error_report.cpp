#include "apps/sfv/error_report.h"

#include <csignal>
#include <new>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "apps/sfv/terminal.h"
#include "sfv/core/check.h"

namespace sfv::cli {
namespace {

// What libtorch's CPU allocator, its CUDA allocator and oneDNN say. They throw c10::Error, whose type is not
// needed here: the texts have been the same since 1.0.
bool is_out_of_memory(std::string_view text) {
  for (const std::string_view sign : {"DefaultCPUAllocator: can't allocate memory", "not enough memory",
                                      "out of memory", "std::bad_alloc", "Cannot allocate memory"}) {
    if (text.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

// libtorch appends C++ frames to its messages; a person needs the first line.
std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

Error as_error(const std::exception& error) {
  if (const auto* ours = dynamic_cast<const Error*>(&error)) return *ours;
  const std::string text = first_line(error.what());
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr || is_out_of_memory(error.what())) {
    return {ErrorCode::kOutOfMemory, "[memory] not enough memory (" + text +
                                         "); use a smaller --size, fewer --frames or --dtype bf16"};
  }
  if (const auto* system = dynamic_cast<const std::system_error*>(&error)) {
    const bool is_posix = system->code().category() == std::generic_category() ||
                          system->code().category() == std::system_category();
    if (is_posix) return system_error(system->code().value(), "[file system] " + text);
  }
  return {ErrorCode::kInternal, "[internal] " + text + "; this is a bug, please report it with the command"};
}

int exit_code(const Error& error, const CancelToken& cancel) {
  if (error.code() == ErrorCode::kCancelled && cancel.reason() > 0) return 128 + cancel.reason();
  return error_row(error.code()).exit_code;
}

std::string error_line(const std::string& message) {
  std::string line = "sfv: error: " + message;
  while (!line.empty() && line.back() == '\n') line.pop_back();
  return line;
}

std::string warning_line(const std::string& message) {
  return concat("sfv: ", tinted("warning:", Tint::kYellow), " ", message);
}

std::string error_json(const Error& error) {
  nlohmann::ordered_json json;
  json["error"]["code"] = error_row(error.code()).json;
  json["error"]["reason"] = error.reason();
  json["error"]["message"] = error.what();
  // File names may hold any bytes; JSON may not.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace sfv::cli
