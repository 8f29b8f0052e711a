#pragma once

#include <string>
#include <string_view>

#include "sfv/distributed/ranks.h"
#include "sfv/training/named_tensor.h"
#include "sfv/training/recipe.h"

// What has to be the same on all ranks, compared. All ranks make these calls.

namespace sfv::training {

/// "rank 1 of 4".
[[nodiscard]] std::string rank_name(const distributed::Ranks& ranks);

/// Errors: kInvalidArgument on every rank if one has another text than rank 0, naming that rank: "[train]
/// rank 2 of 4: its WHAT is not that of rank 0".
void check_same(distributed::Ranks& ranks, std::string_view what, const std::string& text);

/// That of the recipe, and of this build of sfv and libtorch.
void check_same_recipe(distributed::Ranks& ranks, const Recipe& recipe);

/// The same for the values of tensors, by a checksum of all bytes; names the first tensor that differs.
/// when: "at the start". Errors: kInternal.
void check_same_values(distributed::Ranks& ranks, const NamedTensors& tensors, std::string_view when);

}  // namespace sfv::training
