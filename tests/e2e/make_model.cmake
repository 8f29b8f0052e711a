# cmake -D SFV=program -D LIKE=configs -D MODEL=folder -P make_model.cmake: the tests' model, made anew.
file(REMOVE_RECURSE ${MODEL})
execute_process(COMMAND ${SFV} model init --like ${LIKE} -o ${MODEL} --seed 1 COMMAND_ERROR_IS_FATAL ANY)
