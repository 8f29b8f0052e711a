#include "apps/sfv/stop_signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace sfv::cli {
namespace {

// A handler has no argument of its own, so what it touches must be global. Only lock-free atomics.
CancelToken cancel_token;
std::atomic<int> stop_at_once{0};

extern "C" void on_stop_signal(int signal_number) {
  if (cancel_token.is_cancelled() || stop_at_once.load() > 0) {
    const char newline = '\n';  // leaves a half-drawn progress bar
    if (isatty(STDERR_FILENO) != 0) static_cast<void>(!write(STDERR_FILENO, &newline, 1));
    _exit(128 + signal_number);
  }
  cancel_token.cancel(signal_number);
}

}  // namespace

const CancelToken& install_stop_signals() {
  struct sigaction action = {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
  sigaction(SIGXFSZ, &ignore, nullptr);
  return cancel_token;
}

StopAtOnce::StopAtOnce() {
  stop_at_once.fetch_add(1);
  // A signal that came just before set the token; nobody would look at it for the whole scope.
  if (cancel_token.is_cancelled()) _exit(128 + cancel_token.reason());
}

StopAtOnce::~StopAtOnce() {
  stop_at_once.fetch_sub(1);
}

}  // namespace sfv::cli
