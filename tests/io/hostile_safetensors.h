#pragma once

// The hostile files of hostile_safetensors_test.cpp, made by rule, so that nothing but the official library's
// verdicts about them has to be stored: every bit and many bytes of a header changed, every truncation, every
// rule broken alone and in pairs.

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace sfv::io {

inline std::string with_length(const std::string& header, const std::string& data, uint64_t length) {
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file + header + data;
}

inline std::string with_length(const std::string& header, const std::string& data) {
  return with_length(header, data, header.size());
}

/// The parts of a small valid file, each to be replaced by something broken.
struct FileParts {
  std::string before = {};  // the header's first brace
  std::string metadata = R"("__metadata__":{"format":"pt"},)";
  std::string name = R"("a.weight")";
  std::string dtype = R"("dtype":"F32")";
  std::string shape = R"("shape":[2,1])";
  std::string offsets = R"("data_offsets":[0,8])";
  std::string extra = {};  // after the three, with its comma
  std::string second = R"(,"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]})";
  std::string after = {};  // the header's last brace
  std::string data = "ABCDEFGHxyz";
  int64_t length_off_by = 0;

  [[nodiscard]] std::string header() const {
    return before + "{" + metadata + name + ":{" + dtype + "," + shape + "," + offsets + extra + "}" +
           second + "}" + after;
  }
  [[nodiscard]] std::string file() const {
    return with_length(header(), data, header().size() + static_cast<uint64_t>(length_off_by));
  }
};

/// Each breaks one rule, or bends it in a way that the official parser allows.
inline std::vector<std::function<void(FileParts&)>> rule_breakers() {
  std::vector<std::function<void(FileParts&)>> breakers;
  const auto put = [&](std::string FileParts::*part, std::initializer_list<const char*> values) {
    for (const char* value : values)
      breakers.emplace_back([part, value](FileParts& parts) { parts.*part = value; });
  };
  put(&FileParts::before, {" \t\r\n", "\xef\xbb\xbf", "[", "x", "\xff"});
  put(&FileParts::metadata,
      {"", R"("__metadata__":null,)", R"("__metadata__":{},)", R"("__metadata__":{"format":1},)",
       R"("__metadata__":[],)", R"("__metadata__":{"a":"b","a":"c"},)",
       R"("__metadata__":{},"__metadata__":{},)", R"("__metadata__":{"a":null},)", ","});
  put(&FileParts::name,
      {R"("b")", R"("")", R"("__metadata__")", R"("\u0062")", R"("\ud800")", "a", R"("a\)", R"("\u0000é")"});
  put(&FileParts::dtype,
      {R"("dtype":"F64")", R"("dtype":"BF16")", R"("dtype":"f32")", R"("dtype":"F4")", R"("dtype":"C64")",
       R"("dtype":"F8_E8M0")", R"("dtype":null)", R"("dtype":5)", R"("dtype":{"F32":null})",
       R"("dtype":{"F32":1})", R"("dtype":["F32"])", R"("dtypes":"F32")", R"("dtype":"F32","dtype":"F32")",
       R"("d\u0074ype":"F\u00332")", R"("dtype":"I32")"});
  put(&FileParts::shape, {R"("shape":[])",
                          R"("shape":[2])",
                          R"("shape":[3])",
                          R"("shape":[2,1,1,1,1])",
                          R"("shape":[-2,1])",
                          R"("shape":[2.0])",
                          R"("shape":[2e0])",
                          R"("shape":2)",
                          R"("shape":null)",
                          R"("shape":["2"])",
                          R"("shape":[[2]])",
                          R"("shape":[2,1,])",
                          R"("shape":[18446744073709551615,2])",
                          R"("shape":[4611686018427387904,4,0])",
                          R"("shape":[0,9223372036854775808])",
                          R"("shape":[18446744073709551616])",
                          R"("shape":[0])",
                          R"("SHAPE":[2])",
                          R"("shape":[2],"shape":[2])",
                          R"("shape":[-0,2])",
                          R"("shape":[02])",
                          R"("shape":{})",
                          R"("shape":[true])",
                          R"("shape":[4294967296,4294967296])"});
  put(&FileParts::offsets, {R"("data_offsets":[0,4])",
                            R"("data_offsets":[0,9])",
                            R"("data_offsets":[1,9])",
                            R"("data_offsets":[8,0])",
                            R"("data_offsets":[0,0])",
                            R"("data_offsets":[8,11])",
                            R"("data_offsets":[3,11])",
                            R"("data_offsets":[11,19])",
                            R"("data_offsets":[0,18446744073709551615])",
                            R"("data_offsets":[18446744073709551608,18446744073709551615])",
                            R"("data_offsets":[0,18446744073709551616])",
                            R"("data_offsets":[-8,0])",
                            R"("data_offsets":[0])",
                            R"("data_offsets":[0,8,8])",
                            R"("data_offsets":[])",
                            R"("data_offsets":null)",
                            R"("data_offsets":["0","8"])",
                            R"("data_offsets":[0.0,8.0])",
                            R"("offsets":[0,8])",
                            R"("data_offsets":[0,8],"data_offsets":[0,8])",
                            R"("data_offsets":8)"});
  put(&FileParts::extra, {R"(,"x":null)",
                          R"(,"x":1e999)",
                          R"(,"x":-1E-999)",
                          R"(,"x":1,"x":2)",
                          R"(,"x":[{"y":[[],{}]}])",
                          R"(,"x":"\ud83d\ude00")",
                          R"(,"x":"\ud83d")",
                          ",\"x\":\"\x01\"",
                          R"(,"x":nul)",
                          R"(,"x":01)",
                          R"(,"x":1.)",
                          R"(,"x":"\x")",
                          ",",
                          R"(,"x")",
                          R"(,"x":})",
                          ",\"x\":\"\xc3\"",
                          ",\"x\":\"\x7f\"",
                          R"(,"x":NaN)",
                          R"(,"x":tru)",
                          R"(,"x":1 2)"});
  put(&FileParts::second,
      {"", ",", R"(,"a.weight":{"dtype":"U8","shape":[3],"data_offsets":[8,11]})",
       R"(,"b":["U8",[3],[8,11]])", R"(,"b":["U8",[3]])", R"(,"b":["U8",[3],[8,11],0])", R"(,"b":null)",
       R"(,"b":{})", R"(,"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},"c":)",
       R"(,"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},"c":{"dtype":"I64","shape":[0],"data_offsets":[11,11]})",
       R"(,"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},"c":{"dtype":"I64","shape":[0],"data_offsets":[8,8]})",
       R"(,"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},"c":{"dtype":"I64","shape":[0],"data_offsets":[9,9]})",
       R"(,"b":{"dtype":"BOOL","shape":[3],"data_offsets":[8,11]})",
       R"(,"b":{"dtype":"U8","shape":[11],"data_offsets":[0,11]})"});
  put(&FileParts::after, {"  ", "\n", "}", "{}", ",", "\x0b"});
  breakers.emplace_back([](FileParts& parts) { parts.after = std::string(1, '\0'); });
  put(&FileParts::data, {"", "ABCDEFGHxy", "ABCDEFGHxyz.", "ABCDEFGH", "xyz"});
  for (const int64_t change : {-1L, 1L, -8L, 11L, 12L, 100L, 1'000'000'000L, -1000L, INT64_MIN}) {
    breakers.emplace_back([change](FileParts& parts) { parts.length_off_by = change; });
  }
  return breakers;
}

