#include "sfv/io/toml_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kSample = R"(# a recipe
steps = 50_000
lr = 1e-5
whole = 3
on = true
name = "a \"b\" c"
[table]
ints = [1, 2]
numbers = [1, 0.5]
texts = ["a", 'b']
kind = "sm3"
[table.inner]
x = -1
)";

TomlConfig sample(std::vector<std::string> overrides = {}) {
  return TomlConfig::parse(kSample, "r.toml", overrides);
}

template <typename Call>
std::string message_of(Call&& call, ErrorCode code = ErrorCode::kInvalidFile) {
  const Error error = error_of(call);
  EXPECT_EQ(error.code(), code) << error.what();
  return error.what();
}

std::string parse_message(std::string_view text) {
  return message_of([&] { static_cast<void>(TomlConfig::parse(text, "r.toml")); });
}

TEST(TomlConfig, GivesTypedValues) {
  TomlConfig config = sample();
  EXPECT_EQ(config.get_int("steps"), 50'000);
  EXPECT_EQ(config.get_number("lr"), 1e-5);
  EXPECT_EQ(config.get_number("whole"), 3.0);
  EXPECT_EQ(config.get_bool("on"), true);
  EXPECT_EQ(config.get_string("name"), "a \"b\" c");
  EXPECT_EQ(config.get_ints("table.ints"), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(config.get_numbers("table.numbers"), (std::vector<double>{1, 0.5}));
  EXPECT_EQ(config.get_strings("table.texts"), (std::vector<std::string>{"a", "b"}));
  constexpr std::array<std::string_view, 2> kWords = {"adamw", "sm3"};
  EXPECT_EQ(config.get_word("table.kind", kWords), size_t{1});
  EXPECT_EQ(config.get_int("table.inner.x"), -1);
  EXPECT_EQ(config.get_int("absent"), std::nullopt);
  EXPECT_TRUE(config.has("table.ints"));
  EXPECT_FALSE(config.has("table"));
  EXPECT_NO_THROW(config.finish());
}

TEST(TomlConfig, ErrorsNameFileLineKeyExpectedAndFound) {
  TomlConfig config = sample();
  EXPECT_THAT(message_of([&] { (void)config.get_int("lr"); }),
              AllOf(HasSubstr("r.toml:3: lr: "), HasSubstr("expected a whole number, found 1e-5")));
  EXPECT_THAT(message_of([&] { (void)config.get_bool("steps"); }),
              HasSubstr("r.toml:2: steps: expected true or false, found 50000"));
  EXPECT_THAT(message_of([&] { (void)config.get_number("name"); }),
              HasSubstr("expected a number, found the string \"a "));
  EXPECT_THAT(message_of([&] { (void)config.get_string("table.ints"); }),
              HasSubstr("r.toml:8: table.ints: expected a string, found a list of 2"));
  EXPECT_THAT(message_of([&] { (void)config.get_ints("table.numbers"); }),
              HasSubstr("r.toml:9: table.numbers: expected a whole number, found 0.5"));
  constexpr std::array<std::string_view, 2> kWords = {"adamw", "sgd"};
  EXPECT_THAT(message_of([&] { (void)config.get_word("table.kind", kWords); }),
              HasSubstr(R"(expected one of "adamw", "sgd", found the string "sm3")"));
}

TEST(TomlConfig, ChecksRanges) {
  TomlConfig config = sample();
  EXPECT_THAT(message_of([&] { (void)config.get_int("whole", {.min = 4, .max = 8}); }),
              HasSubstr("r.toml:4: whole: expected a whole number 4 to 8, found 3"));
  EXPECT_THAT(message_of([&] { (void)config.get_int("whole", {.min = 0, .multiple = 8}); }),
              HasSubstr("expected a whole number >= 0, divisible by 8, found 3"));
  EXPECT_EQ(config.get_int("whole", {.multiple = 2, .remainder = 1}), 3);
  EXPECT_THAT(message_of([&] { (void)config.get_number("table.inner.x", {.min = 0, .open_min = true}); }),
              HasSubstr("r.toml:13: table.inner.x: expected a number > 0, found -1"));
  EXPECT_EQ(config.get_number("whole", {.min = 0, .max = 3}), 3);
  EXPECT_THAT(message_of([&] { (void)config.get_number("whole", {.min = 0, .max = 3, .open_max = true}); }),
              HasSubstr("expected a number >= 0 and < 3"));
  TomlConfig endless = TomlConfig::parse("a = inf\nb = nan\n", "r.toml");
  EXPECT_THAT(message_of([&] { (void)endless.get_number("a"); }), HasSubstr("a finite number"));
  EXPECT_THAT(message_of([&] { (void)endless.get_number("b"); }), HasSubstr("a finite number"));
}

TEST(TomlConfig, NamesUnknownKeysWithLineAndNearestKnownKey) {
  TomlConfig config =
      TomlConfig::parse("stpes = 3\n[optimizer]\nlr = 1\n[extras]\n[other]\ndepth = 1\n", "r.toml");
  (void)config.get_int("steps");
  (void)config.get_int("adversarial.lr");
  (void)config.get_int("far_away.from_all");
  const std::string message = message_of([&] { config.finish(); });
  EXPECT_THAT(message, HasSubstr("r.toml:1: unknown key stpes (did you mean steps?)"));
  EXPECT_THAT(message, HasSubstr("r.toml:3: unknown key optimizer.lr (did you mean adversarial.lr?)"));
  EXPECT_THAT(message, HasSubstr("r.toml:4: unknown table extras"));
  EXPECT_THAT(message, HasSubstr("r.toml:6: unknown key other.depth;"));
}

TEST(TomlConfig, AcceptsAnEmptyTableWhoseKeysAreKnown) {
  TomlConfig config = TomlConfig::parse("[optimizer]\n", "r.toml");
  (void)config.get_int("optimizer.lr");
  EXPECT_NO_THROW(config.finish());
}

TEST(TomlConfig, AQuotedKeyIsNoPath) {
  TomlConfig config = TomlConfig::parse("\"a.b\" = 1\n", "r.toml");
  EXPECT_EQ(config.get_int("a.b"), std::nullopt);
  EXPECT_THAT(message_of([&] { config.finish(); }), HasSubstr("unknown key \"a.b\""));
}

TEST(TomlConfig, RefusesForbiddenKeysOnlyWhereTheyStand) {
  TomlConfig config = sample();
  EXPECT_NO_THROW(config.forbid("absent", "has no effect"));
  EXPECT_THAT(message_of([&] { config.forbid("lr", "has no effect with sgd"); }),
              HasSubstr("r.toml:3: lr: has no effect with sgd"));
  EXPECT_THAT(message_of([&] { config.fail("absent", "expected a path"); }),
              HasSubstr("r.toml: absent: expected a path"));
}

TEST(TomlConfig, OverridesReplaceAndAdd) {
  TomlConfig config = sample({"steps=7", "table.kind=adamw", "table.inner.x= 5", "new.key=[1, 2]",
                              "name=/data/my clips", "on=false", "lr=0.1", "lr=0.2", "whole=\"3\""});
  EXPECT_EQ(config.get_int("steps"), 7);
  EXPECT_EQ(config.get_string("table.kind"), "adamw");
  EXPECT_EQ(config.get_ints("new.key"), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(config.get_string("name"), "/data/my clips");
  EXPECT_EQ(config.get_bool("on"), false);
  EXPECT_EQ(config.get_number("lr"), 0.2);
  EXPECT_EQ(config.get_string("whole"), "3");
}

TEST(TomlConfig, AnOverrideWithATableReplacesTheTable) {
  TomlConfig config = sample({"table={kind = \"sgd\"}"});
  EXPECT_EQ(config.get_string("table.kind"), "sgd");
  EXPECT_FALSE(config.has("table.ints"));
}

TEST(TomlConfig, ErrorsOfOverridesNameTheOption) {
  const auto message = [](const std::string& option) {
    return message_of([&] { (void)sample({option}); }, ErrorCode::kInvalidArgument);
  };
  EXPECT_THAT(message("lr"), HasSubstr("--set lr: expected KEY=VALUE"));
  EXPECT_THAT(message("=3"), HasSubstr("expected a key of letters"));
  EXPECT_THAT(message("a..b=3"), HasSubstr("expected a key of letters"));
  EXPECT_THAT(message("a.=3"), HasSubstr("expected a key of letters"));
  EXPECT_THAT(message("a b=3"), HasSubstr("expected a key of letters"));
  EXPECT_THAT(message("lr=[1,"), HasSubstr("--set lr=[1,: the value is no TOML"));
  EXPECT_THAT(message("lr=\"x"), HasSubstr("the value is no TOML"));
  EXPECT_THAT(message("lr=1\nsteps=2"), HasSubstr("more than one line"));
  EXPECT_THAT(message("a={b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t=1}"), HasSubstr("the value is no TOML"));
  EXPECT_THAT(message("lr=\xff"), HasSubstr("expected KEY=VALUE"));
  EXPECT_EQ(sample({"name=fotos \xc3\xa4.b"}).get_string("name"), "fotos \xc3\xa4.b");
  TomlConfig config = sample({"steps=many", "unheard=1"});
  EXPECT_THAT(message_of([&] { (void)config.get_int("steps"); }, ErrorCode::kInvalidArgument),
              HasSubstr("--set steps=many: steps: expected a whole number, found the string \"many\""));
}

TEST(TomlConfig, AnUnknownOverrideIsTheCallersFault) {
  TomlConfig config = TomlConfig::parse("", "r.toml", std::vector<std::string>{"stops=1"});
  (void)config.get_int("steps");
  EXPECT_THAT(message_of([&] { config.finish(); }, ErrorCode::kInvalidArgument),
              HasSubstr("--set stops=1: unknown key stops (did you mean steps?)"));
}

TEST(TomlConfig, BrokenTomlNamesTheLine) {
  EXPECT_THAT(parse_message("a = 1\nb = = 2\n"), AllOf(HasSubstr("r.toml:2:"), HasSubstr("is not TOML")));
  EXPECT_THAT(parse_message("a = 1\na = 2\n"), HasSubstr("r.toml:2:"));
  EXPECT_THAT(parse_message("a = \"x\n"), HasSubstr("r.toml:1:"));
  EXPECT_THAT(parse_message("a = 99999999999999999999\n"), HasSubstr("r.toml:1:"));
  EXPECT_THAT(parse_message("[.a]\n"), HasSubstr("r.toml:1:"));
  EXPECT_THAT(parse_message("b = 1\na\xc9\x8f = 1\n"),
              HasSubstr("r.toml:2: expected letters outside ASCII in strings"));
  EXPECT_THAT(parse_message("\na = \"\"\"b\\\n \xc3\xa4\"\"\""),
              HasSubstr("r.toml:2: expected letters outside ASCII"));
  EXPECT_THAT(parse_message("a = \"\xff\"\n"), HasSubstr("is not UTF-8"));
}

TEST(TomlConfig, BoundsSizeAndDepth) {
  EXPECT_THAT(parse_message("#" + std::string(300'000, 'a')), HasSubstr("at most 262144 bytes"));
  std::string dotted = "a";
  for (int i = 0; i < 100'000; ++i) dotted += ".a";
  EXPECT_THAT(parse_message("\n" + dotted + " = 1"),
              HasSubstr("r.toml:2: expected tables and lists at most 16"));
  EXPECT_THAT(parse_message("[" + dotted + "]"), HasSubstr("at most 16 levels"));
  EXPECT_THAT(parse_message("x = " + std::string(200'000, '[')), HasSubstr("at most 16 levels"));
  std::string quoted = "'a'";
  for (int i = 0; i < 50'000; ++i) quoted += ".''";
  EXPECT_THAT(parse_message("b = '''\n'\n''' # \"\n" + quoted + " = 1"), HasSubstr("r.toml:4: "));
}

TEST(TomlConfig, DotsAndBracketsInTextAreNoDepth) {
  const std::string dots(100, '.');
  const std::string brackets(100, '[');
  TomlConfig config = TomlConfig::parse("# " + dots + brackets + "\na = \"\\\"" + dots + brackets +
                                            "\"\nb = '" + dots + "'\nc = \"\"\"\n" + brackets + dots +
                                            "\"\"\"\"\nd = [1.5, 2.5, 3.5, 1.5, 1.5, 1.5, 1.5, 1.5, "
                                            "1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5]\n",
                                        "r.toml");
  EXPECT_EQ(config.get_string("a"), "\"" + dots + brackets);
  EXPECT_EQ(config.get_string("b"), dots);
  TomlConfig foreign = TomlConfig::parse("a = \"\"\"\xc3\xa4 \\\n b \xc3\xa4\"\"\"  # \xc3\xa4\n", "r.toml");
  EXPECT_EQ(foreign.get_strings("none"), std::nullopt);
  EXPECT_EQ(error_of([&] { (void)foreign.get_int("a"); }).code(), ErrorCode::kInvalidFile);
  EXPECT_EQ(config.get_numbers("d")->size(), 18U);
}

TEST(TomlConfig, TakesNoControlCharactersDatesOrNestedTables) {
  TomlConfig config =
      TomlConfig::parse("a = \"x\\u0000\"\nb = 2024-01-01\nc = [{d = 1}]\n[[e]]\nf = 1\n", "r.toml");
  EXPECT_THAT(message_of([&] { (void)config.get_string("a"); }), HasSubstr("without control characters"));
  EXPECT_THAT(message_of([&] { (void)config.get_int("b"); }), HasSubstr("found a date or time"));
  EXPECT_THAT(message_of([&] { (void)config.get_ints("c"); }), HasSubstr("found a table"));
  EXPECT_THAT(message_of([&] { (void)config.get_ints("e"); }), HasSubstr("found a table"));
}

TEST(TomlConfig, EveryTruncationAndFlippedByteIsReadOrRefused) {
  for (size_t at = 0; at < kSample.size(); ++at) {
    for (const int mode : std::initializer_list<int>{-1, 0, 0x80, 1, '"', '[', '.', '\n'}) {
      std::string text(mode < 0 ? kSample.substr(0, at) : kSample);
      if (mode >= 0) text[at] = static_cast<char>(mode == 1 ? text[at] ^ 1 : mode);
      try {
        TomlConfig config = TomlConfig::parse(text, "r.toml");
        (void)config.get_int("steps");
        config.finish();
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kInvalidFile) << error.what();
      }
    }
  }
}

TEST(TomlConfig, LoadsAFile) {
  const TestFolder folder;
  TomlConfig config = TomlConfig::load(folder.file("r.toml", "a = 1\n"));
  EXPECT_EQ(config.get_int("a"), 1);
  EXPECT_EQ(error_of([&] { (void)TomlConfig::load(folder.path() / "none.toml"); }).code(),
            ErrorCode::kNotFound);
}

TEST(TomlText, WritesNumbersAndStringsThatReadBack) {
  for (const double value : {0.0, 1e-5, 0.1, 1.0 / 3, 700.0, 1e300, -2.5}) {
    TomlConfig config = TomlConfig::parse("x = " + number_text(value), "t");
    EXPECT_EQ(config.get_number("x"), value) << number_text(value);
  }
  const std::string text = "a\"b\\c \xc3\xa4";
  EXPECT_EQ(TomlConfig::parse("x = " + toml_string(text), "t").get_string("x"), text);
  EXPECT_EQ(toml_string("\n\x7f"), "\"\\u000a\\u007f\"");
}

}  // namespace
}  // namespace sfv::io
