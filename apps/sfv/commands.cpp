#include "apps/sfv/commands.h"

namespace sfv::cli {

void add_all_commands(Program& program) {
  add_generate_command(program);
  add_repeat_command(program);
  add_info_command(program);
  add_model_command(program);
  add_train_command(program);
  add_data_command(program);
  add_data_cache_command(program);
  add_eval_command(program);
  add_plan_command(program);
  add_bench_command(program);
  add_doctor_command(program);
  add_completion_command(program);
}

}  // namespace sfv::cli
