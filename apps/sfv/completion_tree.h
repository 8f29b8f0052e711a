#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace sfv::cli {

/// One option as completion needs it.
struct CompletionOption {
  std::vector<std::string> names;    // "-m", "--model"
  std::vector<std::string> choices;  // the words it takes; empty: anything
  bool takes_value = false;
  std::string summary;  // first sentence of its description
};

/// One command with what may follow it.
struct CompletionCommand {
  std::string path;                         // "", "generate", "model init"
  std::vector<std::string> words;           // its sub-commands
  std::vector<std::string> word_summaries;  // of those
  std::vector<CompletionOption> options;
  std::vector<std::string> choices;  // the words of its first argument; empty: a file
};

/// Every command of the tree, the root first.
[[nodiscard]] std::vector<CompletionCommand> completion_tree(const CLI::App& root);

}  // namespace sfv::cli
