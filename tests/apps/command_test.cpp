#include "apps/sfv/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <new>

#include "apps/sfv/choice_option.h"
#include "apps/sfv/clip_options.h"
#include "apps/sfv/completion_script.h"
#include "apps/sfv/completion_tree.h"
#include "apps/sfv/engine_options.h"
#include "apps/sfv/error_report.h"
#include "apps/sfv/help_format.h"
#include "sfv/core/log.h"

namespace sfv::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

struct ProgramRun {
  int code = 0;
  std::string out;
  std::string err;
};

// A program with one command that does `body`.
ProgramRun run(std::vector<const char*> words, const CommandBody& body, int signal_number = 0) {
  CancelToken cancel;
  if (signal_number > 0) cancel.cancel(signal_number);
  Program program("sfv 1");
  CLI::App& command = program.add_command(program.root(), "go", "Does it", body);
  bool json = false;
  program.add_json_flag(command, json);
  static ClipOptions options;
  options = {};
  add_clip_options(command, options);
  words.insert(words.begin(), "sfv");
  CaptureStdout();
  CaptureStderr();
  ProgramRun result;
  result.code = program.run(static_cast<int>(words.size()), words.data(), cancel);
  result.out = GetCapturedStdout();
  result.err = GetCapturedStderr();
  return result;
}

CommandBody throwing(ErrorCode code) {
  return [code](const CommandContext&) -> int { throw Error(code, "[x] why", "x.reason"); };
}

TEST(Program, ReturnsWhatTheCommandReturns) {
  EXPECT_EQ(run({"go"}, [](const CommandContext&) { return 0; }).code, 0);
  EXPECT_EQ(run({"go"}, [](const CommandContext&) { return 1; }).code, 1);
}

TEST(Program, EveryErrorHasItsExitCodeAndOneLine) {
  for (const ErrorRow& row : error_table()) {
    const ProgramRun result = run({"go"}, throwing(row.code));
    EXPECT_EQ(result.code, row.exit_code) << row.json;
    EXPECT_EQ(result.err, "sfv: error: [x] why\n");
    EXPECT_EQ(result.out, "");
  }
}

TEST(Program, WarningsReachStderr) {
  const auto warning = [](const CommandContext&) {
    log_warning("look out");
    log_info("by the way");
    return 0;
  };
  EXPECT_EQ(run({"go"}, warning).err, "sfv: warning: look out\n");
}

TEST(Program, StopSignalsGiveTheirExitCode) {
  EXPECT_EQ(run({"go"}, throwing(ErrorCode::kCancelled), SIGINT).code, 130);
  EXPECT_EQ(run({"go"}, throwing(ErrorCode::kCancelled), SIGTERM).code, 143);
}

TEST(Program, JsonErrorsGoToStdoutToo) {
  EXPECT_EQ(run({"go", "--json"}, throwing(ErrorCode::kNoSpace)).out,
            "{\"error\":{\"code\":\"no_space\",\"reason\":\"x.reason\",\"message\":\"[x] why\"}}\n");
  const ProgramRun usage = run({"go", "--json", "--nonsense"}, {});
  EXPECT_EQ(usage.code, 2);
  EXPECT_THAT(usage.out, HasSubstr("\"reason\":\"usage\""));
}

TEST(Program, UsageErrorsNameTheHelpThatAnswers) {
  for (const std::vector<const char*>& words : {std::vector<const char*>{"go", "--steps", "0"},
                                                {"go", "--fit", "round"},
                                                {"go", "extra"},
                                                {"nothing"}}) {
    const ProgramRun result = run(words, [](const CommandContext&) { return 0; });
    EXPECT_EQ(result.code, 2) << words.back();
    EXPECT_THAT(result.err, HasSubstr("--help"));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
  EXPECT_THAT(run({"go", "--steps", "0"}, {}).err, HasSubstr("expected 1 to 10000, got 0"));
  EXPECT_EQ(run({}, {}).code, 2);
}

TEST(Program, HelpAndVersionAreResults) {
  EXPECT_EQ(run({"--version"}, {}).out, "sfv 1\n");
  const ProgramRun help = run({"go", "--help"}, {});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("--fit crop|pad|stretch"));
  for (size_t begin = 0; begin < help.out.size();) {
    const size_t end = std::min(help.out.find('\n', begin), help.out.size());
    EXPECT_LE(end - begin, 80U) << help.out.substr(begin, end - begin);
    begin = end + 1;
  }
}

