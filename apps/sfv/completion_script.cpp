#include "apps/sfv/completion_script.h"

#include <vector>

#include "apps/sfv/completion_tree.h"
#include "sfv/core/check.h"

namespace sfv::cli {
namespace {

using Words = std::vector<std::string>;

std::string join(const Words& words, const std::string& between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

std::string single_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

Words option_names(const CompletionCommand& command) {
  Words names;
  for (const CompletionOption& option : command.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

// bash and zsh (through its bash emulation) share one function: it walks over the words before the cursor to
// find the command, then looks at the word just before it for an option that takes a value.
constexpr const char* kWalk = R"(  local current="${COMP_WORDS[COMP_CWORD]}" previous="" command="" word
  ((COMP_CWORD > 0)) && previous="${COMP_WORDS[COMP_CWORD-1]}"
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$command $word" in
)";

std::string bash_case(const CompletionCommand& command) {
  std::string text = "    " + single_quoted(command.path) + ")\n      case \"$previous\" in\n";
  for (const CompletionOption& option : command.options) {
    if (!option.takes_value) continue;
    const std::string reply =
        option.choices.empty()
            ? "COMPREPLY=($(compgen -f -- \"$current\"))"
            : "COMPREPLY=($(compgen -W " + single_quoted(join(option.choices, " ")) + " -- \"$current\"))";
    text += "        " + join(option.names, "|") + ") " + reply + "; return ;;\n";
  }
  text += "      esac\n      options=" + single_quoted(join(option_names(command), " ")) + "\n";
  Words words = command.words;
  words.insert(words.end(), command.choices.begin(), command.choices.end());
  return text + "      words=" + single_quoted(join(words, " ")) + " ;;\n";
}

std::string bash_script(const std::vector<CompletionCommand>& commands) {
  std::string text =
      "# Completion of sfv for bash: sfv completion bash > "
      "~/.local/share/bash-completion/completions/sfv\n_sfv() {\n";
  text += kWalk;
  for (const CompletionCommand& command : commands) {
    if (!command.path.empty()) {
      const size_t space = command.path.rfind(' ');
      const std::string parent = space == std::string::npos ? "" : command.path.substr(0, space);
      const std::string name = space == std::string::npos ? command.path : command.path.substr(space + 1);
      text += "      " + single_quoted(parent + " " + name) + ") command=" + single_quoted(command.path) +
              " ;;\n";
    }
  }
  text += "    esac\n  done\n  local options=\"\" words=\"\"\n  case \"$command\" in\n";
  for (const CompletionCommand& command : commands) text += bash_case(command);
  return text +
         "  esac\n"
         "  if [[ $current == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
         "  elif [[ -n $words ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  else\n"
         "    COMPREPLY=($(compgen -f -- \"$current\"))\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _sfv sfv\n";
}

std::string zsh_script(const std::vector<CompletionCommand>& commands) {
  return "#compdef sfv\n# Completion of sfv for zsh: sfv completion zsh > DIR/_sfv, with DIR in $fpath; or "
         "source it\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         bash_script(commands);
}

// "the words so far are exactly this command": fish looks at all of them, options left out.
std::string fish_condition(const CompletionCommand& command) {
  if (command.path.empty()) return "__fish_use_subcommand";
  std::string text;
  for (size_t begin = 0; begin <= command.path.size();) {
    const size_t end = std::min(command.path.find(' ', begin), command.path.size());
    text += (text.empty() ? "" : "; and ") +
            ("__fish_seen_subcommand_from " + command.path.substr(begin, end - begin));
    begin = end + 1;
  }
  if (!command.words.empty()) text += "; and not __fish_seen_subcommand_from " + join(command.words, " ");
  return text;
}

std::string fish_script(const std::vector<CompletionCommand>& commands) {
  std::string text =
      "# Completion of sfv for fish: sfv completion fish > ~/.config/fish/completions/sfv.fish\n";
  for (const CompletionCommand& command : commands) {
    const std::string begin = "complete -c sfv -n " + single_quoted(fish_condition(command));
    for (size_t i = 0; i < command.words.size(); ++i) {
      text += begin + " -f -a " + command.words[i] + " -d " + single_quoted(command.word_summaries[i]) + "\n";
    }
    if (!command.choices.empty())
      text += begin + " -f -a " + single_quoted(join(command.choices, " ")) + "\n";
    for (const CompletionOption& option : command.options) {
      text += begin;
      for (const std::string& name : option.names) {
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (option.takes_value)
        text += option.choices.empty() ? " -r" : " -x -a " + single_quoted(join(option.choices, " "));
      text += " -d " + single_quoted(option.summary) + "\n";
    }
  }
  return text;
}

}  // namespace

std::string completion_script(const CLI::App& root, std::string_view shell) {
  const std::vector<CompletionCommand> commands = completion_tree(root);
  if (shell == "bash") return bash_script(commands);
  if (shell == "zsh") return zsh_script(commands);
  if (shell == "fish") return fish_script(commands);
  throw Error(ErrorCode::kInvalidArgument,
              concat("[completion] expected bash, zsh or fish, got \"", shell, "\""));
}

}  // namespace sfv::cli