/// About 20,000 files, always the same.
inline std::vector<std::string> hostile_safetensors() {
  std::vector<std::string> files;
  // Bytes that mean something to JSON or to a length, besides the flips of each bit.
  const std::string meaningful = std::string("\"{}[],:0 9-\\.eE\n\x1f\x7f\x80\xff", 20) + '\0';
  FileParts listed;
  listed.second = R"(,"b\n":["U8",[3,1],[8,11]])";
  for (const FileParts& parts : {FileParts{}, listed}) {
    const std::string file = parts.file();
    const size_t header_end = 8 + parts.header().size();
    for (size_t i = 0; i < header_end; ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        files.push_back(file);
        files.back()[i] = static_cast<char>(file[i] ^ (1 << bit));
      }
      for (const char c : meaningful) {
        files.push_back(file);
        files.back()[i] = c;
      }
    }
    for (size_t i = 0; i <= file.size(); ++i) files.push_back(file.substr(0, i));
    const std::string header = parts.header();
    for (size_t i = 0; i < header.size(); ++i) {
      files.push_back(with_length(header.substr(0, i), parts.data));
      files.push_back(with_length(std::string(header).erase(i, 1), parts.data));
      files.push_back(with_length(std::string(header).insert(i, 1, header[i]), parts.data));
      files.push_back(with_length(std::string(header).insert(i, 1, ' '), parts.data));
    }
  }
  const auto breakers = rule_breakers();
  for (size_t i = 0; i < breakers.size(); ++i) {
    for (size_t j = i; j < breakers.size(); ++j) {
      FileParts parts;
      breakers[i](parts);
      if (j != i) breakers[j](parts);
      files.push_back(parts.file());
    }
  }
  for (size_t depth = 120; depth < 130; ++depth) {
    for (const auto& [open, close] : {std::pair<std::string, std::string>{"[", "]"}, {"{\"k\":", "}"}}) {
      FileParts parts;
      parts.extra = ",\"x\":";
      for (size_t i = 0; i < depth; ++i) parts.extra += open;
      parts.extra += open == "[" ? "" : "0";
      for (size_t i = 0; i < depth; ++i) parts.extra += close;
      files.push_back(parts.file());
    }
  }
  return files;
}

}  // namespace sfv::io
