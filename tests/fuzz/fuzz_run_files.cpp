// Any bytes as the files of a run that goes on: event records and lines of metrics are whole or left out.
#include <span>
#include <string_view>

#include "sfv/io/chart_svg.h"
#include "sfv/io/event_record.h"
#include "sfv/io/html_page.h"
#include "sfv/training/metrics_log.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::span<const std::byte> rest = std::as_bytes(std::span(data, size));
  while (const auto record = sfv::io::read_record(rest)) {
    SFV_REQUIRE(record->size >= 16 && record->size <= rest.size());
    rest = rest.subspan(record->size);
  }
  // A right frame around the same bytes: the message itself is then what is hostile.
  const std::string framed = sfv::io::frame_record(text);
  static_cast<void>(sfv::io::read_record(std::as_bytes(std::span(framed))));
  if (const auto line = sfv::training::parse_metrics_line(text)) {
    sfv::io::Curve curve{"a", {}};
    for (const auto& metric : line->metrics)
      curve.points.push_back({static_cast<double>(curve.points.size()), metric.value});
    static_cast<void>(sfv::io::chart_svg(line->note, {curve}));
  }
  SFV_REQUIRE(sfv::io::html_text(text).find('<') == std::string::npos);
  return 0;
}
