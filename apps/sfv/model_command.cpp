// sfv model init|convert|verify: makes, rewrites and checks model files.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/sfv/byte_count.h"
#include "apps/sfv/choice_option.h"
#include "apps/sfv/commands.h"
#include "sfv/checkpoint/convert_model.h"
#include "sfv/checkpoint/init_model.h"
#include "sfv/checkpoint/verify_model.h"
#include "sfv/checkpoint/weights.h"

namespace sfv::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string in;  // --like, IN or MODEL
  std::string out;
  std::string dtype;
  std::string shard_size;
  uint64_t seed = 0;
  bool json = false;
};

// The name of what was written: the result of init and convert.
void print_result(const Options& options) {
  if (options.json) {
    std::printf("%s\n", Json{{"model", options.out}}.dump(2).c_str());
  } else {
    std::printf("%s\n", options.out.c_str());
  }
}

int init(const Options& options, const CommandContext& context) {
  checkpoint::init_model({.like = options.in,
                          .out = options.out,
                          .seed = options.seed,
                          .dtype = checkpoint::parse_dtype(options.dtype)},
                         &context.cancel);
  print_result(options);
  return 0;
}

int convert(const Options& options, const CommandContext& context) {
  checkpoint::ConvertOptions convert{.in = options.in, .out = options.out, .dtype = {}, .max_shard_bytes = 0};
  if (!options.dtype.empty()) convert.dtype = checkpoint::parse_dtype(options.dtype);
  if (!options.shard_size.empty())
    convert.max_shard_bytes = parse_byte_count("shard-size", options.shard_size);
  checkpoint::convert_model(convert, &context.cancel);
  print_result(options);
  return 0;
}

int verify(const Options& options, const CommandContext& context) {
  bool is_good = true;
  Json list = Json::array();
  for (const checkpoint::VerifyItem& item : checkpoint::verify_model(options.in, &context.cancel)) {
    is_good = is_good && item.is_good;
    if (options.json) {
      list.push_back({{"what", item.what}, {"ok", item.is_good}, {"detail", item.detail}});
    } else {
      std::printf("%-6s %s: %s\n", item.is_good ? "OK" : "FAILED", item.what.c_str(), item.detail.c_str());
    }
  }
  if (options.json) std::printf("%s\n", Json{{"ok", is_good}, {"checks", list}}.dump(2).c_str());
  return is_good ? 0 : 1;
}

void add_init(Program& program, CLI::App& model) {
  const auto options = std::make_shared<Options>();
  options->dtype = "fp32";
  CLI::App& command = program.add_command(
      model, "init",
      "Write a whole model with random weights: for tests, benchmarks and training from nothing",
      [options](const CommandContext& context) { return init(*options, context); });
  command
      .add_option(
          "--like", options->in,
          "svd, svd-xt (the published sizes: 9 GB in fp32, half in fp16) or a folder, of which only the "
          "configs are read")
      ->required()
      ->type_name("NAME");
  command.add_option("-o,--output", options->out, "The new model folder; must not exist")
      ->required()
      ->type_name("DIR");
  command.add_option("--seed", options->seed, "Seed of the weights, 0 to 2^64 - 1. Default: 0")
      ->type_name("N")
      ->check(check_seed);
  add_choice(command, "--dtype", options->dtype, {"fp32", "bf16", "fp16"}, "Number format. Default: fp32");
  program.add_json_flag(command, options->json);
}

void add_convert(Program& program, CLI::App& model) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = program.add_command(
      model, "convert", "Rewrite a model: a folder from a single file or back, another number format, shards",
      [options](const CommandContext& context) { return convert(*options, context); });
  command
      .add_option("IN", options->in,
                  "Model folder, svd*.safetensors, org/name of a downloaded model, or a tiny decoder (.pth, "
                  ".safetensors)")
      ->required();
  command
      .add_option("-o,--output", options->out,
                  "NAME.safetensors for a single file, else a model folder; must not exist")
      ->required()
      ->type_name("OUT");
  add_choice(command, "--dtype", options->dtype, {"fp32", "bf16", "fp16"},
             "Number format. Default: each tensor keeps its own");
  command
      .add_option("--shard-size", options->shard_size,
                  "Most bytes a file, as 5GB or 2GiB; folders only. Default: one file a component")
      ->type_name("BYTES");
  program.add_json_flag(command, options->json);
}

void add_verify(Program& program, CLI::App& model) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = program.add_command(
      model, "verify",
      "Check a model's files: every name, shape and number. Exit code 1 when something is wrong",
      [options](const CommandContext& context) { return verify(*options, context); });
  command
      .add_option("MODEL", options->in, "Model folder, svd*.safetensors, or org/name of a downloaded model")
      ->required();
  program.add_json_flag(command, options->json);
}

}  // namespace

void add_model_command(Program& program) {
  CLI::App& model = program.add_command(program.root(), "model", "Make, convert and check model files");
  add_init(program, model);
  add_convert(program, model);
  add_verify(program, model);
}

}  // namespace sfv::cli
