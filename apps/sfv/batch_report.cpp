#include "apps/sfv/batch_report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

#include "sfv/core/check.h"

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;
using Status = ClipOutcome::Status;

std::string_view status_name(Status status) {
  return status == Status::kDone ? "done" : status == Status::kSkipped ? "skipped" : "failed";
}

size_t count(const std::vector<ClipOutcome>& outcomes, Status status) {
  return static_cast<size_t>(std::count_if(outcomes.begin(), outcomes.end(), [=](const ClipOutcome& outcome) {
    return outcome.status == status;
  }));
}

std::string one_decimal(double value) {
  std::array<char, 32> text = {};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

Json outcome_json(const ClipOutcome& outcome) {
  Json json;
  json["status"] = status_name(outcome.status);
  json["image"] = outcome.job.image.string();
  json["output"] = outcome.job.output.string();
  json["seed"] = outcome.job.seed;
  if (outcome.record) {
    json["frames"] = (outcome.record->settings.frames - 1) * outcome.record->chain + 1;
    json["static"] = outcome.is_static;
    json["seconds"] = outcome.seconds;
    json["record"] = Json::parse(to_json(*outcome.record));
  }
  if (outcome.error) {
    json["error"] = {{"code", error_row(outcome.error->code()).json},
                     {"reason", outcome.error->reason()},
                     {"message", outcome.error->what()}};
  }
  return json;
}

}  // namespace

std::string outcome_line(const ClipOutcome& outcome) {
  const std::string names = outcome.job.image.string() + " -> " + outcome.job.output.string();
  if (outcome.status == Status::kSkipped) return names + ": exists, skipped";
  if (!outcome.record) return names + ": failed";
  const ClipRecord& record = *outcome.record;
  const GenerateSettings& s = record.settings;
  return concat(names, ": ", (s.frames - 1) * record.chain + 1, " frames of ", s.width, "x", s.height,
                ", seed ", s.seed, ", motion ", one_decimal(record.motion), ", ",
                one_decimal(outcome.seconds), " s");
}

std::string outcomes_json(const std::vector<ClipOutcome>& outcomes) {
  Json json;
  json["clips"] = Json::array();
  for (const ClipOutcome& outcome : outcomes) json["clips"].push_back(outcome_json(outcome));
  json["done"] = count(outcomes, Status::kDone);
  json["skipped"] = count(outcomes, Status::kSkipped);
  json["failed"] = count(outcomes, Status::kFailed);
  // File names may hold any bytes; JSON may not.
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string outcomes_line(const std::vector<ClipOutcome>& outcomes) {
  const size_t done = count(outcomes, Status::kDone);
  std::string line = concat(done, done == 1 ? " clip" : " clips", " done");
  if (const size_t skipped = count(outcomes, Status::kSkipped); skipped > 0)
    line += concat(", ", skipped, " skipped");
  if (const size_t failed = count(outcomes, Status::kFailed); failed > 0)
    line += concat(", ", failed, " failed");
  return line;
}

size_t count_failed(const std::vector<ClipOutcome>& outcomes) {
  return count(outcomes, Status::kFailed);
}

}  // namespace sfv::cli
