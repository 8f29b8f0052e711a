// Nothing runs here: it compiles if sfv/distributed/nccl_library.h says what nccl.h says.
#include <nccl.h>

#include <type_traits>

#include "sfv/distributed/nccl_library.h"

namespace sfv::distributed {
namespace {

// NCCL's enums are ints to a caller, and its handles pointers.
template <typename Type>
struct Plain {
  using type = std::conditional_t<std::is_enum_v<Type>, int, Type>;
};
template <>
struct Plain<ncclUniqueId> {
  using type = NcclUniqueId;
};
template <>
struct Plain<ncclUniqueId*> {
  using type = NcclUniqueId*;
};
template <>
struct Plain<ncclComm_t> {
  using type = void*;
};
template <>
struct Plain<ncclComm_t*> {
  using type = void**;
};
template <>
struct Plain<cudaStream_t> {
  using type = void*;
};
template <typename Result, typename... Arguments>
struct Plain<Result (*)(Arguments...)> {
  using type = typename Plain<Result>::type (*)(typename Plain<Arguments>::type...);
};
template <typename Ours, typename Theirs>
constexpr bool kIsSame = std::is_same_v<Ours, typename Plain<Theirs>::type>;

static_assert(sizeof(NcclUniqueId) == sizeof(ncclUniqueId) && sizeof(ncclResult_t) == sizeof(int) &&
              sizeof(ncclDataType_t) == sizeof(int) && sizeof(ncclRedOp_t) == sizeof(int));
static_assert(kNcclInt8 == int{ncclInt8} && kNcclInt64 == int{ncclInt64} && kNcclFloat == int{ncclFloat} &&
              kNcclDouble == int{ncclDouble} && kNcclSum == int{ncclSum} && ncclSuccess == 0);
static_assert(kIsSame<decltype(NcclLibrary::get_unique_id), decltype(&ncclGetUniqueId)>);
static_assert(kIsSame<decltype(NcclLibrary::init_rank), decltype(&ncclCommInitRank)>);
static_assert(kIsSame<decltype(NcclLibrary::all_reduce), decltype(&ncclAllReduce)>);
static_assert(kIsSame<decltype(NcclLibrary::broadcast), decltype(&ncclBroadcast)>);
static_assert(kIsSame<decltype(NcclLibrary::destroy), decltype(&ncclCommDestroy)>);
static_assert(kIsSame<decltype(NcclLibrary::abort_comm), decltype(&ncclCommAbort)>);
static_assert(kIsSame<decltype(NcclLibrary::error_text), decltype(&ncclGetErrorString)>);

}  // namespace
}  // namespace sfv::distributed
