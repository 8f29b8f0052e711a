"""Runs diffusers' StableVideoDiffusionPipeline and keeps what passes between its stages."""

import contextlib

import PIL.Image
import torch
from diffusers import (AutoencoderKLTemporalDecoder, EulerDiscreteScheduler, StableVideoDiffusionPipeline,
                       UNetSpatioTemporalConditionModel)
from diffusers.pipelines.stable_video_diffusion import pipeline_stable_video_diffusion as svd

from lcm_scheduler import AnimateLcmScheduler
from networks import build_clip, build_diffusers
from numerics import feature_extractor
from rule_weights import rule_image, rule_tensor


def build_pipeline(components, weight_set, scheduler=None):
    pipe = StableVideoDiffusionPipeline(
        vae=build_diffusers(AutoencoderKLTemporalDecoder, components["vae"], weight_set),
        image_encoder=build_clip(components["image_encoder"], weight_set),
        unet=build_diffusers(UNetSpatioTemporalConditionModel, components["unet"], weight_set),
        scheduler=scheduler or EulerDiscreteScheduler.from_config(components["scheduler"]),
        feature_extractor=feature_extractor())
    pipe.set_progress_bar_config(disable=True)
    return pipe


@contextlib.contextmanager
def noise_source(draw):
    """Inside, the pipeline takes its random tensors from draw(name, shape, dtype): image_noise first, then latent_noise."""
    names = iter(("image_noise", "latent_noise"))
    original = svd.randn_tensor
    svd.randn_tensor = lambda shape, generator=None, device=None, dtype=None: draw(next(names), tuple(shape), dtype)
    try:
        yield
    finally:
        svd.randn_tensor = original


def run_stages(pipe, image, draw, **call):
    """The tensors between the stages, named and shaped as `sfv generate --dump` writes them."""
    kept = {}

    def keep_pixels(module, arguments, result):
        kept["pixel_values"] = arguments[0]
        kept["image_embeds"] = result.image_embeds.unsqueeze(1)

    encode, decode = pipe._encode_vae_image, pipe.decode_latents

    def encode_and_keep(*args, **kwargs):
        latents = encode(*args, **kwargs)
        kept["image_latents"] = latents[-1:]  # the conditional half, which comes last
        return latents

    def decode_and_keep(latents, *args, **kwargs):
        frames = decode(latents, *args, **kwargs)
        kept["latents"], kept["frames"] = latents, frames.permute(0, 2, 1, 3, 4)
        return frames

    pipe._encode_vae_image, pipe.decode_latents = encode_and_keep, decode_and_keep
    hook = pipe.image_encoder.register_forward_hook(keep_pixels)
    try:
        with noise_source(draw):
            pipe(image, output_type="pt", **call)
    finally:
        hook.remove()
        del pipe._encode_vae_image, pipe.decode_latents
    return {name: value.detach().float().numpy() for name, value in kept.items()}


def noise_for(case):
    """draw(name, shape, dtype): by rule, or from the case's seed in the order diffusers draws."""
    if "seed" not in case:
        return lambda name, shape, dtype=torch.float32: torch.from_numpy(rule_tensor(name, shape, 3**0.5)).to(dtype)
    generator = torch.Generator("cpu").manual_seed(case["seed"])
    return lambda name, shape, dtype=torch.float32: torch.randn(shape, generator=generator, dtype=torch.float32).to(dtype)


def run_pipeline(case, dtype=torch.float32):
    draw = noise_for(case)
    scheduler = None
    if case["sampler"] == "lcm":
        scheduler = AnimateLcmScheduler(lambda shape, step: draw(f"step_noise.{step}", tuple(shape)))
    pipe = build_pipeline(case["components"], case["weights"], scheduler).to(dtype=dtype)
    image = PIL.Image.fromarray(rule_image("image", *case["image"]))
    options = {"sigmas": case["sigmas"]} if "sigmas" in case else {}
    return run_stages(pipe, image, draw, height=case["height"], width=case["width"], num_frames=case["frames"],
                      num_inference_steps=case["steps"], min_guidance_scale=case["guidance"][0],
                      max_guidance_scale=case["guidance"][1], fps=case["fps"], motion_bucket_id=case["motion"],
                      noise_aug_strength=case["noise_aug"], decode_chunk_size=case.get("decode_chunk"), **options)
