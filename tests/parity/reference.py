#!/usr/bin/env python3
"""Computes cases with diffusers, transformers and torch and writes DIR/<case>.safetensors.

  reference.py -o DIR [CASE...]          the named cases, or all small ones (--large: the real-width ones too)
  reference.py --golden tests/golden/parity   what is committed, cut to at most 64 KiB a file
  reference.py --model DIR [--components CASE]   writes a pipeline case's model folder, as diffusers saves it
"""

import argparse
import os
import pathlib
import platform
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")

import diffusers
import numpy as np
import torch
import transformers
from safetensors.numpy import save_file

from cases import load_cases, select_cases
from golden import reduce_to_golden
from networks import (MissingData, run_clip, run_taesd_decoder, run_taesd_encoder, run_taesdv_decoder, run_unet,
                      run_vae_decoder, run_vae_encoder)
from numerics import run_noise, run_preprocess, run_scheduler
from pipeline_case import build_pipeline, run_pipeline

RUNNERS = {"unet": run_unet, "vae_encoder": run_vae_encoder, "vae_decoder": run_vae_decoder, "clip": run_clip,
           "taesd_encoder": run_taesd_encoder, "taesd_decoder": run_taesd_decoder, "taesdv_decoder": run_taesdv_decoder,
           "scheduler": run_scheduler, "preprocess": run_preprocess, "noise": run_noise, "pipeline": run_pipeline}
DTYPES = {"fp64": torch.float64, "fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
NO_DTYPE = ("scheduler", "preprocess", "noise")  # defined in float32 only


diffusers.utils.logging.set_verbosity_error()
transformers.utils.logging.set_verbosity_error()


def versions() -> dict:
    return {"diffusers": diffusers.__version__, "transformers": transformers.__version__, "torch": torch.__version__}


def run_case(case: dict, dtype: str = "fp32") -> dict:
    """Errors: MissingData if the case needs shared data that is absent."""
    runner = RUNNERS[case["network"]]
    return runner(case) if case["network"] in NO_DTYPE else runner(case, DTYPES[dtype])


def write_case(case: dict, folder: pathlib.Path, dtype: str = "fp32", golden: bool = False) -> pathlib.Path:
    # safetensors writes memory as it lies, whatever the strides say.
    tensors, metadata = {k: np.ascontiguousarray(v) for k, v in run_case(case, dtype).items()}, {}
    if golden:
        tensors, metadata = reduce_to_golden(tensors)
        metadata |= versions() | {"case": case["name"]}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{case['name']}.safetensors"
    save_file(tensors, path, metadata=metadata)
    if golden and path.stat().st_size > 64 * 1024:
        raise SystemExit(f"{path}: {path.stat().st_size} bytes, more than 64 KiB")
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*")
    parser.add_argument("-o", "--output", type=pathlib.Path)
    parser.add_argument("--golden", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--model", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--components", default="pipeline_guided", metavar="CASE")
    parser.add_argument("--dtype", choices=DTYPES, default="fp32")
    parser.add_argument("--large", action="store_true")
    arguments = parser.parse_args()
    if arguments.model:
        case = load_cases()[arguments.components]
        build_pipeline(case["components"], case["weights"]).save_pretrained(arguments.model)
        return 0
    folder = arguments.golden or arguments.output
    if not folder:
        parser.error("say where to: -o DIR, --golden DIR or --model DIR")
    sizes = ("golden",) if arguments.golden else ("golden", "live") + (("large",) if arguments.large else ())
    print(" ".join(f"{k} {v}" for k, v in versions().items()), platform.processor() or platform.machine())
    for case in select_cases(arguments.cases, sizes):
        try:
            path = write_case(case, folder, arguments.dtype, golden=bool(arguments.golden))
            print(f"{path} {path.stat().st_size}", flush=True)
        except MissingData as absent:
            print(f"{case['name']}: skipped, {absent} is not there", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
