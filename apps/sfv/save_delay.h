#pragma once

#include <functional>

#include "sfv/training/checkpoint_folder.h"

namespace sfv::cli {

/// For tests that kill a run inside a save: with the environment variable SFV_SAVE_DELAY=POINT:MILLISECONDS,
/// POINT one of written, listed, renamed, finished, the hook says "sfv: save delayed: POINT" on stderr at
/// that point of every save and waits. Empty without the variable. Errors: kInvalidArgument.
[[nodiscard]] std::function<void(training::SavePoint)> make_save_delay();

}  // namespace sfv::cli