TEST(ErrorReport, GivesForeignExceptionsTheirCode) {
  EXPECT_EQ(as_error(std::bad_alloc()).code(), ErrorCode::kOutOfMemory);
  EXPECT_EQ(
      as_error(std::runtime_error("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"))
          .code(),
      ErrorCode::kOutOfMemory);
  EXPECT_EQ(as_error(std::runtime_error("CUDA out of memory. Tried to allocate")).code(),
            ErrorCode::kOutOfMemory);
  EXPECT_EQ(as_error(std::system_error(ENOSPC, std::generic_category())).code(), ErrorCode::kNoSpace);
  const Error internal = as_error(std::runtime_error("shape mismatch\nframe #0: ..."));
  EXPECT_EQ(internal.code(), ErrorCode::kInternal);
  EXPECT_THAT(internal.what(), HasSubstr("shape mismatch;"));
  EXPECT_THAT(internal.what(), Not(HasSubstr("frame #0")));
}

TEST(ClipOptions, LeaveOpenWhatWasNotGiven) {
  const GenerateOptions open = to_generate_options({});
  EXPECT_FALSE(open.sampler || open.steps || open.guidance || open.width || open.frames || open.fit ||
               open.motion);
  ClipOptions given;
  given.size = "64x32";
  given.sampler = "lcm";
  given.guidance = "2";
  const GenerateOptions parsed = to_generate_options(given);
  EXPECT_EQ(parsed.width, 64);
  EXPECT_EQ(parsed.height, 32);
  EXPECT_EQ(parsed.sampler, SamplerKind::kLcm);
  EXPECT_EQ(parsed.guidance->max, 2);
}

TEST(CheckSeed, TakesWholeNumbersOf64BitsOnly) {
  for (const char* good : {"0", "7", "18446744073709551615"}) EXPECT_EQ(check_seed(good), "") << good;
  for (const char* bad : {"-1", "+1", "18446744073709551616", "1.5", "0x10", " 1", "", "x"}) {
    EXPECT_THAT(check_seed(bad), HasSubstr("expected a seed from 0 to 18446744073709551615")) << bad;
  }
}

TEST(HelpFormat, BreaksLinesAtSpaces) {
  EXPECT_EQ(wrap_text("aa bb cc", 5, "  "), "aa bb\n  cc");
  EXPECT_EQ(wrap_text("a-word-too-long b", 5, ""), "a-word-too-long\nb");
  EXPECT_EQ(wrap_text("a\nb", 80, " "), "a\n b");
}

TEST(Completion, KnowsCommandsOptionsAndWords) {
  Program program("sfv 1");
  CLI::App& parent = program.add_command(program.root(), "model", "Models");
  CLI::App& child =
      program.add_command(parent, "init", "Makes one. At random", [](const CommandContext&) { return 0; });
  std::string dtype;
  add_choice(child, "-d,--dtype", dtype, {"fp32", "bf16"}, "Format; more");
  const auto tree = completion_tree(program.root());
  ASSERT_EQ(tree.size(), 3U);
  EXPECT_EQ(tree[0].words, (std::vector<std::string>{"model"}));
  EXPECT_EQ(tree[2].path, "model init");
  EXPECT_EQ(tree[1].word_summaries, (std::vector<std::string>{"Makes one"}));
  EXPECT_EQ(tree[2].options.back().names, (std::vector<std::string>{"-d", "--dtype"}));
  EXPECT_EQ(tree[2].options.back().choices, (std::vector<std::string>{"fp32", "bf16"}));
  EXPECT_TRUE(tree[2].options.back().takes_value);
  EXPECT_FALSE(tree[2].options.front().takes_value);  // --help
  EXPECT_THAT(completion_script(program.root(), "fish"),
              HasSubstr("-s d -l dtype -x -a 'fp32 bf16' -d 'Format'"));
  EXPECT_THROW((void)completion_script(program.root(), "csh"), Error);
}

}  // namespace
}  // namespace sfv::cli
