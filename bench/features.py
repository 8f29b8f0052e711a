#!/usr/bin/env python3
"""How fast FVD's features are in sfv and in PyTorch: the same weights, clips, batch, dtype and cores.

  bench/features.py --sfv build/release/bin/sfv [--threads 1] [--batch 8] [--batches 4] [--frames 16] [--size 320x240] [--rounds 5]

Needs PyTorch, safetensors and PyPI's cd-fvd (pip install --no-deps cd-fvd; requests, tqdm), whose I3D class and preprocessing are the other side. Each
round runs both, one after the other, each bound to as many cores as it has threads; a side's figure is clips a second after its first batch. Printed are the
medians of the rounds and their ratio. Clips are random, decoded already, in one .safetensors file; reading and scaling them count on both sides.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests/parity"))
from i3d_port import load_port  # noqa: E402


def make_files(arguments, folder):
    """Weights by the rule of tests/parity, and clips [N, T, 3, H, W] of random 8-bit pixels."""
    import numpy as np
    import torch
    from rule_weights import rule_weight
    from safetensors.numpy import save_file
    network = load_port().pytorch_i3d.InceptionI3d(400, in_channels=3)
    save_file({key: rule_weight(key, tuple(value.shape)) for key, value in network.state_dict().items()
               if not key.endswith("num_batches_tracked")}, folder / "i3d.safetensors")
    width, height = (int(side) for side in arguments.size.split("x"))
    shape = (arguments.batch * arguments.batches, arguments.frames, 3, height, width)
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    save_file({"frames": pixels.astype(np.float32) / 127.5 - 1}, folder / "clips.safetensors")


def torch_rate(arguments, folder):
    """Run in a process of its own: clips a second after the first batch."""
    import torch
    from safetensors import safe_open
    torch.set_num_threads(arguments.threads)
    i3d = load_port()
    network = i3d.pytorch_i3d.InceptionI3d(400, in_channels=3).eval()
    with safe_open(folder / "i3d.safetensors", "pt") as file:
        network.load_state_dict({key: file.get_tensor(key) for key in file.keys()}, strict=False)
    with safe_open(folder / "clips.safetensors", "pt") as file, torch.no_grad():
        clips = file.get_slice("frames")
        for batch in range(arguments.batches):
            if batch == 1:
                start = time.perf_counter()
            part = clips[batch * arguments.batch:(batch + 1) * arguments.batch]
            video = ((part + 1) * 127.5).round().to(torch.uint8).permute(0, 1, 3, 4, 2).numpy()  # as it comes from a decoder
            network(i3d.utils.preprocess_i3d(video))
    return (arguments.batches - 1) * arguments.batch / (time.perf_counter() - start)


def sfv_rate(arguments, folder):
    log = folder / "progress.log"
    log.unlink(missing_ok=True)
    subprocess.run([arguments.sfv, "eval", "features", folder / "clips.safetensors", "--network", "i3d", "--weights", folder / "i3d.safetensors",
                    "--batch", str(arguments.batch), "--threads", str(arguments.threads), "-o", folder / "features.safetensors", "--quiet"],
                   check=True, stdout=subprocess.DEVNULL, env={**os.environ, "SFV_PROGRESS_LOG": str(log)})
    times = {line.split("\t")[2]: float(line.split("\t")[0]) for line in log.read_text().splitlines()}
    count = arguments.batch * arguments.batches
    return (count - arguments.batch) / (times[f"clip {count}/{count}"] - times[f"clip {arguments.batch}/{count}"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sfv", required=True)
    for name, default in (("threads", 1), ("batch", 8), ("batches", 4), ("frames", 16), ("rounds", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--size", default="320x240")
    parser.add_argument("--torch-side", type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.batches < 2:
        parser.error("expected at least 2 batches, since the first is not counted")
    if arguments.torch_side:
        print(torch_rate(arguments, arguments.torch_side))
        return
    cores = sorted(os.sched_getaffinity(0))[:arguments.threads]
    os.sched_setaffinity(0, cores)  # both sides inherit it
    with tempfile.TemporaryDirectory(prefix="sfv-bench-") as name:
        folder = pathlib.Path(name)
        make_files(arguments, folder)
        rates = {"pytorch": [], "sfv": []}
        for _ in range(arguments.rounds):
            done = subprocess.run([sys.executable, __file__, *sys.argv[1:], "--torch-side", name], check=True, capture_output=True, text=True)
            rates["pytorch"].append(float(done.stdout))
            rates["sfv"].append(sfv_rate(arguments, folder))
    for side, values in rates.items():
        print(f"{side:8} {statistics.median(values):7.3f} clips/s   of {', '.join(f'{value:.3f}' for value in values)}")
    print(f"ratio    {statistics.median(rates['sfv']) / statistics.median(rates['pytorch']):7.2f}")


if __name__ == "__main__":
    main()
