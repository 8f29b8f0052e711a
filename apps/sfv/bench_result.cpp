#include "apps/sfv/bench_result.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "apps/sfv/text_format.h"
#include "sfv/core/check.h"
#include "sfv/core/guidance.h"

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

SpanTotal total_of(const TraceRecorder& trace, TraceKind kind, const std::string& name) {
  for (SpanTotal& total : trace.totals(kind)) {
    if (total.name == name) return std::move(total);
  }
  throw Error(ErrorCode::kInternal, concat("[bench] the trace has no span ", name));
}

BenchPart part_of(const std::vector<BenchRound>& rounds, const std::string& name,
                  const std::function<BenchPart(const BenchRound&)>& of) {
  std::vector<double> seconds;
  BenchPart part;
  for (const BenchRound& round : rounds) {
    part = of(round);
    seconds.push_back(part.seconds);
  }
  return {name, median(seconds), part.operations};
}

BenchPart stage_of(const BenchRound& round, const std::string& name) {
  const SpanTotal total = total_of(round.trace, TraceKind::kStage, name);
  return {name, total.seconds, total.operations};
}

BenchPart whole_of(const BenchRound& round) {
  BenchPart part{"", round.seconds, 0};
  for (const SpanTotal& stage : round.trace.totals(TraceKind::kStage)) part.operations += stage.operations;
  return part;
}

std::vector<BenchOperator> operators_of(const std::vector<BenchRound>& rounds) {
  std::vector<BenchOperator> operators;
  BenchOperator other{"other", 0, 0, 0};
  const auto count = static_cast<double>(rounds.size());
  for (const BenchRound& round : rounds) {
    other.seconds += round.seconds / count;
    for (const SpanTotal& total : round.trace.totals(TraceKind::kOperator)) {
      auto found = std::find_if(operators.begin(), operators.end(),
                                [&](const BenchOperator& known) { return known.name == total.name; });
      if (found == operators.end())
        found = operators.insert(operators.end(), BenchOperator{total.name, 0, 0, 0});
      found->calls += static_cast<double>(total.calls) / count;
      found->seconds += total.self_seconds / count;
      found->operations += total.self_operations / count;
      other.seconds -= total.self_seconds / count;
    }
  }
  std::sort(operators.begin(), operators.end(),
            [](const BenchOperator& a, const BenchOperator& b) { return a.seconds > b.seconds; });
  operators.push_back(other);
  return operators;
}

const BenchPart& part_named(const BenchResult& result, const std::string& name) {
  const auto found = std::find_if(result.parts.begin(), result.parts.end(),
                                  [&](const BenchPart& part) { return part.name == name; });
  SFV_CHECK(found != result.parts.end(), kInternal, "[bench] no part ", name);
  return *found;
}

double rate(double operations, double seconds) {
  return seconds > 0 ? operations / seconds : 0;
}

}  // namespace

void summarize_rounds(const std::vector<BenchRound>& rounds, const std::string& until, BenchResult& result) {
  result.parts = {
      part_of(rounds, "encoders", [](const BenchRound& round) { return stage_of(round, "encode"); })};
  if (until != "encoders") {
    result.parts.push_back(part_of(rounds, "unet", [](const BenchRound& round) {
      const SpanTotal total = total_of(round.trace, TraceKind::kBlock, "unet");
      const auto calls = static_cast<double>(total.calls);
      return BenchPart{"", total.seconds / calls, total.operations / calls};
    }));
  }
  if (until == "decode") {
    result.parts.push_back(
        part_of(rounds, "decode", [](const BenchRound& round) { return stage_of(round, "decode"); }));
    result.parts.push_back(part_of(rounds, "request", whole_of));
  }
  result.operators = operators_of(rounds);
}

std::vector<StepsComparison> compare_steps(const BenchResult& result, const std::vector<int64_t>& steps) {
  if (steps.empty()) return {};
  const double unet = part_named(result, "unet").seconds;
  const double rest = part_named(result, "encoders").seconds + part_named(result, "decode").seconds;
  std::vector<StepsComparison> rows;
  for (const int64_t count : steps) {
    StepsComparison row{.steps = count, .evaluations = count == 1 ? 1 : 2 * count};
    row.unet_seconds = unet * static_cast<double>(row.evaluations);
    row.request_seconds = row.unet_seconds + rest;
    rows.push_back(row);
  }
  return rows;
}

