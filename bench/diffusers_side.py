"""diffusers' half of bench/compare: one request of one step, timed part by part, in a process of its own.

  python diffusers_side.py MODEL PHOTO NOISE --size WxH --frames N --dtype fp32|bf16|fp16 --threads N --device D [--until PART] [--make-noise] [--outputs FILE]

Prints one JSON object. Default settings of diffusers and torch; the clip is decoded whole, as sfv does. NOISE: a safetensors file of
image_noise and latent_noise, drawn here with --make-noise, so that both halves start from the same numbers. --outputs: the tensors
between the stages, named as `sfv generate --dump` names them.
"""

import argparse
import json
import pathlib
import resource
import time

import PIL.Image
import torch
from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
from diffusers.pipelines.stable_video_diffusion.pipeline_stable_video_diffusion import _resize_with_antialiasing
from safetensors.torch import load_file, save_file
from transformers import CLIPVisionModelWithProjection

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
FPS, MOTION, NOISE_AUG = 7, 127, 0.02
SIGMA_MAX = 700.0
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


class Clock:
    """Seconds between marks, when the device has done what it was asked for."""

    def __init__(self, device: str):
        self.device, self.seconds = device, {}
        self.last = self.begin = self.now()

    def now(self) -> float:
        if self.device != "cpu":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()

    def mark(self, name: str):
        now = self.now()
        self.seconds[name] = now - self.last
        self.last = now

    def finish(self):
        self.seconds["request"] = self.now() - self.begin


def per_channel(values, like):
    return torch.tensor(values, dtype=like.dtype).view(1, 3, 1, 1)


def request(photo, models, noise, frames, dtype, device, until):
    """StableVideoDiffusionPipeline's way with num_inference_steps=1 and guidance 1:1, cut into parts; ends after the part `until`."""
    unet, vae, clip = models
    clock = Clock(device)
    pixels = torch.frombuffer(bytearray(photo.tobytes()), dtype=torch.uint8).view(photo.height, photo.width, 3)
    pixels = pixels.permute(2, 0, 1).unsqueeze(0).float() / 127.5 - 1
    small = (_resize_with_antialiasing(pixels, (224, 224)) + 1) / 2
    small = (small - per_channel(CLIP_MEAN, small)) / per_channel(CLIP_STD, small)
    kept = {"pixel_values": small}
    embeds = clip(small.to(device, dtype)).image_embeds.unsqueeze(1)
    noisy = pixels + NOISE_AUG * noise["image_noise"]
    latent = vae.encode(noisy.to(device, dtype)).latent_dist.mode()
    clock.mark("encoders")
    kept |= {"image_embeds": embeds, "image_latents": latent}
    if until == "encoders":
        return clock.seconds, kept
    condition = latent.unsqueeze(1).repeat(1, frames, 1, 1, 1)
    ids = torch.tensor([[FPS - 1, MOTION, NOISE_AUG]], dtype=dtype, device=device)
    # EulerDiscreteScheduler with one Karras level: x = noise sqrt(sigma^2 + 1), one step to sigma = 0.
    x = noise["latent_noise"].to(device, dtype) * (SIGMA_MAX**2 + 1) ** 0.5
    scaled = x / (SIGMA_MAX**2 + 1) ** 0.5
    timestep = torch.tensor(0.25 * torch.log(torch.tensor(SIGMA_MAX)).item(), device=device)
    v = unet(torch.cat([scaled, condition], 2), timestep, embeds, ids).sample
    clock.mark("unet")
    if until == "unet":
        return clock.seconds, kept
    x = x.float()
    latents = (v.float() * (-SIGMA_MAX / (SIGMA_MAX**2 + 1) ** 0.5) + x / (SIGMA_MAX**2 + 1)).to(dtype)
    decoded = vae.decode(latents.flatten(0, 1) / vae.config.scaling_factor, num_frames=frames).sample.float()
    clock.mark("decode")
    _ = ((decoded / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    clock.finish()
    kept |= {"latents": latents, "frames": decoded.unsqueeze(0)}
    return clock.seconds, kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("photo", type=pathlib.Path)
    parser.add_argument("noise", type=pathlib.Path)
    parser.add_argument("--size", required=True)
    parser.add_argument("--frames", type=int, required=True)
    parser.add_argument("--dtype", choices=DTYPES, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--until", choices=["encoders", "unet", "decode"], default="decode")
    parser.add_argument("--make-noise", action="store_true")
    parser.add_argument("--outputs", type=pathlib.Path)
    a = parser.parse_args()
    width, height = map(int, a.size.split("x"))
    if a.make_noise:
        vae = json.loads((a.model / "vae/config.json").read_text())
        side = 2 ** (len(vae["block_out_channels"]) - 1)
        torch.manual_seed(0)
        save_file({"image_noise": torch.randn(1, 3, height, width),
                   "latent_noise": torch.randn(1, a.frames, vae["latent_channels"], height // side, width // side)}, a.noise)
        return
    torch.set_num_threads(a.threads)
    if a.device != "cpu":  # fp32 is fp32
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    begin = time.perf_counter()
    models = [kind.from_pretrained(a.model / name, torch_dtype=DTYPES[a.dtype]).to(a.device).eval()
              for kind, name in ((UNetSpatioTemporalConditionModel, "unet"), (AutoencoderKLTemporalDecoder, "vae"),
                                 (CLIPVisionModelWithProjection, "image_encoder"))]
    load = time.perf_counter() - begin
    photo = PIL.Image.open(a.photo).convert("RGB")
    with torch.no_grad():
        seconds, kept = request(photo, models, load_file(a.noise), a.frames, DTYPES[a.dtype], a.device, a.until)
    if a.outputs:
        save_file({name: tensor.float().cpu().contiguous() for name, tensor in kept.items()}, a.outputs)
    peak = torch.cuda.max_memory_allocated(a.device) if a.device != "cpu" else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "load": load, "peak": peak, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
