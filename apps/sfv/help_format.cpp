#include "apps/sfv/help_format.h"

#include <CLI/CLI.hpp>
#include <sstream>

namespace sfv::cli {
namespace {

constexpr size_t kColumn = 26;  // where descriptions begin
constexpr size_t kWidth = 80;

std::string entry(const std::string& name, const std::string& description) {
  const std::string text = wrap_text(description, kWidth - kColumn, std::string(kColumn, ' '));
  std::string left = "  " + name;
  if (left.size() + 2 > kColumn) return left + "\n" + std::string(kColumn, ' ') + text + "\n";
  left.resize(kColumn, ' ');
  return left + text + "\n";
}

std::string positional_usage(const CLI::Option& option) {
  std::string text = option.get_name(true);
  if (option.get_expected_max() > 1) text += "...";
  return option.get_required() ? text : "[" + text + "]";
}

std::string usage(const CLI::App* app) {
  std::string text;
  for (const CLI::App* at = app; at != nullptr; at = at->get_parent()) {
    text = at->get_name() + (text.empty() ? "" : " ") + text;
  }
  if (!app->get_subcommands({}).empty()) return "Usage: " + text + " COMMAND ...\n";
  for (const CLI::Option* option : app->get_options()) {
    if (option->get_positional()) {
      text += " " + positional_usage(*option);
    } else if (option->get_required()) {
      text += " " + option_spelling(*option);
    }
  }
  return "Usage: " + text + " [OPTION]...\n";
}

std::string describe(const CLI::Option& option) {
  std::string text = option.get_description();
  if (!option.get_envname().empty()) text += " [environment: " + option.get_envname() + "]";
  return text;
}

std::string commands(const CLI::App* app) {
  std::string text;
  for (const CLI::App* command : app->get_subcommands({})) {
    if (!command->get_group().empty()) text += entry(command->get_name(), command->get_description());
  }
  return text.empty() ? text : "\nCommands:\n" + text;
}

}  // namespace

std::string wrap_text(const std::string& text, size_t width, const std::string& indent) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!out.empty()) out += "\n" + indent;
    size_t used = 0;
    std::istringstream words(line);
    for (std::string word; words >> word; used += word.size()) {
      if (used > 0 && used + 1 + word.size() > width) {
        out += "\n" + indent;
        used = 0;
      } else if (used > 0) {
        out += " ";
        ++used;
      }
      out += word;
    }
  }
  return out;
}

std::string option_spelling(const CLI::Option& option) {
  std::string text;
  for (const std::string& name : option.get_snames()) text += (text.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames()) text += (text.empty() ? "--" : ", --") + name;
  if (option.get_type_size() != 0 && !option.get_type_name().empty()) text += " " + option.get_type_name();
  return text;
}

std::string HelpFormat::make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const {
  std::string text = wrap_text(app->get_description(), kWidth, "") + "\n\n" + usage(app);
  std::string arguments;
  for (const CLI::Option* option : app->get_options()) {
    if (option->get_positional()) arguments += entry(option->get_name(true), describe(*option));
  }
  if (!arguments.empty()) text += "\nArguments:\n" + arguments;
  text += commands(app);
  for (const std::string& group : app->get_groups()) {
    std::string entries;
    for (const CLI::Option* option : app->get_options()) {
      if (option->nonpositional() && option->get_group() == group) {
        entries += entry(option_spelling(*option), describe(*option));
      }
    }
    if (!group.empty() && !entries.empty()) text += "\n" + group + ":\n" + entries;
  }
  if (!app->get_footer().empty()) text += "\n" + app->get_footer() + "\n";
  return text;
}

}  // namespace sfv::cli
