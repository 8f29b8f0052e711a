#!/usr/bin/env python3
"""Compares sfv's networks with diffusers', live, and prints a table. Exit code 1 if a bar is missed.

  compare.py --tool build/dev/tests/parity/sfv_parity [CASE...]     the cases of cases.json (--large: real widths too)
  compare.py --tool ... --dtype bf16                                errors against fp32, as a multiple of diffusers'
  compare.py --tool ... --exact                                     gradients, sfv's and diffusers', against float64
  compare.py --model DIR --binary build/dev/bin/sfv --image PHOTO   any diffusers model folder, stage by stage

The two programs run one after the other and meet by file, so that the memory of one is free before the other starts.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

from safetensors.numpy import load_file

from bars import HEADER, compare_case, compare_exact, compare_half, second_look
from cases import select_cases

HERE = pathlib.Path(__file__).parent
NO_DTYPE = ("scheduler", "preprocess", "noise")  # defined in float32 only


def run(command):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
        raise SystemExit(f"{command[0]} {command[1]} failed with exit code {done.returncode}")


def load(folder: pathlib.Path, case: dict):
    """The case's tensors, or nothing if the program skipped it (shared data absent)."""
    path = folder / f"{case['name']}.safetensors"
    if not path.exists():
        return None
    tensors = load_file(path)
    path.unlink()
    return tensors


def compare_batch(cases: list, arguments, folder: pathlib.Path) -> list:
    names = [c["name"] for c in cases]
    theirs, exact, ours = folder / "theirs", folder / "exact", folder / "ours"
    reference = [sys.executable, HERE / "reference.py"]
    run([*reference, *names, "-o", theirs, "--dtype", arguments.dtype])
    if arguments.exact or arguments.dtype != "fp32":
        run([*reference, *names, "-o", exact, "--dtype", "fp64" if arguments.exact else "fp32"])
    run([arguments.tool, *names, "-o", ours, "--dtype", arguments.dtype, "--device", arguments.device])
    rows = []
    for case in cases:
        expected, got = load(theirs, case), load(ours, case)
        if expected is None:
            print(f"{case['name']:34} skipped: its data file is not there")
            continue
        if arguments.exact:
            fresh = compare_exact(case, got or {}, expected, load(exact, case))
        elif arguments.dtype == "fp32":
            fresh = compare_case(case, got or {}, expected)
            if any(not row.ok and row.tensor == "frames" for row in fresh):
                run([*reference, case["name"], "-o", exact, "--dtype", "fp64"])
                sharp = load(exact, case)
                fresh = [row if row.ok or row.tensor != "frames" else second_look(row, got, expected, sharp)
                         for row in fresh]
        else:
            fresh = compare_half(case, got or {}, expected, load(exact, case), arguments.dtype)
        for row in fresh:
            print(row.text(), flush=True)
        rows += fresh
    return rows


def compare_cases(arguments) -> list:
    sizes = ("large",) if arguments.only_large else ("golden", "live") + (("large",) if arguments.large else ())
    cases = select_cases(arguments.cases, sizes)
    if arguments.exact:
        cases = [c for c in cases if c.get("gradient")]
    elif arguments.dtype != "fp32":
        cases = [c for c in cases if c["network"] not in NO_DTYPE and not c.get("gradient")]
    print(HEADER)
    rows = []
    small = [c for c in cases if c["size"] != "large"]
    batches = [small[i:i + 20] for i in range(0, len(small), 20)] + [[c] for c in cases if c["size"] == "large"]
    for batch in batches:
        with tempfile.TemporaryDirectory(prefix="sfv-parity-", dir=arguments.work) as folder:
            rows += compare_batch(batch, arguments, pathlib.Path(folder))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--tool", type=pathlib.Path, help="sfv_parity")
    parser.add_argument("--large", action="store_true", help="also the real-width cases (about 14 GB of memory)")
    parser.add_argument("--only-large", action="store_true")
    parser.add_argument("--dtype", choices=("fp32", "bf16", "fp16"), default="fp32")
    parser.add_argument("--exact", action="store_true", help="the cases with gradients, both sides against float64")
    parser.add_argument("--device", default="cpu", help="sfv's; the reference runs on the CPU")
    parser.add_argument("--work", type=pathlib.Path, help="where the files meet; default: the system's temporary folder")
    model = parser.add_argument_group("any model")
    model.add_argument("--model", type=pathlib.Path, help="a diffusers folder")
    model.add_argument("--binary", type=pathlib.Path, help="bin/sfv")
    model.add_argument("--image", type=pathlib.Path)
    model.add_argument("--size", default="64x64", help="WxH")
    model.add_argument("--frames", type=int, default=2)
    model.add_argument("--steps", type=int, default=2)
    model.add_argument("--guidance", default="1:3", help="MIN:MAX")
    model.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.model:
        if not (arguments.binary and arguments.image):
            parser.error("--model needs --binary and --image")
        from model_compare import compare_model
        rows = compare_model(arguments)
    else:
        if not arguments.tool:
            parser.error("--tool is needed: the path of sfv_parity")
        rows = compare_cases(arguments)
    missed = [r for r in rows if not r.ok]
    print(f"{len(rows)} comparisons, {len(missed)} missed")
    return 1 if missed or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
