#include "sfv/io/json_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

using testing::HasSubstr;

const JsonConfig& sample() {
  static const JsonConfig config = JsonConfig::parse(R"({
    "int": 14, "negative": -3, "largest": 9223372036854775807, "float": 0.18215, "tiny": 1e-400, "yes": true, "no": false,
    "text": "gelu\n", "ints": [320, 640], "floats": [1, 0.5], "texts": ["a", "b"], "mixed": [1, "a"], "empty": [],
    "null": null, "inner": {"hidden_size": 1280, "deep": {"x": 1.5}}})",
                                                     "m/config.json");
  return config;
}

template <typename Call>
std::string message_of(Call&& call, ErrorCode code = ErrorCode::kInvalidFile) {
  const Error error = error_of(call);
  EXPECT_EQ(error.code(), code) << error.what();
  return error.what();
}

std::string parse_message(std::string_view text) {
  return message_of([&] { static_cast<void>(JsonConfig::parse(text, "c.json")); });
}

TEST(JsonConfig, GivesTypedValues) {
  EXPECT_EQ(sample().get_int("int"), 14);
  EXPECT_EQ(sample().get_int("negative"), -3);
  EXPECT_EQ(sample().get_int("largest"), INT64_MAX);
  EXPECT_EQ(sample().get_double("float"), 0.18215);
  EXPECT_EQ(sample().get_double("int"), 14.0);
  EXPECT_EQ(sample().get_double("tiny"), 0.0);
  EXPECT_EQ(sample().get_bool("yes"), true);
  EXPECT_EQ(sample().get_bool("no"), false);
  EXPECT_EQ(sample().get_string("text"), "gelu\n");
  EXPECT_EQ(sample().get_ints("ints"), (std::vector<int64_t>{320, 640}));
  EXPECT_EQ(sample().get_ints("empty"), std::vector<int64_t>{});
  EXPECT_EQ(sample().get_doubles("floats"), (std::vector<double>{1, 0.5}));
  EXPECT_EQ(sample().get_strings("texts"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(sample().is_list("ints"));
  EXPECT_FALSE(sample().is_list("int"));
  EXPECT_FALSE(sample().is_list("absent"));
}

TEST(JsonConfig, TreatsNullAsAbsent) {
  for (const std::string_view key : {"null", "absent"}) {
    EXPECT_FALSE(sample().has(key));
    EXPECT_EQ(sample().get_int(key), std::nullopt);
    EXPECT_EQ(sample().get_double(key), std::nullopt);
    EXPECT_EQ(sample().get_bool(key), std::nullopt);
    EXPECT_EQ(sample().get_string(key), std::nullopt);
    EXPECT_EQ(sample().get_ints(key), std::nullopt);
    EXPECT_FALSE(sample().get_object(key).has_value());
  }
  EXPECT_TRUE(sample().has("no"));
}

TEST(JsonConfig, NamesFileKeyAndWhatItFound) {
  EXPECT_EQ(message_of([] { static_cast<void>(sample().get_int("text")); }),
            "[config] m/config.json: \"text\": expected a whole number, found the string \"gelu\\x0a\"");
  EXPECT_EQ(message_of([] { static_cast<void>(sample().get_int("float")); }),
            "[config] m/config.json: \"float\": expected a whole number, found 0.18215");
  EXPECT_THAT(message_of([] { static_cast<void>(sample().get_double("yes")); }),
              HasSubstr("expected a number, found true"));
  EXPECT_THAT(message_of([] { static_cast<void>(sample().get_bool("int")); }),
              HasSubstr("expected true or false, found 14"));
  EXPECT_THAT(message_of([] { static_cast<void>(sample().get_string("inner")); }),
              HasSubstr("a string, found an object"));
  EXPECT_THAT(message_of([] { static_cast<void>(sample().get_ints("int")); }),
              HasSubstr("expected a list, found 14"));
  EXPECT_THAT(message_of([] { static_cast<void>(sample().get_ints("mixed")); }),
              HasSubstr("found the string \"a\""));
  EXPECT_THAT(message_of([] { static_cast<void>(sample().get_doubles("mixed")); }),
              HasSubstr("expected a number"));
  EXPECT_THAT(message_of([] { static_cast<void>(sample().get_strings("mixed")); }),
              HasSubstr("expected a string, found 1"));
  EXPECT_THAT(message_of([] { static_cast<void>(sample().get_object("ints")); }),
              HasSubstr("an object, found a list of 2"));
}

TEST(JsonConfig, GivesObjectsThatKnowTheirPlace) {
  const std::optional<JsonConfig> inner = sample().get_object("inner");
  ASSERT_TRUE(inner.has_value());
  EXPECT_EQ(inner->get_int("hidden_size"), 1280);
  EXPECT_EQ(inner->get_object("deep")->get_double("x"), 1.5);
  EXPECT_EQ(inner->name(), "m/config.json: \"inner\"");
}

TEST(JsonConfig, OutlivesTheConfigItCameFrom) {
  std::optional<JsonConfig> inner;
  {
    const JsonConfig outer = JsonConfig::parse(R"({"a":{"b":"long enough to be on the heap"}})", "x");
    inner = outer.get_object("a");
  }
  EXPECT_EQ(inner->get_string("b"), "long enough to be on the heap");
}

TEST(JsonConfig, RefusesNumbersOutOfRange) {
  const auto int_message = [](const std::string& number) {
    return message_of(
        [&] { static_cast<void>(JsonConfig::parse("{\"n\":" + number + "}", "c").get_int("n")); });
  };
  EXPECT_THAT(int_message("9223372036854775808"),
              HasSubstr("a whole number of 64 bits, found 9223372036854775808"));
  EXPECT_THAT(int_message("-9223372036854775809"), HasSubstr("64 bits"));
  EXPECT_THAT(int_message("1e3"), HasSubstr("a whole number, found 1e3"));
  EXPECT_THAT(int_message("1.0"), HasSubstr("a whole number, found 1.0"));
  EXPECT_THAT(int_message(std::string(200, '9')), HasSubstr("64 bits"));
  EXPECT_THAT(parse_message(R"({"n":1e309})"), HasSubstr("a number that a double can hold"));
}

TEST(JsonConfig, RefusesBrokenText) {
  EXPECT_THAT(parse_message("{"), HasSubstr("[config] c.json: broken JSON at line 1, column 2"));
  EXPECT_THAT(parse_message("{\"n\": NaN}"), HasSubstr("expected a value, found \"NaN}\""));
  EXPECT_THAT(parse_message("[1]"), HasSubstr("expected an object, found a list of 1"));
  EXPECT_THAT(parse_message("{\"a\":\"\xff\"}"), HasSubstr("is not UTF-8 at byte 6"));
  EXPECT_THAT(parse_message("{\"a\":1,\"a\":1}"), HasSubstr("\"a\" appears twice"));
  EXPECT_THAT(parse_message("{\"a\":" + std::string(64, '[') + std::string(64, ']') + "}"),
              HasSubstr("at most 64"));
  EXPECT_THAT(parse_message(std::string((size_t{16} << 20) + 1, ' ')), HasSubstr("16777216 bytes"));
}

TEST(JsonConfig, AllowsOnlyTheKeysItIsTold) {
  const JsonConfig config = JsonConfig::parse(R"({"steps":1,"stepz":2,"x":3})", "sfv.json");
  EXPECT_EQ(message_of(
                [&] {
                  config.allow_only({"steps", "fps"});
                },
                ErrorCode::kInvalidArgument),
            "[config] sfv.json: unknown \"stepz\", \"x\"; allowed are steps, fps");
  config.allow_only({"x", "stepz", "steps"});
}

TEST(JsonConfig, TakesANumberInItsPlaceOrAtTheEnd) {
  const JsonConfig config = JsonConfig::parse(R"({"b": 1, "a": "x"})", "c");
  const JsonConfig changed = config.with_double("b", 0.25).with_double("aa", 1e-30).with_double("z", 3);
  EXPECT_EQ(changed.text(), "{\n  \"b\": 0.25,\n  \"a\": \"x\",\n  \"aa\": 1e-30,\n  \"z\": 3\n}");
  EXPECT_EQ(changed.get_double("aa"), 1e-30);
  EXPECT_EQ(changed.get_string("a"), "x");
  EXPECT_EQ(changed.get_double("z"), 3);
  EXPECT_EQ(config.get_int("b"), 1);
}

TEST(JsonConfig, WritesItselfInOrderWithNumbersAsTheyWere) {
  const JsonConfig config =
      JsonConfig::parse(R"({"b":1.10,"a":[1,{"x":null}],"e":[],"o":{},"s":"\u00e9\n","t":true})", "c");
  EXPECT_EQ(config.text(),
            "{\n  \"b\": 1.10,\n  \"a\": [\n    1,\n    {\n      \"x\": null\n    }\n  ],\n  \"e\": [],\n  "
            "\"o\": {},\n"
            "  \"s\": \"é\\n\",\n  \"t\": true\n}");
  EXPECT_EQ(config.keys(), (std::vector<std::string>{"b", "a", "e", "o", "s", "t"}));
  EXPECT_EQ(JsonConfig::parse(config.text(), "c").text(), config.text());
}

TEST(JsonConfig, LoadsFiles) {
  const TestFolder folder;
  EXPECT_EQ(JsonConfig::load(folder.file("c.json", R"({"a":1})")).get_int("a"), 1);
  EXPECT_THAT(message_of([&] { static_cast<void>(JsonConfig::load(folder.file("empty.json", ""))); }),
              HasSubstr("empty.json"));
  message_of([&] { static_cast<void>(JsonConfig::load(folder.path() / "absent.json")); },
             ErrorCode::kNotFound);
}

}  // namespace
}  // namespace sfv::io
