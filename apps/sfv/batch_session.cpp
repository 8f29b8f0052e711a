#include "apps/sfv/batch_session.h"

#include <cstdio>
#include <utility>

#include "apps/sfv/batch_report.h"
#include "apps/sfv/error_report.h"
#include "apps/sfv/stop_signals.h"
#include "sfv/core/log.h"

namespace sfv::cli {
namespace {

// The library's messages, above the bar, for as long as this lives.
class LogToDisplay {
 public:
  LogToDisplay(ProgressDisplay& display, bool quiet)
      : before_(set_log_sink([&display, quiet](LogLevel level, const std::string& message) {
          if (level == LogLevel::kWarning) {
            display.print_line(warning_line(message));
          } else if (!quiet) {
            display.print_line("sfv: " + message);
          }
        })) {}
  ~LogToDisplay() { set_log_sink(std::move(before_)); }
  LogToDisplay(const LogToDisplay&) = delete;
  LogToDisplay& operator=(const LogToDisplay&) = delete;

 private:
  LogSink before_;
};

void report_outcome(const ClipOutcome& outcome, const SessionOptions& session, bool is_only_one,
                    ProgressDisplay& display) {
  if (outcome.error) {
    if (!is_only_one)
      display.print_line(error_line(outcome.job.image.string() + ": " + outcome.error->what()));
    return;
  }
  if (outcome.is_static) {
    log_warning(outcome.job.output.string() +
                ": every frame equals the photo; try a larger --motion or --noise-aug, or another --seed");
  }
  if (!session.quiet) display.print_line(outcome_line(outcome));
  if (!session.json) {
    display.clear();
    std::printf("%s\n", outcome.job.output.c_str());
    std::fflush(stdout);
  }
}

}  // namespace

int run_batch(const std::vector<ClipJob>& jobs, const BatchOptions& options,
              const EngineOptions& engine_options, const SessionOptions& session,
              const std::function<void(const EngineIdentity&)>& before_first, const CommandContext& context) {
  ProgressDisplay display(progress_mode(session.quiet));
  const LogToDisplay log(display, session.quiet);
  std::unique_ptr<Engine> engine;
  const EngineSource source = [&]() -> Engine& {
    if (engine) return *engine;
    display.update({.stage = "load model"});
    {
      const StopAtOnce stop_at_once;
      engine = load_engine(engine_options, options.generate);
    }
    display.update({.stage = "load model", .stage_finished = true});
    if (before_first) before_first(engine->identity());
    return *engine;
  };
  const auto on_outcome = [&](const ClipOutcome& outcome) {
    report_outcome(outcome, session, jobs.size() == 1, display);
  };
  const std::vector<ClipOutcome> outcomes =
      make_clips(jobs, options, source, display, on_outcome, context.cancel);
  display.clear();
  if (outcomes.size() == 1 && outcomes.front().error) throw Error(*outcomes.front().error);
  if (session.json) std::printf("%s\n", outcomes_json(outcomes).c_str());
  if (!session.quiet && outcomes.size() > 1) std::fprintf(stderr, "%s\n", outcomes_line(outcomes).c_str());
  return count_failed(outcomes) > 0 ? 1 : 0;
}

}  // namespace sfv::cli
