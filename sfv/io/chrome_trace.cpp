// Source: "Trace Event Format", the Chromium project.
#include "sfv/io/chrome_trace.h"

#include <nlohmann/json.hpp>

#include "sfv/io/atomic_file.h"

namespace sfv::io {
namespace {

using Json = nlohmann::ordered_json;

const char* category_of(TraceKind kind) {
  switch (kind) {
    case TraceKind::kStage:
      return "stage";
    case TraceKind::kBlock:
      return "block";
    case TraceKind::kOperator:
      break;
  }
  return "operator";
}

}  // namespace

std::string chrome_trace(const std::vector<RecordedSpan>& spans, const std::string& process) {
  Json events = Json::array();
  events.push_back(
      {{"name", "process_name"}, {"ph", "M"}, {"pid", 1}, {"tid", 1}, {"args", {{"name", process}}}});
  for (const RecordedSpan& span : spans) {
    events.push_back({{"name", span.name},
                      {"cat", category_of(span.kind)},
                      {"ph", "X"},
                      {"ts", span.begin * 1e6},
                      {"dur", span.seconds * 1e6},
                      {"pid", 1},
                      {"tid", 1},
                      {"args", {{"gflop", span.operations / 1e9}}}});
  }
  return Json{{"traceEvents", std::move(events)}, {"displayTimeUnit", "ms"}}.dump(1) + "\n";
}

void write_chrome_trace(const std::vector<RecordedSpan>& spans, const std::string& process,
                        const std::filesystem::path& path) {
  AtomicFile file(path);
  file.write(chrome_trace(spans, process));
  file.commit();
}

}  // namespace sfv::io
