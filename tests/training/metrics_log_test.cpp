#include "sfv/training/metrics_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sfv/core/log.h"
#include "sfv/io/event_record.h"
#include "sfv/training/run_folder.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::training {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

std::vector<int64_t> steps_of(const std::filesystem::path& run) {
  std::vector<int64_t> steps;
  for (const MetricsLine& line : read_metrics(run / kMetricsName)) steps.push_back(line.step);
  return steps;
}

std::vector<int64_t> event_steps_of(const std::filesystem::path& run) {
  const std::string text = read_text(run / kEventFileName);
  std::span<const std::byte> rest = std::as_bytes(std::span(text));
  std::vector<int64_t> steps;
  while (const auto record = io::read_record(rest)) {
    steps.push_back(record->step);
    rest = rest.subspan(record->size);
  }
  return steps;
}

void write_steps(MetricsLog& log, int64_t first, int64_t last) {
  for (int64_t step = first; step <= last; ++step) {
    log.write(step, std::vector<Metric>{{"loss", 1.0 / static_cast<double>(step)}});
  }
}

TEST(MetricsLog, WritesOneObjectALine) {
  const TestFolder run;
  MetricsLog log(run.path(), {}, false);
  log.write(12, std::vector<Metric>{{"loss/generator", 0.5}, {"a \"b\"", -1e-5}, {"broken", std::nan("")}});
  EXPECT_THAT(read_text(run.path() / kMetricsName),
              MatchesRegex("\\{\"step\": 12, \"time\": [0-9.e+]+, \"loss/generator\": 0.5, \"a "
                           "\\\\\"b\\\\\"\": -1e-5, \"broken\": "
                           "null\\}\n"));
  log.note(13, "motion is falling\nlook");
  const std::vector<MetricsLine> lines = read_metrics(run.path() / kMetricsName);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].step, 12);
  EXPECT_GT(lines[0].time, 1.7e9);
  EXPECT_EQ(lines[0].metrics[1], (Metric{"a \"b\"", -1e-5}));
  EXPECT_TRUE(std::isnan(lines[0].metrics[2].value));
  EXPECT_EQ(lines[1].note, "motion is falling\nlook");
  EXPECT_EQ(run.count(), 1U);
}

TEST(MetricsLog, TheEventFileHasTheSame) {
  const TestFolder run;
  MetricsLog log(run.path(), {}, true);
  write_steps(log, 1, 3);
  log.note(3, "x");
  log.image(4, "samples", 1, 1, {});
  log.sync();
  EXPECT_THAT(event_steps_of(run.path()), ElementsAre(0, 1, 2, 3, 3, 4));
}

TEST(MetricsLog, ARunThatGoesOnCutsBackBothFiles) {
  const TestFolder run;
  {
    MetricsLog log(run.path(), {}, true);
    write_steps(log, 1, 5);
  }
  MetricsLog log(run.path(), 3, true);
  EXPECT_THAT(steps_of(run.path()), ElementsAre(1, 2, 3));
  write_steps(log, 4, 4);
  EXPECT_THAT(steps_of(run.path()), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(event_steps_of(run.path()), ElementsAre(0, 1, 2, 3, 4));
  const MetricsLog anew(run.path(), {}, true);
  EXPECT_TRUE(steps_of(run.path()).empty());
}

TEST(MetricsLog, DropsATornLastLineWhereverItWasCut) {
  const TestFolder run;
  {
    MetricsLog log(run.path(), {}, false);
    write_steps(log, 1, 2);
  }
  const std::string whole = read_text(run.path() / kMetricsName);
  const size_t first = whole.find('\n') + 1;
  for (size_t cut = first; cut < whole.size(); ++cut) {
    static_cast<void>(run.file(kMetricsName, whole.substr(0, cut)));
    MetricsLog log(run.path(), 9, false);
    write_steps(log, 3, 3);
    EXPECT_THAT(steps_of(run.path()), ElementsAre(1, 3)) << cut;
  }
}

TEST(MetricsLog, SaysHowManyBrokenLinesItLeftOut) {
  const TestFolder run;
  static_cast<void>(run.file(kMetricsName,
                             "{\"step\": 1, \"loss\": 1}\ngarbage\n\xff\n[]\n{\"loss\": 1}\n{\"step\": 1.5}\n"
                             "{\"step\": 1, \"loss\": {}}\n{\"step\": 2}\n"));
  std::string told;
  const LogSink before = set_log_sink([&](LogLevel, const std::string& line) { told += line; });
  const MetricsLog log(run.path(), 9, false);
  set_log_sink(before);
  EXPECT_THAT(told, HasSubstr("left out 6 broken lines"));
  EXPECT_THAT(steps_of(run.path()), ElementsAre(1, 2));
}

TEST(MetricsLog, RefusesNamesThatWouldClash) {
  const TestFolder run;
  MetricsLog log(run.path(), {}, true);
  for (const std::string name : {"", "step", "time", "note", "\xff"}) {
    EXPECT_EQ(error_of([&] {
                log.write(1, std::vector<Metric>{{name, 1}});
              }).code(),
              ErrorCode::kInvalidArgument)
        << name;
  }
  EXPECT_EQ(error_of([&] { log.note(1, "\xff"); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(steps_of(run.path()).empty());
  EXPECT_EQ(error_of([&] { MetricsLog(run.path() / "none", {}, false); }).code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace sfv::training
