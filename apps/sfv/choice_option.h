#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>
#include <vector>

namespace sfv::cli {

/// Adds an option that takes one of a few words. They are shown as its value ("--fit crop|pad|stretch") and
/// offered by shell completion; another word is a usage error that lists them.
CLI::Option* add_choice(CLI::App& command, const std::string& name, std::string& value,
                        const std::vector<std::string>& words, const std::string& description);

/// The words an option takes, from its value's name ("a|b", or "LIST|a" where capitals are something to fill
/// in); empty for others.
[[nodiscard]] std::vector<std::string> choices_of(const CLI::Option& option);

/// A check for numbers from low to high: "expected 1 to 63, got 99".
template <typename T>
[[nodiscard]] std::function<std::string(const std::string&)> in_range(T low, T high);
extern template std::function<std::string(const std::string&)> in_range<int64_t>(int64_t, int64_t);
extern template std::function<std::string(const std::string&)> in_range<double>(double, double);

/// A check for seeds, 0 to 2^64 - 1: CLI11 alone takes -1 for the largest.
[[nodiscard]] std::string check_seed(const std::string& text);

}  // namespace sfv::cli
