// docs/recipes.md's tables, from the key list itself.
#include <algorithm>
#include <utility>

#include "sfv/training/recipe.h"
#include "sfv/training/recipe_text.h"

namespace sfv::training {
namespace {

struct Row {
  std::string key;
  std::string range;
  std::string help;
  std::string table_condition;
  std::string own_condition;
  /// Which recipes have which default, in the order of the stages and methods.
  std::vector<std::pair<std::string, std::string>> defaults;
};

class Collector : public TextVisitor {
 public:
  std::vector<Row> rows;
  std::string variant;  // whose defaults are being seen: "diffusion", "ladd"

 protected:
  void on_value(const Field& field, const std::string& value, const std::string& range) override {
    auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.key == field.key; });
    if (row == rows.end()) {
      rows.push_back(
          {field.key, range, std::string(field.help), field.table.condition, field.own.condition, {}});
      row = rows.end() - 1;
    }
    if (field.table.applies) row->defaults.emplace_back(variant, value);
  }
};

/// "0.05", or "1e-4 (autoencoder), 1e-5 (diffusion, sf-v)" where the stages differ.
std::string default_text(const Row& row) {
  if (row.key == "stage") return "required";
  std::vector<std::pair<std::string, std::string>> groups;  // value, variants
  for (const auto& row_default : row.defaults) {
    const std::string& value = row_default.second;
    const auto group =
        std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == value; });
    if (group == groups.end()) {
      groups.emplace_back(value, row_default.first);
    } else {
      group->second += ", " + row_default.first;
    }
  }
  std::string text;
  for (const auto& [value, variants] : groups) {
    text += (text.empty() ? "" : "; ") + (value.empty() ? std::string("left out") : "`" + value + "`");
    if (groups.size() > 1) text += " (" + variants + ")";
  }
  return text;
}

std::string table_of(const Row& row) {
  const size_t dot = row.key.rfind('.');
  return dot == std::string::npos ? "" : row.key.substr(0, dot);
}

std::string escaped(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

}  // namespace

std::string recipe_reference() {
  Collector collector;
  for (const Stage stage : {Stage::kAutoencoder, Stage::kDiffusion, Stage::kConsistency}) {
    Recipe recipe = default_recipe(stage);
    collector.variant = word_of(stage);
    visit_recipe(recipe, collector);
  }
  for (const AdversarialMethod method :
       {AdversarialMethod::kSfV, AdversarialMethod::kLadd, AdversarialMethod::kUfogen}) {
    Recipe recipe = default_recipe(Stage::kAdversarial, method);
    collector.variant = word_of(method);
    visit_recipe(recipe, collector);
  }
  std::string out;
  std::string table = "-";
  for (Row& row : collector.rows) {
    if (row.key == "adversarial.method") row.defaults = {{"", "\"sf-v\""}};
    if (table_of(row) != table) {
      table = table_of(row);
      out += table.empty() ? "### Top of the file\n\n" : "### [" + table + "]\n\n";
      if (!row.table_condition.empty()) out += "With " + row.table_condition + ".\n\n";
      out += "| key | values | default | meaning |\n|---|---|---|---|\n";
    }
    const std::string condition = row.own_condition.empty() ? "" : " (with " + row.own_condition + ")";
    out += "| `" + row.key.substr(row.key.rfind('.') + 1) + "` | " + row.range + " | " + default_text(row) +
           " | " + escaped(row.help) + condition + " |\n";
    if (&row == &collector.rows.back() || table_of(*(&row + 1)) != table) out += "\n";
  }
  return out;
}

}  // namespace sfv::training
