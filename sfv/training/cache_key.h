#pragma once

#include <map>
#include <string>

#include "sfv/checkpoint/model.h"
#include "sfv/data/latent_cache_index.h"
#include "sfv/training/data_options.h"

namespace sfv::training {

/// SHA-256 of what encodes clips: "vae_encoder" (the encoder half; a new decoder changes nothing) and
/// "image_encoder" (with how its pictures are normalised). Over names, shapes and values as float32, so that
/// it does not depend on how the model is stored. Reads all of these weights once.
[[nodiscard]] std::map<std::string, std::string> hash_encoders(const checkpoint::Model& model);

/// What a cache of these clips by these networks was made from.
[[nodiscard]] data::LatentCacheKey make_cache_key(const DataOptions& options, const checkpoint::Model& model);

/// Whether a recipe that trains this model may use a cache. name: the cache's folder. Errors:
/// kInvalidArgument for other networks, with the hash expected and the one found, and for clips of another
/// size, length or rate than `options` has.
void check_cache_key(const data::LatentCacheKey& key, const std::string& name, const DataOptions& options,
                     const checkpoint::Model& model);

}  // namespace sfv::training
