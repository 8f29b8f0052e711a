#include "sfv/io/json_reader.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sfv/core/error.h"
#include "sfv/io/json_tree.h"
#include "sfv/io/utf8.h"
#include "tests/error_of.h"

namespace sfv::io {
namespace {

const JsonSource kSource = {.where = "[test] a.json", .reason = "test.json"};

bool accepts(std::string_view text) {
  const Error error = error_of([&] {
    JsonReader reader(text, kSource);
    reader.skip_value();
    reader.finish();
  });
  const bool is_accepted = error.reason() == "nothing thrown";
  EXPECT_TRUE(is_accepted || error.reason() == "test.json");
  // Building a tree must come to the same verdict as skipping (no duplicate keys in these texts).
  EXPECT_EQ(error_of([&] { static_cast<void>(parse_json(text, kSource)); }).reason(), error.reason()) << text;
  return is_accepted;
}

TEST(JsonReader, AcceptsJson) {
  for (const std::string_view text : {"{}",
                                      "[]",
                                      "null",
                                      "true",
                                      "false",
                                      "\"\"",
                                      "0",
                                      "-0",
                                      "12",
                                      "-1.5e+10",
                                      "1E5",
                                      "0.5",
                                      " \t\r\n{ } \n",
                                      R"({"a":[1,2,{"b":null}],"c":"d"})",
                                      R"("\"\\\/\b\f\n\r\t\u0041\ud83d\ude00\u0000")",
                                      "\"\x7f\"",
                                      "0e999999999999999999999",
                                      "1e-999999999999999999999",
                                      "1e308",
                                      "1.7976931348623157e308"}) {
    EXPECT_TRUE(accepts(text)) << text;
  }
}

TEST(JsonReader, RefusesWhatIsNotJson) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "}",
                                      "[",
                                      "]",
                                      "{]",
                                      "[}",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{,}",
                                      "{a:1}",
                                      "{'a':1}",
                                      "{\"a\" 1}",
                                      "{\"a\":1 \"b\":2}",
                                      "nul",
                                      "nulll",
                                      "True",
                                      "NaN",
                                      "Infinity",
                                      "-Infinity",
                                      "-",
                                      "+1",
                                      "01",
                                      "-01",
                                      "1.",
                                      ".5",
                                      "1e",
                                      "1e+",
                                      "0x10",
                                      "1_0",
                                      "\"",
                                      "\"a",
                                      "\"\\\"",
                                      "\"\\x\"",
                                      "\"\\u12\"",
                                      "\"\\u12g4\"",
                                      "\"\\ud83d\"",
                                      "\"\\ud83dx\"",
                                      "\"\\ud83d\\u0041\"",
                                      "\"\\ude00\"",
                                      "\"\n\"",
                                      "\"\x1f\"",
                                      "1 2",
                                      "{} {}",
                                      "// c\n1",
                                      "1 /* c */",
                                      "\xef\xbb\xbf{}",
                                      "1e309",
                                      "-1e309",
                                      "1e999999999999999999999",
                                      "1.7976931348623159e308",
                                      "{}\x0b"}) {
    EXPECT_FALSE(accepts(text)) << text;
  }
  EXPECT_FALSE(accepts(std::string_view("{}\0", 3)));
  EXPECT_FALSE(accepts(std::string(400, '9')));
}

TEST(JsonReader, StopsAtTheDepthLimit) {
  const auto nested = [](size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(accepts(nested(64)));
  EXPECT_FALSE(accepts(nested(65)));
  EXPECT_FALSE(accepts(std::string(1'000'000, '[')));
}

TEST(JsonReader, NamesLineAndColumn) {
  const Error error = error_of([] { static_cast<void>(parse_json("{\n  \"a\": x\n}", kSource)); });
  EXPECT_STREQ(error.what(),
               "[test] a.json: broken JSON at line 2, column 8: expected a value, found \"x\\x0a}\"");
  EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
}

TEST(JsonReader, AgreesWithAnotherParserOnEveryByteFlip) {
  const std::string text = R"( {"a":[0,-1.5e3,true],"b":{"c":null,"d":"\u00e9\n\ud83d\ude00 é"},"e":false} )";
  size_t accepted = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    for (int byte = 1; byte < 128;
         ++byte) {  // 0 ends the other parser's text; above 127 it is a question of UTF-8
      std::string changed = text;
      changed[i] = static_cast<char>(byte);
      const Error error = error_of([&] {
        JsonReader reader(changed, kSource);
        reader.skip_value();
        reader.finish();
      });
      // Bytes of é stay broken UTF-8 when one of the two changes: not this reader's question.
      if (nlohmann::json::accept(changed) != (error.reason() == "nothing thrown")) {
        ASSERT_GE(text[i] & 0x80, 0x80) << changed;
      }
      accepted += error.reason() == "nothing thrown";
    }
  }
  EXPECT_GT(accepted, 500U);
}

TEST(JsonTree, RefusesAKeyTwiceAtAnyLevelHoweverSpelt) {
  for (const std::string_view text : {R"({"a":1,"b":2,"a":3})", R"({"x":[{"a":1,"\u0061":2}]})"}) {
    const Error error = error_of([&] { static_cast<void>(parse_json(text, kSource)); });
    EXPECT_NE(std::string(error.what()).find("the key \"a\" appears twice"), std::string::npos)
        << error.what();
  }
}

TEST(JsonTree, RefusesTooManyValues) {
  std::string text = "[0";
  for (int i = 0; i < 1'000'000; ++i) text += ",0";
  EXPECT_NE(std::string(error_of([&] { static_cast<void>(parse_json(text + "]", kSource)); }).what())
                .find("1000000 values"),
            std::string::npos);
}

TEST(AppendJsonString, EscapesWhatJsonDemandsAndReadsBack) {
  std::string all;
  for (char32_t c = 0; c < 0x3000; ++c) append_utf8(all, c);
  std::string json;
  append_json_string(json, all);
  EXPECT_EQ(JsonReader(json, kSource).read_string(), all);
  EXPECT_EQ(nlohmann::json::parse(json).get<std::string>(), all);
  std::string small;
  append_json_string(small, "a\"\\\n\x01/é");
  EXPECT_EQ(small, R"("a\"\\\n\u0001/é")");
}

}  // namespace
}  // namespace sfv::io
