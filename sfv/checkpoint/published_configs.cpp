// The published config files, key for key. Source: svd.md section 1, from revision 9e439095 of the hub's -xt
// repository.
#include <string>

#include "sfv/checkpoint/config_texts.h"
#include "sfv/core/check.h"

namespace sfv::checkpoint {
namespace {

const char* vae_class(bool has_temporal_decoder) {
  return has_temporal_decoder ? "AutoencoderKLTemporalDecoder" : "AutoencoderKL";
}

std::string model_index(bool has_temporal_decoder) {
  return concat(R"({
  "_class_name": "StableVideoDiffusionPipeline",
  "_diffusers_version": "0.24.0.dev0",
  "feature_extractor": ["transformers", "CLIPImageProcessor"],
  "image_encoder": ["transformers", "CLIPVisionModelWithProjection"],
  "scheduler": ["diffusers", "EulerDiscreteScheduler"],
  "unet": ["diffusers", "UNetSpatioTemporalConditionModel"],
  "vae": ["diffusers", ")",
                vae_class(has_temporal_decoder), "\"]\n}");
}

std::string unet(int64_t num_frames) {
  return concat(R"({
  "_class_name": "UNetSpatioTemporalConditionModel",
  "_diffusers_version": "0.24.0.dev0",
  "addition_time_embed_dim": 256,
  "block_out_channels": [320, 640, 1280, 1280],
  "cross_attention_dim": 1024,
  "down_block_types": ["CrossAttnDownBlockSpatioTemporal", "CrossAttnDownBlockSpatioTemporal",
                       "CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"],
  "in_channels": 8,
  "layers_per_block": 2,
  "num_attention_heads": [5, 10, 20, 20],
  "num_frames": )",
                num_frames, R"(,
  "out_channels": 4,
  "projection_class_embeddings_input_dim": 768,
  "sample_size": 96,
  "transformer_layers_per_block": 1,
  "up_block_types": ["UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal",
                     "CrossAttnUpBlockSpatioTemporal"]
})");
}

// With the temporal decoder of Stable Video Diffusion, or Stable Diffusion's VAE, whose file has three more
// keys.
std::string vae(bool has_temporal_decoder) {
  return concat(R"({
  "_class_name": ")",
                vae_class(has_temporal_decoder), R"(",
  "_diffusers_version": "0.24.0.dev0",)",
                has_temporal_decoder ? "" : "\n  \"act_fn\": \"silu\",", R"(
  "block_out_channels": [128, 256, 512, 512],
  "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
  "force_upcast": true,
  "in_channels": 3,
  "latent_channels": 4,
  "layers_per_block": 2,)",
                has_temporal_decoder ? "" : "\n  \"norm_num_groups\": 32,", R"(
  "out_channels": 3,
  "sample_size": 768,
  "scaling_factor": 0.18215)",
                has_temporal_decoder ? "" : R"(,
  "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"])",
                "\n}");
}

constexpr const char* kImageEncoder = R"({
  "architectures": ["CLIPVisionModelWithProjection"],
  "attention_dropout": 0.0,
  "dropout": 0.0,
  "hidden_act": "gelu",
  "hidden_size": 1280,
  "image_size": 224,
  "initializer_factor": 1.0,
  "initializer_range": 0.02,
  "intermediate_size": 5120,
  "layer_norm_eps": 1e-05,
  "model_type": "clip_vision_model",
  "num_attention_heads": 16,
  "num_channels": 3,
  "num_hidden_layers": 32,
  "patch_size": 14,
  "projection_dim": 1024,
  "torch_dtype": "float16",
  "transformers_version": "4.34.0.dev0"
})";

constexpr const char* kScheduler = R"({
  "_class_name": "EulerDiscreteScheduler",
  "_diffusers_version": "0.24.0.dev0",
  "beta_end": 0.012,
  "beta_schedule": "scaled_linear",
  "beta_start": 0.00085,
  "clip_sample": false,
  "interpolation_type": "linear",
  "num_train_timesteps": 1000,
  "prediction_type": "v_prediction",
  "set_alpha_to_one": false,
  "sigma_max": 700.0,
  "sigma_min": 0.002,
  "skip_prk_steps": true,
  "steps_offset": 1,
  "timestep_spacing": "leading",
  "timestep_type": "continuous",
  "trained_betas": null,
  "use_karras_sigmas": true
})";

constexpr const char* kFeatureExtractor = R"({
  "crop_size": {"height": 224, "width": 224},
  "do_center_crop": true,
  "do_convert_rgb": true,
  "do_normalize": true,
  "do_rescale": true,
  "do_resize": true,
  "feature_extractor_type": "CLIPFeatureExtractor",
  "image_mean": [0.48145466, 0.4578275, 0.40821073],
  "image_processor_type": "CLIPImageProcessor",
  "image_std": [0.26862954, 0.26130258, 0.27577711],
  "resample": 3,
  "rescale_factor": 0.00392156862745098,
  "size": {"shortest_edge": 224}
})";

}  // namespace

ConfigTexts published_configs(int64_t num_frames, bool has_temporal_decoder) {
  ConfigTexts texts;
  const auto add = [&](const char* relative, const std::string& text) {
    texts.emplace(relative, io::JsonConfig::parse(text, concat("published ", relative)));
  };
  add("model_index.json", model_index(has_temporal_decoder));
  add("unet/config.json", unet(num_frames));
  add("vae/config.json", vae(has_temporal_decoder));
  add("image_encoder/config.json", kImageEncoder);
  add("scheduler/scheduler_config.json", kScheduler);
  add("feature_extractor/preprocessor_config.json", kFeatureExtractor);
  return texts;
}

}  // namespace sfv::checkpoint
