// A recipe from TOML. Two walks over the key list: the first takes every value that is there, the second,
// when all choices are known, refuses the keys that have no effect with them.
#include <algorithm>
#include <cmath>
#include <regex>

#include "sfv/core/check.h"
#include "sfv/training/recipe.h"
#include "sfv/training/recipe_fields.h"

namespace sfv::training {
namespace {

class Take : public RecipeVisitor {
 public:
  explicit Take(io::TomlConfig& config) : config_(config) {}

 protected:
  void on_word(const Field& field, size_t& index, std::span<const Word> words) override {
    set(index, config_.get_word(field.key, words));
  }
  void on_integer(const Field& field, int64_t& value, const io::IntRange& range) override {
    set(value, config_.get_int(field.key, range));
  }
  void on_number(const Field& field, double& value, const io::NumberRange& range) override {
    set(value, config_.get_number(field.key, range));
  }
  void on_optional(const Field& field, std::optional<double>& value, const io::NumberRange& range) override {
    if (const auto found = config_.get_number(field.key, range)) value = found;
  }
  void on_flag(const Field& field, bool& value) override { set(value, config_.get_bool(field.key)); }
  void on_text(const Field& field, std::string& value) override { set(value, config_.get_string(field.key)); }
  void on_integers(const Field& field, std::vector<int64_t>& value, const io::IntRange& range) override {
    set(value, config_.get_ints(field.key, range));
  }
  void on_numbers(const Field& field, std::vector<double>& value, const io::NumberRange& range) override {
    set(value, config_.get_numbers(field.key, range));
  }
  void on_texts(const Field& field, std::vector<std::string>& value) override {
    set(value, config_.get_strings(field.key));
  }

 private:
  template <typename T>
  static void set(T& value, std::optional<T> found) {
    if (found) value = *std::move(found);
  }

  io::TomlConfig& config_;
};

class RefuseIdle : public RecipeVisitor {
 public:
  explicit RefuseIdle(io::TomlConfig& config) : config_(config) {}

 protected:
  void on_word(const Field& field, size_t& /*index*/, std::span<const Word> /*words*/) override {
    check(field);
  }
  void on_integer(const Field& field, int64_t& /*value*/, const io::IntRange& /*range*/) override {
    check(field);
  }
  void on_number(const Field& field, double& /*value*/, const io::NumberRange& /*range*/) override {
    check(field);
  }
  void on_optional(const Field& field, std::optional<double>& /*value*/,
                   const io::NumberRange& /*range*/) override {
    check(field);
  }
  void on_flag(const Field& field, bool& /*value*/) override { check(field); }
  void on_text(const Field& field, std::string& /*value*/) override { check(field); }
  void on_integers(const Field& field, std::vector<int64_t>& /*value*/,
                   const io::IntRange& /*range*/) override {
    check(field);
  }
  void on_numbers(const Field& field, std::vector<double>& /*value*/,
                  const io::NumberRange& /*range*/) override {
    check(field);
  }
  void on_texts(const Field& field, std::vector<std::string>& /*value*/) override { check(field); }

 private:
  void check(const Field& field) {
    if (field.applies()) return;
    const When& missed = field.table.applies ? field.own : field.table;
    config_.forbid(field.key, "has no effect here: it counts with " + missed.condition + " only; remove it");
  }

