#!/usr/bin/env python3
"""How long a step of diffusion training takes in sfv and in PyTorch: the same model, clips, batch, dtype and threads.

  bench/train_step.py --sfv build/release/bin/sfv [--net shapes|narrow] [--dtype fp32|bf16] [--threads 2] [--rounds 5]

Needs the reference environment (tests/parity/make_venv). Each round runs PyTorch's steps and sfv's, one after the other, and takes the
median step of each; printed are the medians of the rounds and their ratio. PyTorch runs eager with its defaults, diffusers' networks with
scaled_dot_product_attention; with bf16 its networks run under torch.autocast("cpu", bfloat16), weights and optimiser in float32 as in sfv's
precision = "bf16". A step on either side: the VAE's and CLIP's encoders on the clips (no gradient), the condition's noise,
UNet forward and backward, clipped gradients, AdamW, averaged weights. Clips are drawn ahead on both sides and are not counted: PyTorch
gets random pixels, sfv its procedural clips.
"""

import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent

NETS = {
    # The network of recipes/shapes, and SVD's at about a quarter of its width: GroupNorm's 32 groups ask for multiples of 32.
    "shapes": {"widths": None, "batch": 8, "size": 64},
    "narrow": {"widths": [96, 160, 320, 320], "batch": 1, "size": 128},
}
FRAMES = 14
WARM = 2
STEPS = 5


