#include "sfv/io/state_dict_zip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "sfv/io/hash.h"
#include "tests/error_of.h"
#include "tests/io/allocation_meter.h"
#include "tests/io/zip_builder.h"
#include "tests/temporary_folder.h"

namespace sfv::io {
namespace {

using testing::HasSubstr;
using Tensors = std::map<std::string, TensorInfo, std::less<>>;

const std::filesystem::path kFolder = std::filesystem::path(SFV_SOURCE_DIR) / "tests/golden/state_dict";

Tensors parse(const std::string& file) {
  return parse_state_dict_zip(std::as_bytes(std::span(file)), "a.pth");
}

// A file with this pickle and one storage, "0", of four floats.
std::string file_of(const std::string& pickle) {
  return ZipBuilder{.entries = {{"a/data.pkl", pickle}, {"a/data/0", std::string(16, 'x')}}}.build();
}

std::string number(int64_t value) {
  std::string out = "\x8a\x08";
  out.append(reinterpret_cast<const char*>(&value), 8);
  return out;
}

std::string text(const std::string& value) {
  const auto length = static_cast<uint32_t>(value.size());
  return "X" + std::string(reinterpret_cast<const char*>(&length), 4) + value;
}

const std::string kProtocol = "\x80\x02";
const std::string kStorage =
    "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K\x04tQ";
const std::string kHooks = "ccollections\nOrderedDict\n)R";

// A tensor over the storage above; sizes and strides are pickled tuples.
std::string tensor(const std::string& offset, const std::string& sizes, const std::string& strides) {
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + kStorage + offset + sizes + strides + "\x89" + kHooks +
         "tR";
}

std::string dict_of(const std::string& name, const std::string& value) {
  return kProtocol + "}" + text(name) + value + "s.";
}

const std::string kWhole = tensor("K" + std::string(1, '\0'), "K\x04\x85", "K\x01\x85");

std::string rule_of(const std::string& pickle) {
  const Error error = error_of([&] { static_cast<void>(parse(file_of(pickle))); });
  EXPECT_TRUE(error.reason() == "nothing thrown" || error.code() == ErrorCode::kInvalidFile);
  return error.reason();
}

TEST(StateDictZip, ReadsWhatTorchSaves) {
  const auto expected = nlohmann::json::parse(read_text(kFolder / "expected.json"));
  for (const auto& [name, tensors] : expected.at("good").items()) {
    const auto file = open_state_dict_zip(kFolder / (name + ".pth"));
    EXPECT_EQ(file->tensors().size(), tensors.size()) << name;
    for (const auto& [key, tensor] : tensors.items()) {
      const auto found = file->tensors().find(key);
      ASSERT_NE(found, file->tensors().end()) << name << " " << key;
      EXPECT_EQ(to_string(found->second.dtype), tensor.at("dtype").get<std::string>()) << key;
      EXPECT_EQ(found->second.shape, tensor.at("shape").get<std::vector<int64_t>>()) << key;
      EXPECT_EQ(sha256(file->data(key)), tensor.at("sha256").get<std::string>()) << key;
    }
  }
  const auto file = open_state_dict_zip(kFolder / "good_shared.pth");
  EXPECT_EQ(file->path(), kFolder / "good_shared.pth");
  EXPECT_EQ(error_of([&] { static_cast<void>(file->data("no")); }).code(), ErrorCode::kInvalidArgument);
}

TEST(StateDictZip, RefusesTheRestByName) {
  const auto expected = nlohmann::json::parse(read_text(kFolder / "expected.json"));
  EXPECT_GE(expected.at("bad").size(), 17U);
  for (const auto& [name, reason] : expected.at("bad").items()) {
    const auto path = kFolder / (name + ".pth");
    const Error error = error_of([&] { static_cast<void>(open_state_dict_zip(path)); });
    EXPECT_EQ(error.reason(), reason.get<std::string>()) << name << ": " << error.what();
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
  }
  EXPECT_FALSE(std::filesystem::exists("/tmp/sfv_was_here"));
  const Error evil = error_of([&] { static_cast<void>(open_state_dict_zip(kFolder / "bad_global.pth")); });
  EXPECT_THAT(evil.what(), HasSubstr("refers to \"posix.system\""));
}

TEST(StateDictZip, ReadsAHandMadePickle) {
  const std::string file = file_of(dict_of("w", kWhole));
  const Tensors tensors = parse(file);
  ASSERT_EQ(tensors.size(), 1U);
  EXPECT_EQ(tensors.at("w").shape, std::vector<int64_t>{4});
  EXPECT_EQ(file.substr(tensors.at("w").begin, 16), std::string(16, 'x'));
  EXPECT_EQ(tensors.at("w").end - tensors.at("w").begin, 16U);
}

TEST(StateDictZip, ChecksTensorsAgainstTheirStorage) {
  const auto rule = [](int64_t offset, const std::string& sizes, const std::string& strides) {
    return rule_of(dict_of("w", tensor(number(offset), sizes, strides)));
  };
  const auto tuple2 = [](int64_t a, int64_t b) { return number(a) + number(b) + "\x86"; };
  constexpr int64_t kHuge = INT64_MAX;
  EXPECT_EQ(rule(0, tuple2(2, 2), tuple2(2, 1)), "nothing thrown");
  EXPECT_EQ(rule(2, tuple2(2, 1), tuple2(1, 77)),
            "nothing thrown");  // a stride of a single row is of no account
  EXPECT_EQ(rule(4, tuple2(0, 9), tuple2(9, 1)), "nothing thrown");
  EXPECT_EQ(rule(0, ")", ")"), "nothing thrown");
  EXPECT_EQ(rule(0, tuple2(2, 2), tuple2(1, 2)), "pickle.not_contiguous");
  EXPECT_EQ(rule(0, tuple2(2, 2), tuple2(0, 1)), "pickle.not_contiguous");
  EXPECT_EQ(rule(1, tuple2(2, 2), tuple2(2, 1)), "pickle.tensor");
  EXPECT_EQ(rule(5, tuple2(0, 2), tuple2(2, 1)), "pickle.tensor");
  EXPECT_EQ(rule(4, ")", ")"), "pickle.tensor");
  EXPECT_EQ(rule(kHuge, tuple2(2, 2), tuple2(2, 1)), "pickle.tensor");
  EXPECT_EQ(rule(0, tuple2(kHuge, 2), tuple2(2, 1)), "pickle.tensor");
  EXPECT_EQ(rule(0, tuple2(kHuge, kHuge), tuple2(kHuge, 1)), "pickle.tensor");
  EXPECT_EQ(rule(-1, tuple2(1, 1), tuple2(1, 1)), "pickle.tensor");
  EXPECT_EQ(rule(0, tuple2(-1, 1), tuple2(1, 1)), "pickle.tensor");
  EXPECT_EQ(rule(0, tuple2(1, 1), tuple2(-1, 1)), "pickle.tensor");
  EXPECT_EQ(rule(0, tuple2(1, 1), number(1) + "\x85"), "pickle.tensor");
  EXPECT_EQ(rule(0, text("a") + "\x85", number(1) + "\x85"), "pickle.tensor");
  std::string many = "(";
  for (int i = 0; i < 65; ++i) many += "K\x01";
  EXPECT_EQ(rule(0, many + "t", many + "t"), "pickle.tensor");
}

TEST(StateDictZip, RefusesEveryBrokenPickleByItsRule) {
  const auto with_value = [](const std::string& value) { return rule_of(dict_of("w", value)); };
  EXPECT_EQ(rule_of(""), "pickle.truncated");
  EXPECT_EQ(rule_of("\x80\x04."), "pickle.opcode");
  EXPECT_EQ(rule_of("}."), "pickle.opcode");
  EXPECT_EQ(rule_of(kProtocol + "."), "pickle.stack");
  EXPECT_EQ(rule_of(kProtocol + "}}."), "pickle.stack");
  EXPECT_EQ(rule_of(kProtocol + "}.x"), "pickle.structure");
  EXPECT_EQ(rule_of(kProtocol + "N."), "pickle.structure");
  EXPECT_EQ(rule_of(kProtocol + "(."), "pickle.structure");
  EXPECT_EQ(with_value("N"), "pickle.structure");
  EXPECT_EQ(rule_of(kProtocol + "}" + text("w") + kWhole + "s" + text("w") + kWhole + "s."),
            "pickle.duplicate_key");
  EXPECT_EQ(rule_of(kProtocol + "}K\x01" + kWhole + "s."), "pickle.structure");
  EXPECT_EQ(rule_of(kProtocol + "}" + text("\xff") + kWhole + "s."), "pickle.string");
  EXPECT_EQ(rule_of(kProtocol + "}(" + text("w") + "u."), "pickle.stack");
  EXPECT_EQ(rule_of(kProtocol + "}u."), "pickle.stack");
  EXPECT_EQ(rule_of(kProtocol + "t."), "pickle.stack");
  EXPECT_EQ(rule_of(kProtocol + "s."), "pickle.stack");
  EXPECT_EQ(rule_of(kProtocol + "(\x85."), "pickle.stack");
  EXPECT_EQ(rule_of(kProtocol + "N" + text("w") + "Ns."), "pickle.structure");
  EXPECT_EQ(rule_of(kProtocol + "h\x01."), "pickle.memo");
  EXPECT_EQ(rule_of(kProtocol + "}q\x01."), "pickle.memo");
  EXPECT_EQ(rule_of(kProtocol + "}r\xff\xff\xff\x7f."), "pickle.memo");
  EXPECT_EQ(rule_of(kProtocol + "q"), "pickle.truncated");
  EXPECT_EQ(rule_of(kProtocol + "cos\nsystem\n" + text("true") + "\x85R."), "pickle.global");
  EXPECT_EQ(rule_of(kProtocol + "ctorch\nload\n."), "pickle.global");
  EXPECT_EQ(rule_of(kProtocol + "cos"), "pickle.truncated");
  EXPECT_EQ(rule_of(kProtocol + "X\xff\xff\xff\xff"
                                "abc."),
            "pickle.truncated");
  EXPECT_EQ(rule_of(kProtocol + "\x8a\x09"
                                "123456789."),
            "pickle.integer");
  EXPECT_EQ(rule_of(kProtocol + "ccollections\nOrderedDict\nN\x85R."), "pickle.reduce");
  EXPECT_EQ(rule_of(kProtocol + "ctorch\nFloatStorage\n)R."), "pickle.reduce");
  EXPECT_EQ(rule_of(kProtocol + "N)R."), "pickle.reduce");
  EXPECT_EQ(rule_of(kProtocol + "ctorch._utils\n_rebuild_tensor_v2\n)R."), "pickle.reduce");
  EXPECT_EQ(rule_of(kProtocol + "ctorch._utils\n_rebuild_parameter\n)R."), "pickle.reduce");
  EXPECT_EQ(rule_of(kProtocol + ")Q."), "pickle.persistent_id");
  EXPECT_EQ(rule_of(kProtocol + "NQ."), "pickle.persistent_id");
  EXPECT_EQ(rule_of(kProtocol + "(" + text("storage") + "ccollections\nOrderedDict\n" + text("0") +
                    text("cpu") + "K\x04tQ."),
            "pickle.persistent_id");
  EXPECT_EQ(rule_of(kProtocol + "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") +
                    number(-1) + "tQ."),
            "pickle.persistent_id");
  EXPECT_EQ(rule_of(kProtocol + "}Nb."), "pickle.build");
  EXPECT_EQ(rule_of(kProtocol + "N}b."), "pickle.build");
  EXPECT_EQ(rule_of(kProtocol + std::string(20'000, 'N')), "pickle.limit");
  EXPECT_EQ(rule_of(kProtocol + std::string(9'000, ')')), "pickle.limit");
  // Everything that pickles can do and tensors do not need: instances, calls by other opcodes, floats, lists,
  // sets, frames.
  const std::set<char> known = {'(', ')', 't',    '}',    's',    'u',    'N',    'J',   'K',
                                'M', 'X', 'q',    'r',    'h',    'j',    'c',    'Q',   'R',
                                'b', '.', '\x85', '\x86', '\x87', '\x88', '\x89', '\x8a'};
  for (int opcode = 0; opcode < 256; ++opcode) {
    if (known.contains(static_cast<char>(opcode))) continue;
    EXPECT_EQ(rule_of(kProtocol + static_cast<char>(opcode) + std::string(20, '.')), "pickle.opcode")
        << opcode;
  }
}

TEST(StateDictZip, ReadsADictThatHoldsItself) {
  // }q\0 X"w" h\0 s: the dict is its own value. It is refused, and not walked into for ever.
  EXPECT_EQ(rule_of(kProtocol + "}q" + std::string(1, '\0') + text("w") + "h" + std::string(1, '\0') + "s."),
            "pickle.structure");
}

TEST(StateDictZip, RefusesArchivesThatTorchDoesNotWrite) {
  const auto rule = [](const ZipBuilder& zip) {
    return error_of([&] { static_cast<void>(parse(zip.build())); }).reason();
  };
  const std::string pickle = dict_of("w", kWhole);
  const std::string storage(16, 'x');
  EXPECT_EQ(rule({.entries = {{"data.pkl", pickle}}}), "zip.no_pickle");
  EXPECT_EQ(rule({.entries = {{"a/b/data.pkl", pickle}}}), "zip.no_pickle");
  EXPECT_EQ(rule({.entries = {{"a/data.pkl", pickle}, {"b/data.pkl", pickle}}}), "zip.two_pickles");
  EXPECT_EQ(rule({.entries = {{"a/data.pkl", pickle}, {"b/data/0", storage}}}), "zip.no_storage");
  EXPECT_EQ(rule({.entries = {{"a/data.pkl", pickle}, {"a/data/0", storage + "x"}}}), "zip.storage_size");
  EXPECT_EQ(rule({.entries = {{"a/data.pkl", pickle}, {"a/data/0", storage}, {"a/byteorder", "big"}}}),
            "zip.byteorder");
  EXPECT_EQ(rule({.entries = {{"a/data.pkl", pickle}, {"a/data/0", storage}, {"a/byteorder", "little"}}}),
            "nothing thrown");
  const std::string long_pickle(size_t{65} << 20, 'N');
  EXPECT_EQ(rule({.entries = {{"a/data.pkl", long_pickle}}}), "zip.pickle_size");
}

// Parses within the allocation bound; true if accepted, and then every range lies in the file.
bool survives(const std::string& file) {
  bool is_accepted = false;
  const AllocationMeter meter;
  try {
    const Tensors tensors = parse(file);
    is_accepted = true;
    for (const auto& [name, info] : tensors) {
      size_t bytes = size_of(info.dtype);
      for (const int64_t size : info.shape) bytes *= static_cast<size_t>(size);
      EXPECT_LE(info.end, file.size());
      EXPECT_EQ(info.end - info.begin, bytes);
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
    EXPECT_TRUE(error.reason().starts_with("zip.") || error.reason().starts_with("pickle.")) << error.what();
  }
  EXPECT_LE(meter.largest(), std::max(size_t{1} << 20, 4 * file.size()));
  EXPECT_LE(meter.peak(), std::max(size_t{1} << 20, 16 * file.size()));
  return is_accepted;
}

TEST(StateDictZip, SurvivesEveryBitFlipAndTruncationOfATorchFile) {
  for (const char* name : {"good_parameters.pth", "good_shared.pth"}) {
    const std::string file = read_text(kFolder / name);
    ASSERT_GT(file.size(), 500U);
    ASSERT_TRUE(survives(file));
    size_t refused = 0;
    for (size_t i = 0; i < file.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string changed = file;
        changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
        refused += !survives(changed);
      }
      EXPECT_FALSE(survives(file.substr(0, i)));
    }
    EXPECT_GT(refused, 1000U);  // flips in padding, data and names are no errors
  }
}

TEST(StateDictZip, SurvivesEveryByteOfASmallPickle) {
  const std::string pickle = dict_of("w", kWhole);
  for (size_t i = 0; i < pickle.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = pickle;
      changed[i] = static_cast<char>(byte);
      static_cast<void>(survives(file_of(changed)));
    }
    EXPECT_FALSE(survives(file_of(pickle.substr(0, i))));
    EXPECT_FALSE(survives(file_of(std::string(pickle).erase(i, 1))));
  }
}

TEST(StateDictZip, KeepsMemoryWithinTheFilesSize) {
  const auto repeated = [](const std::string& begin, const std::string& part, const std::string& end) {
    std::string out = kProtocol + begin;
    while (out.size() < 2'000'000) out += part;
    return out + end;
  };
  std::string memo = kProtocol + "N";
  for (uint32_t i = 0; memo.size() < 2'000'000; ++i)
    memo += "r" + std::string(reinterpret_cast<const char*>(&i), 4);
  for (const std::string& pickle :
       {repeated("N", "\x85", "."), repeated("(", "t(", "."), repeated("", ")", "."), repeated("", "}", "."),
        memo,
        repeated("}X\x01" + std::string(3, '\0') + "kq" + std::string(1, '\0') + "Ns",
                 "h" + std::string(1, '\0') + "Ns", "."),
        repeated("}(" + text("k") + "q" + std::string(1, '\0') + "N", "h" + std::string(1, '\0') + "N", "u."),
        repeated("", kStorage, "."), repeated("", "(", "."), repeated("c", "x", "\n\n."),
        repeated(std::string("X\x00\x00\x10\x00", 5), "x", ".")}) {
    EXPECT_FALSE(survives(file_of(pickle)));
  }
}

}  // namespace
}  // namespace sfv::io
