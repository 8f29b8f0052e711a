#pragma once

namespace sfv {

/// Cycles in a second, in 1e9, of the core that this thread runs on: a chain of additions, each of which
/// waits for the one before and takes a cycle, timed for some milliseconds. What a virtual machine says of
/// its processor's clock is its name plate.
[[nodiscard]] double measure_clock_ghz();

}  // namespace sfv
