#pragma once

#include <CLI/App.hpp>
#include <string>
#include <string_view>

namespace sfv::cli {

/// A completion script for `shell` (bash, zsh or fish), generated from the tree of commands: sub-commands,
/// options, the words of options that take a few, file names elsewhere. Errors: kInvalidArgument for another
/// shell.
[[nodiscard]] std::string completion_script(const CLI::App& root, std::string_view shell);

}  // namespace sfv::cli
