#pragma once

#include "sfv/training/recipe_fields.h"

namespace sfv::training {

/// A visitor that sees each key with its value and its range as text; it changes nothing.
class TextVisitor : public RecipeVisitor {
 protected:
  /// value: as TOML, empty where the key is left out. range: as the reference has it.
  virtual void on_value(const Field& field, const std::string& value, const std::string& range) = 0;

 private:
  void on_word(const Field& field, size_t& index, std::span<const Word> words) final;
  void on_integer(const Field& field, int64_t& value, const io::IntRange& range) final;
  void on_number(const Field& field, double& value, const io::NumberRange& range) final;
  void on_optional(const Field& field, std::optional<double>& value, const io::NumberRange& range) final;
  void on_flag(const Field& field, bool& value) final;
  void on_text(const Field& field, std::string& value) final;
  void on_integers(const Field& field, std::vector<int64_t>& value, const io::IntRange& range) final;
  void on_numbers(const Field& field, std::vector<double>& value, const io::NumberRange& range) final;
  void on_texts(const Field& field, std::vector<std::string>& value) final;
};

}  // namespace sfv::training
