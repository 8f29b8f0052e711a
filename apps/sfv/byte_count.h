#pragma once

#include <cstdint>
#include <string_view>

namespace sfv::cli {

/// "5GB", "400MB", "2GiB" or a plain number of bytes, as huggingface_hub reads them: KB, MB, GB, TB are
/// powers of 1000, KiB, MiB, GiB, TiB powers of 1024. Errors: kInvalidArgument for anything else, 0, or more
/// than 2^62.
/// option: for the message, "shard-size".
[[nodiscard]] uint64_t parse_byte_count(std::string_view option, std::string_view text);

/// The same with a minus sign perhaps: that much less than what is free. Returns what may be taken.
[[nodiscard]] int64_t parse_memory_limit(std::string_view option, std::string_view text, int64_t free_bytes);

}  // namespace sfv::cli
