// Any bytes as a config: refused with an error of the documented kind, or read, and written and read again to
// the same.
#include <string_view>

#include "sfv/core/error.h"
#include "sfv/io/json_config.h"
#include "tests/fuzz/require.h"

namespace {

template <typename Get>
void require_type_error(Get&& get) {
  try {
    static_cast<void>(get());
  } catch (const sfv::Error& error) {
    SFV_REQUIRE(error.code() == sfv::ErrorCode::kInvalidFile);
  }
}

void visit(const sfv::io::JsonConfig& config) {
  for (const std::string& key : config.keys()) {
    require_type_error([&] { return config.get_int(key); });
    require_type_error([&] { return config.get_double(key); });
    require_type_error([&] { return config.get_bool(key); });
    require_type_error([&] { return config.get_string(key); });
    require_type_error([&] { return config.get_ints(key); });
    require_type_error([&] { return config.get_doubles(key); });
    require_type_error([&] { return config.get_strings(key); });
    require_type_error([&] {
      const auto inner = config.get_object(key);
      if (inner) visit(*inner);
      return inner;
    });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto config = sfv::io::JsonConfig::parse({reinterpret_cast<const char*>(data), size}, "fuzz");
    visit(config);
    const std::string text = config.text();
    SFV_REQUIRE(sfv::io::JsonConfig::parse(text, "again").text() == text);
  } catch (const sfv::Error& error) {
    SFV_REQUIRE(error.code() == sfv::ErrorCode::kInvalidFile);
  }
  return 0;
}
