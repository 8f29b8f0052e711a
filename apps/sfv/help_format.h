#pragma once

#include <CLI/App.hpp>
#include <CLI/FormatterFwd.hpp>
#include <string>

namespace sfv::cli {

/// Lays out --help: what the command does, its usage, then the options by group in two columns of together 80
/// characters, each with its environment variable; then the footer (examples).
class HelpFormat : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

/// "-m, --model NAME": the option's spellings and its value.
[[nodiscard]] std::string option_spelling(const CLI::Option& option);

/// Breaks text into lines of at most `width` characters at spaces; a longer word stays whole. "\n" breaks
/// too.
[[nodiscard]] std::string wrap_text(const std::string& text, size_t width, const std::string& indent);

}  // namespace sfv::cli
