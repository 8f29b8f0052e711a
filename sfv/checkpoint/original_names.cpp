#include "sfv/checkpoint/original_names.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "sfv/checkpoint/module_weights.h"
#include "sfv/core/check.h"

namespace sfv::checkpoint {
namespace {

constexpr const char* kUNet = "model.diffusion_model.";
constexpr const char* kFirstStage = "first_stage_model.";
constexpr const char* kConditionEncoder = "conditioner.embedders.3.encoder.";
constexpr const char* kOpenClip = "conditioner.embedders.0.open_clip.model.";

using Rules = std::vector<std::pair<std::string_view, std::string_view>>;

// Takes the rule's beginning off the name and gives its replacement; the rest of the name follows it.
bool replace_beginning(std::string& name, const Rules& rules) {
  for (const auto& [from, to] : rules) {
    if (name.compare(0, from.size(), from) != 0) continue;
    name.replace(0, from.size(), to);
    return true;
  }
  return false;
}

// Takes "TEXT" off the beginning.
bool take(std::string_view& name, std::string_view text) {
  if (!name.starts_with(text)) return false;
  name.remove_prefix(text.size());
  return true;
}

// Takes "12." off the beginning.
bool take_index(std::string_view& name, int64_t& index) {
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
  if (error != std::errc{} || end == name.data() + name.size() || *end != '.') return false;
  name.remove_prefix(static_cast<size_t>(end - name.data()) + 1);
  return true;
}

// A res block's layers by the original code's places in torch.nn.Sequential.
std::string res_block_layer(std::string_view rest) {
  const bool is_temporal = take(rest, "temporal_res_block.");
  if (!is_temporal) take(rest, "spatial_res_block.");
  std::string name(rest);
  replace_beginning(name, {{"norm1.", "in_layers.0."},
                           {"conv1.", "in_layers.2."},
                           {"norm2.", "out_layers.0."},
                           {"conv2.", "out_layers.3."},
                           {"time_emb_proj.", "emb_layers.1."},
                           {"conv_shortcut.", "skip_connection."}});
  return is_temporal ? "time_stack." + name : name;
}

std::string transformer_layer(std::string_view rest) {
  std::string name(rest);
  replace_beginning(name, {{"temporal_transformer_blocks.", "time_stack."},
                           {"time_pos_embed.linear_1.", "time_pos_embed.0."},
                           {"time_pos_embed.linear_2.", "time_pos_embed.2."}});
  return name;
}

// down_blocks.: the original code counts all res blocks and downsamplers through, after conv_in.
std::string unet_down(std::string_view rest, const models::UNetConfig& config) {
  int64_t level = 0, index = 0;
  if (!take_index(rest, level) || level < 0 || level >= config.levels()) return {};
  int64_t begin = 1;
  for (int64_t i = 0; i < level; ++i) begin += config.layers_per_block[i] + 1;
  if (take(rest, "downsamplers.0.conv.")) {
    return concat("input_blocks.", begin + config.layers_per_block[level], ".0.op.", rest);
  }
  if (take(rest, "resnets.") && take_index(rest, index)) {
    return concat("input_blocks.", begin + index, ".0.", res_block_layer(rest));
  }
  if (take(rest, "attentions.") && take_index(rest, index)) {
    return concat("input_blocks.", begin + index, ".1.", transformer_layer(rest));
  }
  return {};
}

// up_blocks.: counted through from the coarsest; an upsampler belongs to its level's last res block.
std::string unet_up(std::string_view rest, const models::UNetConfig& config) {
  int64_t up = 0, index = 0;
  if (!take_index(rest, up) || up < 0 || up >= config.levels()) return {};
  int64_t begin = 0;
  for (int64_t i = 0; i < up; ++i) begin += config.layers_per_block[config.levels() - 1 - i] + 1;
  if (take(rest, "upsamplers.0.conv.")) {
    const int64_t last = begin + config.layers_per_block[config.levels() - 1 - up];
    const bool has_attention = config.up_block_types[up] == "CrossAttnUpBlockSpatioTemporal";
    return concat("output_blocks.", last, has_attention ? ".2.conv." : ".1.conv.", rest);
  }
  if (take(rest, "resnets.") && take_index(rest, index)) {
    return concat("output_blocks.", begin + index, ".0.", res_block_layer(rest));
  }
  if (take(rest, "attentions.") && take_index(rest, index)) {
    return concat("output_blocks.", begin + index, ".1.", transformer_layer(rest));
  }
  return {};
}

// res, transformer, res, … in one sequence
std::string unet_mid(std::string_view rest) {
  int64_t index = 0;
  if (take(rest, "resnets.") && take_index(rest, index)) {
    return concat("middle_block.", 2 * index, ".", res_block_layer(rest));
  }
  if (take(rest, "attentions.") && take_index(rest, index)) {
    return concat("middle_block.", 2 * index + 1, ".", transformer_layer(rest));
  }
  return {};
}

std::string vae_res_block_layer(std::string_view rest) {
  if (take(rest, "temporal_res_block.")) return "time_stack." + res_block_layer(rest);
  if (take(rest, "time_mixer.")) return std::string(rest);
  take(rest, "spatial_res_block.");
  std::string name(rest);
  replace_beginning(name, {{"conv_shortcut.", "nin_shortcut."}});
  return name;
}

// What follows "encoder." or "decoder.".
OriginalName vae_layer(std::string_view rest, int64_t levels) {
  int64_t level = 0, index = 0;
  if (take(rest, "mid_block.resnets.") && take_index(rest, index)) {
    return {.name = concat("mid.block_", index + 1, ".", vae_res_block_layer(rest))};
  }
  if (take(rest, "mid_block.attentions.0.")) {
    std::string name(rest);
    replace_beginning(name, {{"group_norm.", "norm."},
                             {"to_q.", "q."},
                             {"to_k.", "k."},
                             {"to_v.", "v."},
                             {"to_out.0.", "proj_out."}});
    const bool is_matrix = name.ends_with(".weight") && !name.starts_with("norm.");
    return {.name = "mid.attn_1." + name, .form = is_matrix ? StoredForm::kConvolution : StoredForm::kSame};
  }
  const bool is_down = take(rest, "down_blocks.");
  if ((is_down || take(rest, "up_blocks.")) && take_index(rest, level)) {
    const std::string place = is_down ? concat("down.", level, ".") : concat("up.", levels - 1 - level, ".");
    if (take(rest, "resnets.") && take_index(rest, index)) {
      return {.name = concat(place, "block.", index, ".", vae_res_block_layer(rest))};
    }
    std::string name(rest);
    replace_beginning(
        name, {{"downsamplers.0.conv.", "downsample.conv."}, {"upsamplers.0.conv.", "upsample.conv."}});
    return {.name = place + name};
  }
  std::string name(rest);
  replace_beginning(name, {{"conv_norm_out.", "norm_out."}, {"time_conv_out.", "conv_out.time_mix_conv."}});
  return {.name = name};
}

}  // namespace

OriginalName original_unet_name(const std::string& name, const models::UNetConfig& config) {
  std::string_view rest = name;
  std::string found;
  if (take(rest, "down_blocks.")) {
    found = unet_down(rest, config);
  } else if (take(rest, "up_blocks.")) {
    found = unet_up(rest, config);
  } else if (take(rest, "mid_block.")) {
    found = unet_mid(rest);
  } else {
    found = name;
    const bool is_known = replace_beginning(found, {{"conv_in.", "input_blocks.0.0."},
                                                    {"conv_norm_out.", "out.0."},
                                                    {"conv_out.", "out.2."},
                                                    {"time_embedding.linear_1.", "time_embed.0."},
                                                    {"time_embedding.linear_2.", "time_embed.2."},
                                                    {"add_embedding.linear_1.", "label_emb.0.0."},
                                                    {"add_embedding.linear_2.", "label_emb.0.2."}});
    if (!is_known) found.clear();
  }
  return {.name = found.empty() ? name : kUNet + found};
}

OriginalName original_vae_name(const std::string& name, const models::VaeConfig& config) {
  std::string_view rest = name;
  const auto levels = static_cast<int64_t>(config.block_out_channels.size());
  if (take(rest, "quant_conv.")) return {.name = kConditionEncoder + name};
  if (take(rest, "post_quant_conv.")) return {.name = kFirstStage + name};
  const bool is_encoder = take(rest, "encoder.");
  if (!is_encoder && !take(rest, "decoder.")) return {.name = name};
  OriginalName found = vae_layer(rest, levels);
  found.name =
      (is_encoder ? concat(kConditionEncoder, "encoder.") : concat(kFirstStage, "decoder.")) + found.name;
  return found;
}

OriginalName original_clip_name(const std::string& name) {
  std::string_view rest = name;
  const std::string visual = concat(kOpenClip, "visual.");
  if (rest == "visual_projection.weight") return {.name = visual + "proj", .form = StoredForm::kTransposed};
  if (!take(rest, "vision_model.")) return {.name = name};
  if (take(rest, "encoder.layers.")) {
    int64_t layer = 0;
    if (!take_index(rest, layer)) return {.name = name};
    const std::string block = concat(visual, "transformer.resblocks.", layer, ".");
    constexpr std::string_view kParts[] = {"self_attn.q_proj.", "self_attn.k_proj.", "self_attn.v_proj."};
    for (int64_t part = 0; part < 3; ++part) {
      if (!take(rest, kParts[part])) continue;
      return {.name = concat(block, "attn.in_proj_", rest), .form = StoredForm::kJoinedRows, .part = part};
    }
    std::string found(rest);
    replace_beginning(found, {{"layer_norm1.", "ln_1."},
                              {"layer_norm2.", "ln_2."},
                              {"mlp.fc1.", "mlp.c_fc."},
                              {"mlp.fc2.", "mlp.c_proj."},
                              {"self_attn.out_proj.", "attn.out_proj."}});
    return {.name = block + found};
  }
  std::string found(rest);
  replace_beginning(found, {{"embeddings.class_embedding", "class_embedding"},
                            {"embeddings.patch_embedding.", "conv1."},
                            {"embeddings.position_embedding.weight", "positional_embedding"},
                            {"pre_layrnorm.", "ln_pre."},
                            {"post_layernorm.", "ln_post."}});
  return {.name = visual + found};
}

std::set<std::string> unused_original_names(const models::VaeConfig& config) {
  std::set<std::string> names;
  for (const char* text : {"token_embedding.weight", "positional_embedding", "text_projection",
                           "ln_final.weight", "ln_final.bias", "logit_scale"}) {
    names.insert(kOpenClip + std::string(text));
  }
  // Both VAEs of the file have the other one's half too, and the conditioner's is a 2-D one throughout.
  models::VaeConfig plain = config;
  plain.has_temporal_decoder = false;
  const models::AutoencoderKLTemporalDecoder vae(plain);
  for (const ParameterShape& parameter : parameter_shapes(*vae)) {
    const std::string own = original_vae_name(parameter.name, plain).name;
    const bool is_encoder = own.starts_with(kConditionEncoder);
    const std::string_view from = is_encoder ? kConditionEncoder : kFirstStage;
    const bool is_quant_conv = parameter.name.starts_with("quant_conv.");
    // The temporal first stage has no quant_conv.
    if (is_quant_conv && config.has_temporal_decoder) continue;
    names.insert((is_encoder ? kFirstStage : kConditionEncoder) + own.substr(from.size()));
  }
  return names;
}

}  // namespace sfv::checkpoint
