#include "sfv/ops/split.h"

namespace sfv::ops {
namespace {

thread_local double current_limit = 6e10;  // about a second on two cores without AVX-512

thread_local int64_t current_piece = int64_t{64} << 20;

}  // namespace

double max_operations() {
  return current_limit;
}

MaxOperations::MaxOperations(double limit) : outer_(current_limit) {
  current_limit = limit;
}
MaxOperations::~MaxOperations() {
  current_limit = outer_;
}

int64_t max_piece_bytes() {
  return current_piece;
}

MaxPiece::MaxPiece(int64_t bytes) : outer_(current_piece) {
  current_piece = bytes;
}
MaxPiece::~MaxPiece() {
  current_piece = outer_;
}

}  // namespace sfv::ops