  io::TomlConfig& config_;
};

/// Whether a regular expression compiles. Its size is bounded because the standard library recurses on it.
void check_regex(const io::TomlConfig& config, const std::string& text) {
  constexpr size_t kLongest = 500;
  const std::string key = "trainable_regex";
  if (text.empty()) config.fail(key, "expected an expression, since trainable = \"regex\"");
  if (text.size() > kLongest) config.fail(key, concat("expected at most ", kLongest, " characters"));
  try {
    static_cast<void>(std::regex(text));
  } catch (const std::regex_error& error) {
    config.fail(key, concat("is no ECMAScript expression: ", error.what()));
  }
}

void check_model_and_data(const Recipe& r, const io::TomlConfig& config) {
  if (r.model.path.empty() == r.model.config.empty()) {
    config.fail(r.model.path.empty() ? "model.path" : "model.config",
                r.model.path.empty() ? "expected a model to start from, or model.config for a new one"
                                     : "expected model.path or model.config, found both");
  }
  if (r.data.source != DataSource::kShapes && r.data.path.empty()) {
    config.fail("data.path", "expected a folder or file, since data.source = \"" +
                                 std::string(word_of(r.data.source)) + "\"");
  }
  const bool needs_latents_only =
      r.stage != Stage::kAutoencoder || (r.autoencoder.train == AutoencoderPart::kTinyDecoder &&
                                         r.autoencoder.tiny_target == TinyTarget::kDecoder);
  if (r.data.source == DataSource::kCache && !needs_latents_only) {
    config.fail(
        "data.source",
        "a cache holds latents, and stage \"autoencoder\" needs pictures; of its parts only a tiny decoder "
        "with tiny_target = \"decoder\" can do without");
  }
  if (r.batch % r.micro_batch != 0) {
    config.fail("batch", concat("expected a multiple of micro_batch = ", r.micro_batch, ", found ", r.batch));
  }
  if (r.trainable == TrainableKind::kRegex) check_regex(config, r.trainable_regex);
  if (r.samples.every > 0 && r.samples.steps.empty())
    config.fail("samples.steps", "expected at least one number");
  if (r.samples.multi_step_sampler == SamplerKind::kOneStep) {
    config.fail("samples.multi_step_sampler", R"(expected "euler" or "lcm", found "one-step")");
  }
  if (r.ladder.sigma_max <= r.ladder.sigma_min) {
    config.fail("ladder.sigma_max", concat("expected more than sigma_min = ", r.ladder.sigma_min, ", found ",
                                           r.ladder.sigma_max));
  }
}

void check_stage(const Recipe& r, const io::TomlConfig& config) {
  if (r.stage == Stage::kDiffusion) {
    const double dropped = r.diffusion.drop_token + r.diffusion.drop_latent + r.diffusion.drop_both;
    if (dropped > 1) {
      config.fail("diffusion.drop_both",
                  concat("expected the three drop shares to sum to at most 1, found ", dropped));
    }
  }
  if (r.stage == Stage::kConsistency) {
    if (r.consistency.guidance_min.empty())
      config.fail("consistency.guidance_min", "expected at least one number");
    if (r.consistency.guidance_max.empty())
      config.fail("consistency.guidance_max", "expected at least one number");
  }
}

void check_adversarial(const Recipe& r, const io::TomlConfig& config) {
  const AdversarialOptions& o = r.adversarial;
  const auto levels = static_cast<size_t>(o.generator_levels - 1);
  if (!o.level_weights.empty()) {
    double sum = 0;
    for (const double weight : o.level_weights) sum += weight;
    if (o.level_weights.size() != levels || !(sum > 0) || !std::isfinite(sum)) {
      config.fail(
          "adversarial.level_weights",
          concat("expected ", levels, " numbers (generator_levels - 1) with a finite sum above 0, found ",
                 o.level_weights.size(), " with the sum ", sum));
    }
  }
  if (o.discriminator.p_std == 0)
    config.fail("adversarial.discriminator.p_std", "expected a number other than 0");
  const bool can_pair = o.same_sigma || o.discriminator.noise == DiscriminatorNoise::kTied;
  if (o.discriminator.loss == AdversarialLoss::kRelativistic && !can_pair) {
    config.fail("adversarial.same_sigma",
                "loss = \"relativistic\" compares pairs at one sigma': expected true");
  }
}

Recipe read(io::TomlConfig config) {
  const auto stage = config.get_word("stage", words_of(Stage{}));
  if (!stage)
    config.fail("stage",
                R"(expected "autoencoder", "diffusion", "consistency" or "adversarial", found nothing)");
  const auto method = config.get_word("adversarial.method", words_of(AdversarialMethod{}));
  Recipe recipe =
      default_recipe(static_cast<Stage>(*stage), static_cast<AdversarialMethod>(method.value_or(0)));
  Take take(config);
  visit_recipe(recipe, take);
  config.finish();
  RefuseIdle refuse(config);
  visit_recipe(recipe, refuse);
  check_model_and_data(recipe, config);
  check_stage(recipe, config);
  if (recipe.stage == Stage::kAdversarial) check_adversarial(recipe, config);
  return recipe;
}

}  // namespace

Recipe load_recipe(const std::string& path, const std::vector<std::string>& overrides) {
  return read(io::TomlConfig::load(path, overrides));
}

Recipe parse_recipe(const std::string& text, const std::string& name,
                    const std::vector<std::string>& overrides) {
  return read(io::TomlConfig::parse(text, name, overrides));
}

}  // namespace sfv::training
