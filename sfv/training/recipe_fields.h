#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sfv/io/toml_config.h"
#include "sfv/training/recipe.h"
#include "sfv/training/recipe_words.h"

// The one list of a recipe's keys. Reader, writer and reference are visitors of it, so that they cannot
// differ.

namespace sfv::training {

/// Whether a key has an effect in the recipe at hand, and when it has.
struct When {
  bool applies = true;
  std::string condition = {};  // `kind = "sm3"`; empty: always
};

/// Condition of a key that counts only with some choice: when(options.kind, {OptimizerKind::kSm3}, "kind").
template <typename Choice>
[[nodiscard]] When when(Choice value, std::initializer_list<Choice> choices, std::string_view key) {
  When result{false, std::string(key) + " = "};
  std::string_view separator;
  for (const Choice choice : choices) {
    result.applies = result.applies || choice == value;
    result.condition += std::string(separator) + '"' + std::string(word_of(choice)) + '"';
    separator = " or ";
  }
  return result;
}

struct Field {
  std::string key;        // dotted, from the root
  std::string_view help;  // meaning and unit
  When table;             // when the whole table counts
  When own;               // when the key counts within it

  [[nodiscard]] bool applies() const { return table.applies && own.applies; }
};

/// Sees every key of a recipe with its field, in the order of the file.
class RecipeVisitor {
 public:
  virtual ~RecipeVisitor() = default;

  /// The keys that follow belong to this table; "" is the root.
  void table(std::string_view name, When when = {}) {
    prefix_ = name.empty() ? std::string() : std::string(name) + ".";
    table_ = std::move(when);
  }

  template <typename Choice>
  void word(std::string_view key, Choice& value, std::string_view help, const When& own = {}) {
    const auto words = words_of(value);
    auto index = static_cast<size_t>(value);
    on_word(field(key, help, own), index, words);
    value = static_cast<Choice>(index);
  }
  void integer(std::string_view key, int64_t& value, const io::IntRange& range, std::string_view help,
               const When& own = {}) {
    on_integer(field(key, help, own), value, range);
  }
  /// A seed: 0 to 2^63 - 1, TOML's largest number.
  void seed(std::string_view key, uint64_t& value, std::string_view help, const When& own = {}) {
    auto number = static_cast<int64_t>(value);
    on_integer(field(key, help, own), number, {.min = 0});
    value = static_cast<uint64_t>(number);
  }
  void number(std::string_view key, double& value, const io::NumberRange& range, std::string_view help,
              const When& own = {}) {
    on_number(field(key, help, own), value, range);
  }
  void number(std::string_view key, std::optional<double>& value, const io::NumberRange& range,
              std::string_view help, const When& own = {}) {
    on_optional(field(key, help, own), value, range);
  }
  void flag(std::string_view key, bool& value, std::string_view help, const When& own = {}) {
    on_flag(field(key, help, own), value);
  }
  void text(std::string_view key, std::string& value, std::string_view help, const When& own = {}) {
    on_text(field(key, help, own), value);
  }
  void integers(std::string_view key, std::vector<int64_t>& value, const io::IntRange& range,
                std::string_view help, const When& own = {}) {
    on_integers(field(key, help, own), value, range);
  }
  void numbers(std::string_view key, std::vector<double>& value, const io::NumberRange& range,
               std::string_view help, const When& own = {}) {
    on_numbers(field(key, help, own), value, range);
  }
  void texts(std::string_view key, std::vector<std::string>& value, std::string_view help,
             const When& own = {}) {
    on_texts(field(key, help, own), value);
  }

 protected:
  virtual void on_word(const Field& field, size_t& index, std::span<const Word> words) = 0;
  virtual void on_integer(const Field& field, int64_t& value, const io::IntRange& range) = 0;
  virtual void on_number(const Field& field, double& value, const io::NumberRange& range) = 0;
  virtual void on_optional(const Field& field, std::optional<double>& value,
                           const io::NumberRange& range) = 0;
  virtual void on_flag(const Field& field, bool& value) = 0;
  virtual void on_text(const Field& field, std::string& value) = 0;
  virtual void on_integers(const Field& field, std::vector<int64_t>& value, const io::IntRange& range) = 0;
  virtual void on_numbers(const Field& field, std::vector<double>& value, const io::NumberRange& range) = 0;
  virtual void on_texts(const Field& field, std::vector<std::string>& value) = 0;

 private:
  [[nodiscard]] Field field(std::string_view key, std::string_view help, const When& own) const {
    return {prefix_ + std::string(key), help, table_, own};
  }

  std::string prefix_;
  When table_;
};

void visit_recipe(Recipe& recipe, RecipeVisitor& visitor);
/// Its parts: [autoencoder], [diffusion] and [consistency]; [adversarial] and the tables below it.
void visit_stages(Recipe& recipe, RecipeVisitor& visitor);
void visit_adversarial(Recipe& recipe, RecipeVisitor& visitor);

}  // namespace sfv::training
