"""Reference values of what is no network: schedules, solver steps, preprocessing, random draws."""

import numpy as np
import torch
from diffusers import EulerDiscreteScheduler
from diffusers.pipelines.stable_video_diffusion import pipeline_stable_video_diffusion as svd
from transformers import CLIPImageProcessor

from lcm_scheduler import AnimateLcmScheduler
from rule_weights import rule_image, rule_tensor

CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073]
CLIP_STD = [0.26862954, 0.26130258, 0.27577711]
SHAPE = (1, 2, 4, 3, 5)  # of the latents whose steps are compared


def feature_extractor():
    return CLIPImageProcessor(image_mean=CLIP_MEAN, image_std=CLIP_STD)


def run_scheduler(case):
    """sigmas, timesteps, the scaled input of each step, and the final latents, with the velocities v_i = rule("v.i")."""
    lcm = "s_noise" in case["config"]
    if lcm:
        scheduler = AnimateLcmScheduler(lambda shape, step: torch.from_numpy(rule_tensor(f"step_noise.{step}", tuple(shape), 3**0.5)),
                                        **case["config"])
    else:
        scheduler = EulerDiscreteScheduler.from_config(case["config"])
    if "sigmas" in case:
        scheduler.set_timesteps(sigmas=case["sigmas"])
    else:
        scheduler.set_timesteps(case["steps"])
    latents = torch.from_numpy(rule_tensor("latent_noise", SHAPE, 3**0.5)) * scheduler.init_noise_sigma
    inputs = []
    for i, t in enumerate(scheduler.timesteps):
        inputs.append(scheduler.scale_model_input(latents, t))
        latents = scheduler.step(torch.from_numpy(rule_tensor(f"v.{i}", SHAPE)), t, latents).prev_sample
    return {"sigmas": scheduler.sigmas.numpy(), "timesteps": scheduler.timesteps.numpy().astype(np.float32),
            "init_noise_sigma": np.array([float(scheduler.init_noise_sigma)], np.float32),
            "model_inputs": torch.stack(inputs).numpy(), "latents": latents.numpy()}


def case_image(case):
    """[H,W,3] uint8."""
    h, w = case["height"], case["width"]
    if case["image"] == "rule":
        return rule_image("image", h, w)
    y, x, c = np.meshgrid(np.arange(h), np.arange(w), np.arange(3), indexing="ij")
    return ((3 * x + 5 * y + 7 * c) % 256).astype(np.uint8)


def run_preprocess(case):
    """The CLIP branch: resized to 224 x 224 in 0..1 (may overshoot), and normalised."""
    image = torch.from_numpy(case_image(case).astype(np.float32) / 255).permute(2, 0, 1)[None]
    resized = (svd._resize_with_antialiasing(image * 2.0 - 1.0, (224, 224)) + 1.0) / 2.0
    normalised = feature_extractor()(images=resized, do_normalize=True, do_center_crop=False, do_resize=False,
                                     do_rescale=False, return_tensors="pt").pixel_values
    return {"resized": resized.numpy(), "pixel_values": normalised.float().numpy()}


def run_noise(case):
    """What the pipeline draws for a seed: the augmentation noise, then the latents, then one LCM step."""
    generator = torch.Generator("cpu").manual_seed(case["seed"])
    h, w, f = case["height"], case["width"], case["frames"]
    latents = (1, f, 4, h // case["vae_scale"], w // case["vae_scale"])
    names = {"image_noise": (1, 3, h, w), "latent_noise": latents, "step_noise": latents}
    return {name: torch.randn(shape, generator=generator).numpy() for name, shape in names.items()}
