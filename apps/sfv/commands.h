#pragma once

#include "apps/sfv/command.h"

namespace sfv::cli {

/// Every sub-command, in the order of `sfv --help`.
void add_all_commands(Program& program);

void add_generate_command(Program& program);    // sfv generate IMAGE... -o OUT
void add_repeat_command(Program& program);      // sfv repeat CLIP
void add_info_command(Program& program);        // sfv info CLIP or MODEL
void add_model_command(Program& program);       // sfv model init|convert|verify
void add_train_command(Program& program);       // sfv train RECIPE
void add_data_command(Program& program);        // sfv data check
void add_data_cache_command(Program& program);  // sfv data cache; after the one above
void add_eval_command(Program& program);        // sfv eval features|frechet|motion|pairs|models
void add_plan_command(Program& program);        // sfv plan
void add_bench_command(Program& program);       // sfv bench
void add_doctor_command(Program& program);      // sfv doctor
void add_completion_command(Program& program);  // sfv completion bash|zsh|fish

}  // namespace sfv::cli
