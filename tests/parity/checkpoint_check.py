#!/usr/bin/env python3
"""Trains a few steps and opens the checkpoint's model with diffusers, and the bundled model, too: checkpoint_check.py SFV.

SFV: the program. Makes a tiny model, trains it, and compares RUN/latest/model in StableVideoDiffusionPipeline with `sfv generate -m` on
it, stage by stage and frame by frame (bars.py: frames within 1e-4), in one step and in several. Needs the reference environment (this
Python, SFV_REFERENCE_PYTHON, or the one that tests/parity/make_venv makes); exit status 77 without it."""

import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
REFERENCE = os.environ.get("SFV_REFERENCE_PYTHON") or str(SOURCE / ".deps/reference/bin/python")
RECIPE = """
stage = "adversarial"
steps = 4
batch = 2
micro_batch = 2
threads = 1
[data]
source = "shapes"
width = 64
height = 64
frames = 3
[optimizer]
kind = "adamw"
lr = 1e-4
[checkpoint]
every = 4
[samples]
every = 0
"""


def run(*command, folder):
    done = subprocess.run([str(c) for c in command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def main(program):
    photo = SOURCE / "examples/photos/cat.png"
    with tempfile.TemporaryDirectory(prefix="sfv-checkpoint-") as name:
        folder = pathlib.Path(name)
        (folder / "recipe.toml").write_text(RECIPE)
        run(program, "model", "init", "--like", SOURCE / "tests/e2e/model", "-o", "model", "--seed", 1, folder=folder)
        run(program, "train", "recipe.toml", "--set", "model.path=model", "-o", "run", "-q", folder=folder)
        model = folder / "run/latest/model"
        # As it is: sfv.json says one step.
        run(program, "generate", photo, "-m", model, "-o", "clip.mkv", "-q", folder=folder)
        for steps, guidance in ((1, "1:1"), (3, "1:3")):
            print(f"{steps} step{'s' if steps > 1 else ''}, guidance {guidance}")
            print(run(sys.executable, "-B", HERE / "compare.py", "--model", model, "--binary", program, "--image", photo, "--size", "64x64",
                      "--frames", 3, "--steps", steps, "--guidance", guidance, folder=folder))
        print("models/snow, one step")
        print(run(sys.executable, "-B", HERE / "compare.py", "--model", SOURCE / "models/snow", "--binary", program, "--image", photo,
                  "--size", "192x128", "--frames", 14, "--steps", 1, "--guidance", "1:1", folder=folder))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if any(importlib.util.find_spec(package) is None for package in ("diffusers", "torch")):
        if os.path.exists(REFERENCE) and "SFV_CHECKPOINT_CHECK" not in os.environ:
            os.environ["SFV_CHECKPOINT_CHECK"] = "in the reference environment"  # once
            os.execv(REFERENCE, [REFERENCE, "-B", *sys.argv])
        print("SKIPPED: no reference environment; run tests/parity/make_venv, or set SFV_REFERENCE_PYTHON")
        sys.exit(77)
    main(pathlib.Path(sys.argv[1]).resolve())
