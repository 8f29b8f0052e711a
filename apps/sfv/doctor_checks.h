#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sfv::cli {

/// One line of `sfv doctor`.
struct DoctorCheck {
  enum class Status { kOk, kWarning, kFailed } status = Status::kOk;
  std::string name;    // "memory"
  std::string text;    // what was found
  std::string remedy;  // what to do; empty if OK
};

/// The memory that is free for use now. Warns below what full-size SVD needs.
[[nodiscard]] DoctorCheck check_memory();
/// Whether clips can be written into `folder`, and the room there. Fails for a folder that does not exist or
/// refuses files.
[[nodiscard]] DoctorCheck check_output_folder(const std::filesystem::path& folder);
/// One check for each kind of clip, made by writing a small one into a temporary folder.
[[nodiscard]] std::vector<DoctorCheck> check_codecs();

/// "ok      memory: 22.1 GiB free": the line for a person; a warning or failure continues with "-> remedy".
[[nodiscard]] std::string check_line(const DoctorCheck& check);
/// {"checks": [{"name", "status": "ok|warning|failed", "text", "remedy"}], "ok": …}, indented by 2.
[[nodiscard]] std::string checks_json(const std::vector<DoctorCheck>& checks);
/// No check failed; warnings count as good.
[[nodiscard]] bool is_healthy(const std::vector<DoctorCheck>& checks);

}  // namespace sfv::cli
