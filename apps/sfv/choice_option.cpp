#include "apps/sfv/choice_option.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "sfv/core/check.h"

namespace sfv::cli {
namespace {

std::string join(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

}  // namespace

CLI::Option* add_choice(CLI::App& command, const std::string& name, std::string& value,
                        const std::vector<std::string>& words, const std::string& description) {
  const auto check = [words](const std::string& text) -> std::string {
    if (std::find(words.begin(), words.end(), text) != words.end()) return {};
    return "expected " + join(words, ", ") + ", got \"" + text + "\"";
  };
  return command.add_option(name, value, description)->check(check)->type_name(join(words, "|"));
}

std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string text = option.get_type_name();
  if (text.find('|') == std::string::npos) return {};
  std::vector<std::string> words = CLI::detail::split(text, '|');
  // "LIST|ays": capitals stand for something to fill in.
  std::erase_if(words, [](const std::string& word) {
    return std::any_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  });
  return words;
}

template <typename T>
std::function<std::string(const std::string&)> in_range(T low, T high) {
  return [low, high](const std::string& text) -> std::string {
    T value = {};
    if (CLI::detail::lexical_cast(text, value) && value >= low && value <= high) return {};
    return concat("expected ", low, " to ", high, ", got ", text);
  };
}

template std::function<std::string(const std::string&)> in_range<int64_t>(int64_t, int64_t);
template std::function<std::string(const std::string&)> in_range<double>(double, double);

std::string check_seed(const std::string& text) {
  uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error == std::errc() && end == text.data() + text.size()) return {};
  return "expected a seed from 0 to 18446744073709551615, got " + text;
}

}  // namespace sfv::cli
