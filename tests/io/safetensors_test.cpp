#include "sfv/io/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

using testing::HasSubstr;

std::string file_of(const std::string& header, const std::string& data = "") {
  const uint64_t length = header.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file + header + data;
}

SafetensorsHeader parse(const std::string& file) {
  return parse_safetensors(std::as_bytes(std::span(file)), "a.safetensors");
}

Error refusal(const std::string& file) {
  return error_of([&] { static_cast<void>(parse(file)); });
}

// The rule by which a file with this header and data is refused.
std::string rule_of(const std::string& header, const std::string& data = "") {
  const Error error = refusal(file_of(header, data));
  EXPECT_EQ(error.code(), ErrorCode::kInvalidFile) << header;
  EXPECT_THAT(error.what(), HasSubstr("[safetensors] a.safetensors: "));
  return error.reason();
}

// One tensor "t" of these JSON values, with `data`.
std::string tensor(const std::string& dtype, const std::string& shape, const std::string& offsets,
                   const std::string& extra = "") {
  return R"({"t":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + extra +
         "}}";
}

TEST(Safetensors, GivesNamesShapesAndBytes) {
  const TestFolder folder;
  const auto path = folder.file(
      "a.safetensors",
      file_of(R"({"__metadata__":{"format":"pt"},"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]},)"
              R"("a":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}})",
              "abcdef"));
  const auto file = SafetensorsFile::open(path);
  ASSERT_EQ(file->tensors().size(), 2U);
  const TensorInfo& a = file->tensors().at("a");
  EXPECT_EQ(a.dtype, DType::kF32);
  EXPECT_EQ(a.shape, (std::vector<int64_t>{1, 1}));
  const auto text_of = [&](std::string_view name) {
    const auto bytes = file->data(name);
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  EXPECT_EQ(text_of("a"), "abcd");
  EXPECT_EQ(text_of("b"), "ef");
  EXPECT_EQ(file->metadata(), (std::map<std::string, std::string>{{"format", "pt"}}));
  EXPECT_EQ(file->path(), path);
  EXPECT_EQ(static_cast<char>(file->header().front()), '{');
  EXPECT_EQ(static_cast<char>(file->header().back()), '}');
  const Error error = error_of([&] { static_cast<void>(file->data("c")); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.what(), HasSubstr("has no tensor \"c\""));
}

TEST(Safetensors, KnowsItsDTypes) {
  const std::map<std::string, size_t> sizes = {{"BOOL", 1}, {"U8", 1},      {"I8", 1},      {"I16", 2},
                                               {"U16", 2},  {"I32", 4},     {"U32", 4},     {"I64", 8},
                                               {"U64", 8},  {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"F16", 2},
                                               {"BF16", 2}, {"F32", 4},     {"F64", 8}};
  for (const auto& [name, size] : sizes) {
    const SafetensorsHeader header = parse(file_of(
        tensor("\"" + name + "\"", "[1]", "[0," + std::to_string(size) + "]"), std::string(size, 'x')));
    EXPECT_EQ(to_string(header.tensors.at("t").dtype), name);
    EXPECT_EQ(size_of(header.tensors.at("t").dtype), size);
    EXPECT_EQ(parse_dtype(name), header.tensors.at("t").dtype);
  }
  EXPECT_EQ(parse_dtype("f32"), std::nullopt);
}

TEST(Safetensors, AcceptsWhatTheOfficialParserAccepts) {
  for (
      const std::string& header :
      {std::string("{}"), std::string(" \n{} \t"), tensor("\"U8\"", "[1]", "[0,1]").insert(0, "  "),
       tensor("\"U8\"", "[1]", "[0,1]", R"(,"new":{"x":[1,null,"\u0000"]},"new":1)"),
       tensor(R"({"U8":null})", "[1]", "[0,1]"), std::string(R"({"t":["U8",[1],[0,1]]})"),
       std::string(R"({"\u0074":{"d\u0074ype":"U8","shape":[1],"data_offsets":[0,1]}})"),
       std::string(R"({"__metadata__":null})"), std::string(R"({"__metadata__":{}})"),
       std::string(
           R"({"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"z":{"dtype":"U8","shape":[0,5],"data_offsets":[0,0]}})")}) {
    const std::string data = header.find("[0,1]") == std::string::npos ? "" : "x";
    EXPECT_EQ(refusal(file_of(header, data)).reason(), "nothing thrown") << header;
  }
}

TEST(Safetensors, RefusesEachBrokenRuleByItsName) {
  EXPECT_EQ(refusal("").reason(), "safetensors.header_too_small");
  EXPECT_EQ(refusal("1234567").reason(), "safetensors.header_too_small");
  EXPECT_EQ(refusal(std::string(16, '\xff')).reason(), "safetensors.header_too_large");
  EXPECT_EQ(refusal(file_of("{}").substr(0, 9)).reason(), "safetensors.header_length");
  EXPECT_EQ(rule_of("\xff"), "safetensors.header_utf8");
  EXPECT_EQ(rule_of(""), "safetensors.header_json");
  EXPECT_EQ(rule_of("[]"), "safetensors.header_json");
  EXPECT_EQ(rule_of(std::string("{}\0", 3)), "safetensors.header_json");
  EXPECT_EQ(rule_of("\xef\xbb\xbf{}"), "safetensors.header_json");
  EXPECT_EQ(rule_of(R"({"__metadata__":{"a":1}})"), "safetensors.header_json");
  EXPECT_EQ(rule_of(R"({"__metadata__":[]})"), "safetensors.header_json");
  EXPECT_EQ(rule_of(R"({"t":null})"), "safetensors.header_json");
  EXPECT_EQ(rule_of(R"({"t":["U8",[1]]})", "x"), "safetensors.header_json");
  EXPECT_EQ(rule_of(R"({"t":["U8",[1],[0,1],0]})", "x"), "safetensors.header_json");
  EXPECT_EQ(rule_of(R"({"__metadata__":{},"__metadata__":{}})"), "safetensors.duplicate_key");
  EXPECT_EQ(rule_of(R"({"__metadata__":{"a":"","\u0061":""}})"), "safetensors.duplicate_key");
  EXPECT_EQ(rule_of(tensor("\"U8\"", "[1]", "[0,1]", R"(,"dtype":"U8")"), "x"), "safetensors.duplicate_key");
  EXPECT_EQ(rule_of(R"({"t":["U8",[0],[0,0]],"t":["U8",[0],[0,0]]})"), "safetensors.duplicate_key");
  for (const char* dtype : {"\"f32\"", "\"C128\"", "\"F4\"", "\"C64\"", "4", "null", "{}", R"({"U8":1})",
                            R"({"U8":null,"x":null})"}) {
    EXPECT_EQ(rule_of(tensor(dtype, "[1]", "[0,1]"), "x"), "safetensors.invalid_dtype") << dtype;
  }
  EXPECT_EQ(rule_of(R"({"t":{"shape":[1],"data_offsets":[0,1]}})", "x"), "safetensors.invalid_dtype");
  for (const char* shape :
       {"1", "null", "{}", "[-1]", "[1.0]", "[-0]", "[1e0]", "[\"1\"]", "[[1]]", "[18446744073709551616]"}) {
    EXPECT_EQ(rule_of(tensor("\"U8\"", shape, "[0,1]"), "x"), "safetensors.invalid_shape") << shape;
  }
  EXPECT_EQ(rule_of(R"({"t":{"dtype":"U8","data_offsets":[0,1]}})", "x"), "safetensors.invalid_shape");
  for (const char* offsets :
       {"1", "[1]", "[0,1,2]", "[-1,0]", "[0.0,1]", "[0,null]", "[1,2]", "[1,0]", "{}"}) {
    EXPECT_EQ(rule_of(tensor("\"U8\"", "[1]", offsets), "x"), "safetensors.invalid_offset") << offsets;
  }
  EXPECT_EQ(rule_of(R"({"t":{"dtype":"U8","shape":[1]}})", "x"), "safetensors.invalid_offset");
  EXPECT_EQ(rule_of(tensor("\"U8\"", "[2]", "[0,1]"), "x"), "safetensors.tensor_size");
  EXPECT_EQ(rule_of(tensor("\"U8\"", "[4294967296,4294967296]", "[0,1]"), "x"), "safetensors.overflow");
  EXPECT_EQ(rule_of(tensor("\"F32\"", "[4611686018427387904]", "[0,1]"), "x"), "safetensors.overflow");
  EXPECT_EQ(rule_of(tensor("\"U8\"", "[4294967296,4294967296,0]", "[0,0]")), "safetensors.overflow");
  EXPECT_EQ(rule_of(tensor("\"U8\"", "[0,18446744073709551615]", "[0,0]")), "safetensors.overflow");
  EXPECT_EQ(rule_of(tensor("\"U8\"", "[1]", "[0,1]")), "safetensors.incomplete_buffer");
  EXPECT_EQ(rule_of(tensor("\"U8\"", "[1]", "[0,1]"), "xy"), "safetensors.incomplete_buffer");
}

TEST(Safetensors, RefusesOverlapsAndHoles) {
  const auto two = [](const std::string& first, const std::string& second) {
    return R"({"a":["U8",[4],)" + first + R"(],"b":["U8",[4],)" + second + "]}";
  };
  EXPECT_EQ(refusal(file_of(two("[0,4]", "[4,8]"), "12345678")).reason(), "nothing thrown");
  EXPECT_EQ(rule_of(two("[0,4]", "[2,6]"), "123456"), "safetensors.invalid_offset");
  EXPECT_EQ(rule_of(two("[0,4]", "[0,4]"), "1234"), "safetensors.invalid_offset");
  EXPECT_EQ(rule_of(two("[0,4]", "[5,9]"), "123456789"), "safetensors.invalid_offset");
}

TEST(Safetensors, NamesTheTensorAndWhatIsWrong) {
  EXPECT_THAT(refusal(file_of(tensor("\"F4\"", "[1]", "[0,1]"), "x")).what(),
              HasSubstr("tensor \"t\": dtype \"F4\" is not supported by sfv"));
  EXPECT_THAT(refusal(file_of(tensor("\"G4\"", "[1]", "[0,1]"), "x")).what(),
              HasSubstr("is not one of the format's"));
  EXPECT_THAT(refusal(file_of(tensor("\"U8\"", "[2]", "[0,1]"), "x")).what(),
              HasSubstr("tensor \"t\": expected 2 bytes from its shape and dtype, data_offsets span 1"));
  EXPECT_THAT(refusal(file_of(tensor("\"U8\"", "[1]", "[0,1]"))).what(), HasSubstr("incomplete download?"));
}

TEST(Safetensors, StopsAtTheOfficialParsersDepth) {
  const auto nested = [](size_t n) {
    return tensor("\"U8\"", "[1]", "[0,1]", ",\"x\":" + std::string(n, '[') + std::string(n, ']'));
  };
  EXPECT_EQ(refusal(file_of(nested(125), "x")).reason(), "nothing thrown");
  EXPECT_EQ(rule_of(nested(126), "x"), "safetensors.header_json");
}

TEST(Safetensors, ReadsTheSharedVectors) {
  const std::filesystem::path folder = std::filesystem::path(SFV_SHARED_DATA) / "safetensors_vectors";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "no " << folder << ": the published test vectors are not checked";
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (entry.path().extension() != ".safetensors") continue;
    ++count;
    const Error error = error_of([&] { static_cast<void>(SafetensorsFile::open(entry.path())); });
    EXPECT_EQ(error.reason() == "nothing thrown", name.starts_with("ok_")) << name << ": " << error.what();
    EXPECT_TRUE(name.starts_with("ok_") || error.reason().starts_with("safetensors.")) << name;
  }
  EXPECT_GE(count, 33U);
}

TEST(Safetensors, OpensOnlyFiles) {
  const TestFolder folder;
  EXPECT_EQ(error_of([&] { static_cast<void>(SafetensorsFile::open(folder.path() / "no")); }).code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(error_of([&] { static_cast<void>(SafetensorsFile::open(folder.path())); }).code(),
            ErrorCode::kInvalidFile);
}

}  // namespace
}  // namespace sfv::io
