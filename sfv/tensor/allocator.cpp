#include "sfv/tensor/allocator.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace sfv {

void keep_freed_memory() {
#if defined(__GLIBC__)
  mallopt(M_MMAP_MAX, 0);         // large blocks come from the heap, where they can be used again
  mallopt(M_TRIM_THRESHOLD, -1);  // and the heap's end is not given back
  mallopt(M_TOP_PAD, 64 << 20);   // bytes the heap grows by at least
#endif
}

}  // namespace sfv
