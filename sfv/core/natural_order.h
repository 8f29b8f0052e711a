#pragma once

#include <string_view>

namespace sfv {

/// The order in which a person lists files: runs of digits compare as numbers ("img2" before "img10"), the
/// rest byte by byte. Equal numbers of different length: the shorter first. A strict weak order over all
/// strings.
[[nodiscard]] bool natural_less(std::string_view a, std::string_view b);

}  // namespace sfv
