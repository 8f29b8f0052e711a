#pragma once

#include "sfv/core/cancel.h"

namespace sfv::cli {

/// Makes the first SIGINT or SIGTERM set the returned token (reason: the signal's number) and the second one
/// end the process at once with 128 + signal. Also ignores SIGPIPE and SIGXFSZ, so that a closed pipe
/// and a limit on the size of files are write errors. The token lives as long as the process. Call once,
/// early in main.
const CancelToken& install_stop_signals();

/// While it lives, already the first signal ends the process at once: for work that cannot look at the token,
/// such as mapping a model's weights. Only where no file is being written.
class StopAtOnce {
 public:
  StopAtOnce();
  ~StopAtOnce();
  StopAtOnce(const StopAtOnce&) = delete;
  StopAtOnce& operator=(const StopAtOnce&) = delete;
};

}  // namespace sfv::cli
