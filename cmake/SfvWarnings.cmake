# One place for the warnings that every target of ours is built with.
add_library(sfv_warnings INTERFACE)
target_compile_options(sfv_warnings INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
if(SFV_WERROR)
  target_compile_options(sfv_warnings INTERFACE -Werror)
endif()