def make_model(arguments, folder: pathlib.Path) -> pathlib.Path:
    """A model folder with random weights: the shapes model, its UNet widened where asked."""
    like, widths = folder / "like", NETS[arguments.net]["widths"]
    shutil.copytree(ROOT / "recipes/shapes/model", like)
    if widths:
        path = like / "unet/config.json"
        config = json.loads(path.read_text())
        config |= {"block_out_channels": widths, "layers_per_block": 2,
                   "num_attention_heads": [max(w // 64, 1) if w % 64 == 0 else w // 32 for w in widths]}
        path.write_text(json.dumps(config, indent=2))
    subprocess.run([arguments.sfv, "model", "init", "--like", like, "-o", folder / "model", "--seed", "0"], check=True,
                   stdout=subprocess.DEVNULL)
    return folder / "model"


class TorchSide:
    """The step in PyTorch, as a straightforward script would write it."""

    def __init__(self, arguments, model: pathlib.Path):
        import torch
        from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
        from transformers import CLIPVisionModelWithProjection
        torch.set_num_threads(arguments.threads)
        self.torch, self.net, self.dtype = torch, NETS[arguments.net], arguments.dtype
        self.unet = UNetSpatioTemporalConditionModel.from_pretrained(model / "unet").train()
        self.vae = AutoencoderKLTemporalDecoder.from_pretrained(model / "vae").requires_grad_(False).eval()
        self.clip = CLIPVisionModelWithProjection.from_pretrained(model / "image_encoder").requires_grad_(False).eval()
        self.optimizer = torch.optim.AdamW(self.unet.parameters(), lr=1e-4, weight_decay=0.01)
        self.average = [p.detach().clone() for p in self.unet.parameters()]
        self.pixels = torch.rand(self.net["batch"], FRAMES, 3, self.net["size"], self.net["size"]) * 2 - 1
        size = self.clip.config.image_size
        self.pictures = torch.nn.functional.interpolate(self.pixels[:, 0], (size, size), mode="bilinear", antialias=True)

    def networks(self):
        """What the networks run under: forward passes only, as PyTorch advises."""
        return self.torch.autocast("cpu", self.torch.bfloat16, enabled=self.dtype == "bf16")

    def step(self):
        torch, B = self.torch, self.net["batch"]
        with torch.no_grad(), self.networks():
            x0 = self.vae.encode(self.pixels.flatten(0, 1)).latent_dist.mode().unflatten(0, (B, FRAMES))
            x0 = x0.float() * self.vae.config.scaling_factor
            noisy = self.pixels[:, 0] + 0.02 * torch.randn_like(self.pixels[:, 0])
            condition = self.vae.encode(noisy).latent_dist.mode().unsqueeze(1).expand(-1, FRAMES, -1, -1, -1)
            condition = condition.float()
            embeds = self.clip(self.pictures).image_embeds.unsqueeze(1).float()
            ids = torch.tensor([[6.0, 127.0, 0.02]]).expand(B, 3)
        sigma = torch.exp(0.7 + 1.6 * torch.randn(B)).view(B, 1, 1, 1, 1)
        noised = x0 + sigma * torch.randn_like(x0)
        c_in = 1 / (sigma ** 2 + 1) ** 0.5
        with self.networks():
            v = self.unet(torch.cat([noised * c_in, condition], 2), (0.25 * sigma.log()).flatten(), embeds, ids).sample
        v = v.float()
        x0_hat = noised * c_in ** 2 - v * sigma * c_in
        loss = ((x0_hat - x0) ** 2 * (1 + sigma ** 2) / sigma ** 2).mean()
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.unet.parameters(), 1.0)
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.average, list(self.unet.parameters()), 0.005)
        return loss.item()

    def median(self) -> float:
        seconds = []
        for i in range(WARM + STEPS):
            begin = time.perf_counter()
            self.step()
            if i >= WARM:
                seconds.append(time.perf_counter() - begin)
        return statistics.median(seconds)


def sfv_median(arguments, model: pathlib.Path, folder: pathlib.Path) -> float:
    """The median distance in time between the lines that a short run writes for its steps."""
    net = NETS[arguments.net]
    recipe, run = folder / "recipe.toml", folder / "run"
    recipe.write_text(f'''
stage = "diffusion"
steps = {WARM + STEPS + 1}
batch = {net["batch"]}
micro_batch = {net["batch"]}
threads = {arguments.threads}
precision = "{arguments.dtype}"
[model]
path = "{model}"
[data]
source = "shapes"
width = {net["size"]}
height = {net["size"]}
frames = {FRAMES}
readers = 1
ahead = {WARM + STEPS + 1}
[optimizer]
kind = "adamw"
lr = 1e-4
clip_norm = 1
[ema]
decay = 0.995
[samples]
every = 0
[log]
every = 1
[checkpoint]
every = 1000
''')
    shutil.rmtree(run, ignore_errors=True)
    subprocess.run([arguments.sfv, "train", recipe, "-o", run, "--device", "cpu", "-q"], check=True, stdout=subprocess.DEVNULL)
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    times = [line["time"] for line in lines if "loss/diffusion" in line]
    return statistics.median(b - a for a, b in zip(times[WARM:], times[WARM + 1:]))


def cpu_name() -> str:
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown CPU"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sfv", type=pathlib.Path, required=True, help="bin/sfv")
    parser.add_argument("--net", choices=NETS, default="shapes")
    parser.add_argument("--dtype", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    arguments.sfv = arguments.sfv.resolve()
    theirs, ours = [], []
    with tempfile.TemporaryDirectory(prefix="sfv-bench-") as name:
        folder = pathlib.Path(name)
        model = make_model(arguments, folder)
        side = TorchSide(arguments, model)
        for number in range(arguments.rounds):
            theirs.append(side.median())
            ours.append(sfv_median(arguments, model, folder))
            print(f"round {number + 1}: PyTorch {theirs[-1]:.3f} s, sfv {ours[-1]:.3f} s a step", flush=True)
    a, b = statistics.median(theirs), statistics.median(ours)
    net = NETS[arguments.net]
    print(f"{cpu_name()}, {arguments.threads} threads, {arguments.dtype}, {arguments.net}: {net['batch']} x {FRAMES} x {net['size']}x{net['size']}")
    print(f"PyTorch {side.torch.__version__} eager {a:.3f} s, sfv {b:.3f} s a step: {a / b:.2f} times as fast")
    return 0


if __name__ == "__main__":
    sys.exit(main())
