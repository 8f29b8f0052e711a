// sfv data cache RECIPE.toml -o DIR: what the frozen networks make of a recipe's clips, once for many steps
// and runs.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "apps/sfv/commands.h"
#include "apps/sfv/progress_display.h"
#include "sfv/core/check.h"
#include "sfv/data/latent_cache_writer.h"
#include "sfv/tensor/device.h"
#include "sfv/training/cache_key.h"
#include "sfv/training/clip_encoding.h"
#include "sfv/training/open_source.h"

namespace sfv::cli {
namespace {

struct Options {
  std::string recipe, output, device = "auto";
  std::vector<std::string> overrides;
  int64_t clips = 0;
  bool quiet = false;
};

training::Recipe read_recipe(const Options& options) {
  training::Recipe recipe = training::load_recipe(options.recipe, options.overrides);
  SFV_CHECK(
      recipe.stage != training::Stage::kAutoencoder ||
          recipe.autoencoder.train == training::AutoencoderPart::kTinyDecoder,
      kInvalidArgument, "[data cache] ", options.recipe,
      ": stage \"autoencoder\" trains on pictures; give a recipe of a tiny decoder or of another stage");
  SFV_CHECK(recipe.data.source != training::DataSource::kCache, kInvalidArgument, "[data cache] ",
            options.recipe, ": data.source is a cache already; name the clips themselves");
  SFV_CHECK(!recipe.model.path.empty(), kInvalidArgument, "[data cache] ", options.recipe,
            ": expected model.path, since random networks make latents of no use");
  return recipe;
}

int make_cache(const Options& options, const CommandContext& context) {
  const training::Recipe recipe = read_recipe(options);
  if (recipe.threads > 0) set_cpu_threads(static_cast<int>(recipe.threads));
  checkpoint::LoadOptions load;
  load.device = open_device(options.device);
  checkpoint::Model model = checkpoint::load_model(recipe.model.path, load);
  model.unet = nullptr;  // not needed, and the largest
  const auto source = training::open_source(recipe.data, false);

  ProgressDisplay display(progress_mode(options.quiet));
  display.begin_part(options.output, 0, 1);
  data::LatentCacheOptions cache;
  cache.folder = options.output;
  cache.key = training::make_cache_key(recipe.data, model);
  cache.clips = options.clips;
  cache.readers = recipe.data.readers;
  cache.sink = &display;
  cache.cancel = &context.cancel;
  cache.on_skip = [&](const data::SkippedItem& item) {
    display.print_line("sfv: skipped " + item.name + ": " + item.reason);
  };
  const data::LatentCacheResult result = data::make_latent_cache(
      *source, [&](const data::TrainingClip& clip) { return training::encode_clip(model, clip); }, cache);
  display.clear();
  SFV_CHECK(result.clips > 0, kInvalidFile, "[data cache] ", options.recipe, ": none of ", result.skipped,
            " clips could be read; look at the data with sfv data check");
  if (!options.quiet) {
    std::fprintf(stderr, "%s: %lld clips, %lld of them were there, %lld skipped\n", options.output.c_str(),
                 static_cast<long long>(result.clips), static_cast<long long>(result.kept),
                 static_cast<long long>(result.skipped));
  }
  std::printf("%s\n", options.output.c_str());
  return 0;
}

}  // namespace

void add_data_cache_command(Program& program) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = program.add_command(
      *program.root().get_subcommand("data"), "cache",
      "Encode a recipe's clips once: latents and image embeddings by the model it names, for "
      "data.source = \"cache\". Called again it goes on where it ended",
      [options](const CommandContext& context) { return make_cache(*options, context); });
  command
      .add_option("RECIPE", options->recipe,
                  "The recipe that is to train: its [model] encodes, its [data] says which clips")
      ->required();
  command.add_option("-o,--output", options->output, "The cache's folder")->required()->type_name("DIR");
  command
      .add_option("--clips", options->clips,
                  "Clips in all. Fewer than there are items: the first ones; more: items are cut again, at "
                  "other places. Must be given for clips drawn from a seed. 0: each item once. Default: 0")
      ->type_name("N");
  command
      .add_option("--set", options->overrides,
                  "A value instead of the recipe's, may be repeated: --set data.flip=true. Default: none")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command.add_option("--device", options->device, "auto, cpu, cuda or cuda:N. Default: auto")
      ->type_name("DEVICE");
  program.add_quiet_flag(command, options->quiet);
}

}  // namespace sfv::cli