std::string bench_text(const BenchResult& r, const std::vector<StepsComparison>& comparison) {
  const GenerateSettings& s = r.settings;
  std::string text =
      format("%s on %s (%s), %s, %d threads, libtorch %s\n", r.engine.model.c_str(), r.engine.device.c_str(),
             r.processor.c_str(), r.engine.dtype.c_str(), r.engine.threads, r.engine.libtorch.c_str());
  text += format(
      "%lld frames of %lldx%lld, %s, %lld steps; %lld warm-up, medians of %lld requests; load %.2f s, peak "
      "%.2f GiB\n",
      static_cast<long long>(s.frames), static_cast<long long>(s.width), static_cast<long long>(s.height),
      std::string(to_string(s.sampler)).c_str(), static_cast<long long>(s.steps),
      static_cast<long long>(r.warm_up), static_cast<long long>(r.rounds), r.load_seconds,
      static_cast<double>(r.peak_bytes) / (1 << 30));
  text += format("libtorch here: products %.0f GFLOP/s, 3x3 convolutions %.0f GFLOP/s\n\n",
                 r.rates.matmul / 1e9, r.rates.conv / 1e9);
  text += format("%-20s %10s %10s %10s %8s\n", "part", "seconds", "TFLOP", "GFLOP/s", "of rate");
  for (const BenchPart& part : r.parts) {
    const double per_second = rate(part.operations, part.seconds);
    text += format("%-20s %10.3f %10.3f %10.0f %7.0f%%\n", part.name.c_str(), part.seconds,
                   part.operations / 1e12, per_second / 1e9, 100 * rate(per_second, r.rates.matmul));
  }
  text += format("\n%-20s %10s %10s %10s %8s\n", "operator", "seconds", "calls", "GFLOP/s", "of time");
  double whole = 0;
  for (const BenchOperator& o : r.operators) whole += o.seconds;
  for (const BenchOperator& o : r.operators) {
    text += format("%-20s %10.3f %10.0f %10.0f %7.1f%%\n", o.name.c_str(), o.seconds, o.calls,
                   rate(o.operations, o.seconds) / 1e9, 100 * rate(o.seconds, whole));
  }
  if (comparison.empty()) return text;
  const std::vector<StepsComparison> one = compare_steps(r, {1});
  text += format("\n%-8s %12s %12s %10s %12s %10s\n", "steps", "evaluations", "UNet, s", "times one",
                 "request, s", "times one");
  for (const StepsComparison& row : comparison) {
    text += format("%-8lld %12lld %12.3f %10.1f %12.3f %10.1f\n", static_cast<long long>(row.steps),
                   static_cast<long long>(row.evaluations), row.unet_seconds,
                   rate(row.unet_seconds, one[0].unet_seconds), row.request_seconds,
                   rate(row.request_seconds, one[0].request_seconds));
  }
  return text + "Guided, two evaluations a step, but for 1; added up from the parts measured above.\n";
}

std::string bench_json(const BenchResult& r, const std::vector<StepsComparison>& comparison) {
  const GenerateSettings& s = r.settings;
  Json json = {{"model", r.engine.model},
               {"device", r.engine.device},
               {"processor", r.processor},
               {"dtype", r.engine.dtype},
               {"threads", r.engine.threads},
               {"libtorch", r.engine.libtorch},
               {"width", s.width},
               {"height", s.height},
               {"frames", s.frames},
               {"sampler", to_string(s.sampler)},
               {"steps", s.steps},
               {"guided", is_guided(s)},
               {"decode_chunk", s.decode_chunk},
               {"warm_up", r.warm_up},
               {"rounds", r.rounds},
               {"load_seconds", r.load_seconds},
               {"peak_bytes", r.peak_bytes},
               {"matmul_per_s", r.rates.matmul},
               {"conv_per_s", r.rates.conv}};
  for (const BenchPart& part : r.parts)
    json["parts"][part.name] = {{"seconds", part.seconds}, {"operations", part.operations}};
  for (const BenchOperator& o : r.operators)
    json["operators"][o.name] = {{"seconds", o.seconds}, {"calls", o.calls}, {"operations", o.operations}};
  for (const StepsComparison& row : comparison) {
    json["compare_steps"].push_back({{"steps", row.steps},
                                     {"evaluations", row.evaluations},
                                     {"unet_seconds", row.unet_seconds},
                                     {"request_seconds", row.request_seconds}});
  }
  return json.dump(2);
}

}  // namespace sfv::cli
