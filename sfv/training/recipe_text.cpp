// A recipe as TOML text.
#include "sfv/training/recipe_text.h"

#include "sfv/training/recipe.h"

namespace sfv::training {
namespace {

template <typename T, typename Convert>
std::string list(const std::vector<T>& items, Convert convert) {
  std::string out = "[";
  for (const T& item : items) out += (out.size() > 1 ? ", " : "") + convert(item);
  return out + "]";
}

class Writer : public TextVisitor {
 public:
  std::string out;

 protected:
  void on_value(const Field& field, const std::string& value, const std::string& /*range*/) override {
    if (!field.applies() || value.empty()) return;
    const size_t dot = field.key.rfind('.');
    const std::string table = dot == std::string::npos ? "" : field.key.substr(0, dot);
    if (table != table_) out += "\n[" + table + "]\n";
    table_ = table;
    out += field.key.substr(dot + 1) + " = " + value + "\n";  // npos + 1 is 0
  }

 private:
  std::string table_;
};

}  // namespace

void TextVisitor::on_word(const Field& field, size_t& index, std::span<const Word> words) {
  std::string range;
  for (const Word word : words) range += (range.empty() ? "" : ", ") + io::toml_string(word);
  on_value(field, io::toml_string(words[index]), range);
}
void TextVisitor::on_integer(const Field& field, int64_t& value, const io::IntRange& range) {
  on_value(field, std::to_string(value), range.text());
}
void TextVisitor::on_number(const Field& field, double& value, const io::NumberRange& range) {
  on_value(field, io::number_text(value), range.text());
}
void TextVisitor::on_optional(const Field& field, std::optional<double>& value,
                              const io::NumberRange& range) {
  on_value(field, value ? io::number_text(*value) : "", range.text());
}
void TextVisitor::on_flag(const Field& field, bool& value) {
  on_value(field, value ? "true" : "false", "true, false");
}
void TextVisitor::on_text(const Field& field, std::string& value) {
  on_value(field, io::toml_string(value), "text");
}
void TextVisitor::on_integers(const Field& field, std::vector<int64_t>& value, const io::IntRange& range) {
  on_value(field, list(value, [](int64_t item) { return std::to_string(item); }),
           "list, each " + range.text());
}
void TextVisitor::on_numbers(const Field& field, std::vector<double>& value, const io::NumberRange& range) {
  on_value(field, list(value, io::number_text), "list, each " + range.text());
}
void TextVisitor::on_texts(const Field& field, std::vector<std::string>& value) {
  on_value(field, list(value, io::toml_string), "list of texts");
}

std::string to_toml(const Recipe& recipe) {
  Recipe copy = recipe;  // visitors may write, this one does not
  Writer writer;
  visit_recipe(copy, writer);
  return writer.out;
}

}  // namespace sfv::training
