#include "apps/sfv/completion_tree.h"

#include <CLI/CLI.hpp>

#include "apps/sfv/choice_option.h"

namespace sfv::cli {
namespace {

std::string first_sentence(const std::string& text) {
  const size_t end = text.find_first_of(".;:\n");
  return text.substr(0, end);
}

CompletionOption to_completion(const CLI::Option& option) {
  CompletionOption out;
  for (const std::string& name : option.get_snames()) out.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) out.names.push_back("--" + name);
  out.takes_value = option.get_type_size() != 0 && option.get_expected_max() != 0;
  if (out.takes_value) out.choices = choices_of(option);
  out.summary = first_sentence(option.get_description());
  return out;
}

void collect(const CLI::App& app, const std::string& path, std::vector<CompletionCommand>& out) {
  CompletionCommand command;
  command.path = path;
  for (const CLI::App* child : app.get_subcommands({})) {
    command.words.push_back(child->get_name());
    command.word_summaries.push_back(first_sentence(child->get_description()));
  }
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) {
      command.options.push_back(to_completion(*option));
    } else if (command.choices.empty()) {
      command.choices = choices_of(*option);
    }
  }
  out.push_back(std::move(command));
  for (const CLI::App* child : app.get_subcommands({})) {
    collect(*child, path.empty() ? child->get_name() : path + " " + child->get_name(), out);
  }
}

}  // namespace

std::vector<CompletionCommand> completion_tree(const CLI::App& root) {
  std::vector<CompletionCommand> commands;
  collect(root, "", commands);
  return commands;
}

}  // namespace sfv::cli
