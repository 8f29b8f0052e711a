"""Compares `sfv generate` with diffusers' pipeline on a model folder, stage by stage, from the same noise."""

import json
import pathlib
import tempfile

import PIL.Image
import torch
from diffusers import StableVideoDiffusionPipeline
from safetensors.numpy import load_file, save_file

from bars import HEADER, compare_case, compare_half
from pipeline_case import run_stages

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def draw_noise(arguments, width: int, height: int, folder: pathlib.Path) -> dict:
    """Unit normal noise in the file that --noise reads: image_noise [1,3,H,W], latent_noise [1,F,4,h,w]."""
    config = json.loads((arguments.model / "vae" / "config.json").read_text())
    scale = 2 ** (len(config.get("block_out_channels", [64])) - 1)
    generator = torch.Generator("cpu").manual_seed(arguments.seed)
    channels = config.get("latent_channels", 4)
    noise = {"image_noise": torch.randn((1, 3, height, width), generator=generator),
             "latent_noise": torch.randn((1, arguments.frames, channels, height // scale, width // scale),
                                         generator=generator)}
    save_file({k: v.numpy() for k, v in noise.items()}, folder / "noise.safetensors")
    return noise


def run_reference(arguments, noise: dict, width: int, height: int, dtype: str) -> dict:
    # from_pretrained wants complete files; ours and diffusers' own folders are.
    pipe = StableVideoDiffusionPipeline.from_pretrained(arguments.model, torch_dtype=DTYPES[dtype])
    pipe.set_progress_bar_config(disable=True)
    low, high = (float(x) for x in arguments.guidance.split(":"))
    return run_stages(pipe, PIL.Image.open(arguments.image).convert("RGB"),
                      lambda name, shape, kind: noise[name].reshape(shape).to(kind), width=width, height=height,
                      num_frames=arguments.frames, num_inference_steps=arguments.steps, min_guidance_scale=low,
                      max_guidance_scale=high)


def run_sfv(arguments, folder: pathlib.Path) -> dict:
    from compare import run
    dump = folder / "dump.safetensors"
    run([arguments.binary, "generate", arguments.image, "-o", folder / "frames", "-m", arguments.model, "-n",
         arguments.frames, "--size", arguments.size, "--steps", arguments.steps, "--guidance", arguments.guidance,
         "--sampler", "euler", "--fit", "stretch", "--fps", 7, "--motion", 127, "--noise-aug", 0.02, "--dtype", arguments.dtype, "--device", arguments.device,
         "--noise", folder / "noise.safetensors", "--dump", dump])
    return load_file(dump)


def compare_model(arguments) -> list:
    width, height = (int(x) for x in arguments.size.split("x"))
    case = {"name": arguments.model.name, "network": "pipeline"}
    with tempfile.TemporaryDirectory(prefix="sfv-parity-", dir=arguments.work) as name:
        folder = pathlib.Path(name)
        noise = draw_noise(arguments, width, height, folder)
        theirs = run_reference(arguments, noise, width, height, arguments.dtype)
        ours = run_sfv(arguments, folder)
        if arguments.dtype == "fp32":
            rows = compare_case(case, ours, theirs)
        else:
            rows = compare_half(case, ours, theirs, run_reference(arguments, noise, width, height, "fp32"), arguments.dtype)
    print(HEADER)
    for row in rows:
        print(row.text())
    return rows
