#!/usr/bin/env python3
"""Model folders between sfv and diffusers, both ways: what one writes the other reads, strictly and bit for bit.

    tests/parity/make_venv && .deps/reference/bin/python tests/checkpoint/diffusers_folder.py build/release/bin/sfv

Prints a line a check; exit code 1 when one fails.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import torch
from diffusers import (AutoencoderKLTemporalDecoder, EulerDiscreteScheduler, StableVideoDiffusionPipeline,
                       UNetSpatioTemporalConditionModel)
from safetensors.torch import load_file
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

SOURCE = pathlib.Path(__file__).resolve().parents[2]
COMPONENTS = ("unet", "vae", "image_encoder")


def read_json(path):
    return json.loads(path.read_text())


def make_pipeline(configs):
    """diffusers' own pipeline with its own random weights, of the sizes in a folder of configs."""
    torch.manual_seed(0)
    return StableVideoDiffusionPipeline(
        vae=AutoencoderKLTemporalDecoder.from_config(read_json(configs / "vae/config.json")),
        image_encoder=CLIPVisionModelWithProjection(CLIPVisionConfig(**read_json(configs / "image_encoder/config.json"))),
        unet=UNetSpatioTemporalConditionModel.from_config(read_json(configs / "unet/config.json")),
        scheduler=EulerDiscreteScheduler.from_config(read_json(configs / "scheduler/scheduler_config.json")),
        feature_extractor=CLIPImageProcessor.from_dict(read_json(configs / "feature_extractor/preprocessor_config.json")))


def read_weights(folder):
    weights = {}
    for component in COMPONENTS:
        for path in sorted((folder / component).glob("*.safetensors")):
            weights.update({f"{component}.{key}": value for key, value in load_file(path).items()})
    return weights


def are_equal(a, b):
    return bool(a) and a.keys() == b.keys() and all(a[k].dtype == b[k].dtype and torch.equal(a[k], b[k]) for k in a)


def pipeline_weights(pipe):
    return {f"{component}.{key}": value for component in COMPONENTS
            for key, value in getattr(pipe, component).state_dict().items() if not key.endswith("position_ids")}


class Checks:
    def __init__(self, sfv, folder):
        self.sfv, self.folder, self.failed = sfv, folder, 0

    def run(self, *arguments):
        return subprocess.run([self.sfv, "model", *map(str, arguments)], capture_output=True, text=True)

    def check(self, what, passed, detail=""):
        print(f"{'OK    ' if passed else 'FAILED'} {what} {'' if passed else detail}")
        self.failed += not passed

    def made_by_diffusers(self):
        pipe = make_pipeline(SOURCE / "models/tiny")
        for name, options in {"whole": {}, "shards": {"max_shard_size": "200KB"}, "half": {"variant": "fp16"}}.items():
            saved = self.folder / f"diffusers-{name}"
            if name == "half":
                pipe.to(dtype=torch.float16)
            pipe.save_pretrained(saved, **options)
            result = self.run("verify", saved)
            self.check(f"diffusers' folder ({name}): sfv model verify", result.returncode == 0, result.stdout + result.stderr)
            single, back = self.folder / f"{name}.safetensors", self.folder / f"{name}-back"
            self.run("convert", saved, "-o", single)
            self.run("convert", single, "-o", back)
            self.check(f"diffusers' folder ({name}): to a single file and back, bit-equal",
                       are_equal(read_weights(saved), read_weights(back)))

    def made_by_sfv(self):
        half = {"variant": "fp16", "torch_dtype": torch.float16}
        for name, dtype, options in (("whole", "fp32", {}), ("half", "fp16", half)):
            made, shards = self.folder / f"sfv-{name}", self.folder / f"sfv-{name}-shards"
            self.run("init", "--like", SOURCE / "models/tiny", "-o", made, "--seed", 3, "--dtype", dtype)
            self.run("convert", made, "-o", shards, "--shard-size", "100KB")
            for folder in (made, shards):
                pipe = StableVideoDiffusionPipeline.from_pretrained(folder, **options)
                self.check(f"{folder.name}: diffusers reads the same numbers",
                           are_equal(pipeline_weights(pipe), read_weights(made)))


def main():
    with tempfile.TemporaryDirectory() as folder:
        checks = Checks(sys.argv[1], pathlib.Path(folder))
        checks.made_by_diffusers()
        checks.made_by_sfv()
        return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
