#include "sfv/ops/cpu/amx_tiles.h"

#ifdef SFV_HAS_AMX_TILES
#include <sys/syscall.h>
#include <unistd.h>

namespace sfv::ops::cpu {

bool may_use_tiles() {
  constexpr int64_t kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace sfv::ops::cpu
#endif
