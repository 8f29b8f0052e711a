"""sfv train --dry-run against what a run really takes: resident memory at SVD's width and at half of it. Up to 20 GB of memory and of disk."""

import json
import os
import re
import shutil
import tempfile
import unittest

from sfv_case import SOURCE, SfvCase

# SVD's own VAE and image encoder, as published.
VAE = {"block_out_channels": [128, 256, 512, 512], "down_block_types": ["DownEncoderBlock2D"] * 4, "layers_per_block": 2, "sample_size": 768}
IMAGE_ENCODER = {"hidden_act": "gelu", "hidden_size": 1280, "intermediate_size": 5120, "num_attention_heads": 16, "num_hidden_layers": 32,
                 "patch_size": 14, "projection_dim": 1024}
HALF_UNET = {"addition_time_embed_dim": 256, "block_out_channels": [160, 320, 640, 640], "cross_attention_dim": 1024,
             "down_block_types": ["CrossAttnDownBlockSpatioTemporal"] * 3 + ["DownBlockSpatioTemporal"],
             "up_block_types": ["UpBlockSpatioTemporal"] + ["CrossAttnUpBlockSpatioTemporal"] * 3,
             "layers_per_block": 2, "num_attention_heads": [5, 10, 20, 20], "num_frames": 14,
             "projection_class_embeddings_input_dim": 768, "transformer_layers_per_block": 1}
RECIPE = """
stage = "adversarial"
steps = 1
batch = 2
micro_batch = 1
precision = "bf16"
activation_checkpointing = true
{top}
[model]
config = "{config}"
[data]
source = "shapes"
width = {width}
height = {height}
frames = 14
[samples]
every = 0
[ema]
{ema}
"""


def free_memory():
    with open("/proc/meminfo") as lines:
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable"))


class MemoryPlan(SfvCase):
    def half_model(self):
        folder = self.folder / "half"
        shutil.copytree(SOURCE / "tests/e2e/model", folder)
        for part, changes in (("unet", HALF_UNET), ("vae", VAE), ("image_encoder", IMAGE_ENCODER)):
            path = folder / part / "config.json"
            path.write_text(json.dumps(json.loads(path.read_text()) | changes))
        return folder

    def compare(self, need, **recipe):
        if free_memory() < need or shutil.disk_usage(tempfile.gettempdir()).free < 22e9:
            self.skipTest(f"needs {need / 1e9:.0f} GB of free memory and 22 GB of free disk")
        (self.folder / "recipe.toml").write_text(RECIPE.format(**recipe))
        self.environment["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", "2")
        text = self.sfv("train", "recipe.toml", "--dry-run", "--device", "cpu").stdout
        print(text)
        planned = float(re.search(r"peak +([\d.]+) GiB", text).group(1))
        self.sfv("train", "recipe.toml", "-o", "run", "--device", "cpu", "-q", timeout=1700)
        # The generator's phase comes last, beside the discriminator's gradients: a second iteration takes no more.
        taken = json.loads((self.folder / "run/metrics.jsonl").read_text())["memory_gib/peak"]
        print(f"planned {planned} GiB, taken {taken:.2f} GiB: {planned / taken:.3f}")
        self.assertLess(abs(planned / taken - 1), 0.15)

    def test_at_half_width_with_all_that_trains(self):
        self.compare(15e9, top="", config=self.half_model(), width=192, height=128, ema="decay = 0.95")

    def test_at_full_width_of_the_temporal_layers_without_an_average(self):
        self.compare(20e9, top='trainable = "temporal"', config="svd", width=128, height=64, ema="decay = 0")


if __name__ == "__main__":
    unittest.main()
