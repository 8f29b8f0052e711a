"""Compares sfv's picture reading and resizing with Pillow, live: largest difference and number of cases for each kind.

  python tests/parity/compare_images.py build/release/tests/parity/image_dump [--seconds 30] [--seed 0] [PICTURE…]

Bars: PNG, lossless WebP and resizing equal; JPEG and lossy WebP within 1 level. Exit status 1 when one is missed.
"""
import argparse
import collections
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import numpy as np
import PIL
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "golden"))
import image_samples  # noqa: E402


class Sfv:
    def __init__(self, binary):
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, command):
        self.process.stdin.write(f"{command}\n".encode())
        self.process.stdin.flush()
        answer = self.process.stdout.readline().decode()
        if answer.startswith("error"):
            raise RuntimeError(answer.strip())
        width, height = map(int, answer.split())
        return np.frombuffer(self.process.stdout.read(width * height * 3), np.uint8).reshape(height, width, 3)


class Table:
    def __init__(self):
        self.rows = collections.defaultdict(lambda: [0, 0, 0, 0])  # cases, worst, over the bar, limit

    def add(self, kind, what, got, expected, limit):
        row = self.rows[kind]
        same_shape = got.shape == expected.shape
        worst = int(np.abs(got.astype(int) - expected).max()) if same_shape else 256
        row[0] += 1
        row[1] = max(row[1], worst)
        row[3] = limit
        if worst > limit:
            row[2] += 1
            print(f"DIFFERS {kind} {what}: {worst} levels, {got.shape} and {expected.shape}")

    def print(self):
        print(f"{'kind':28} {'cases':>7} {'worst':>6} {'bar':>4}")
        for kind, (cases, worst, _, limit) in sorted(self.rows.items()):
            print(f"{kind:28} {cases:7} {worst:6} {limit:4}")
        return sum(row[2] for row in self.rows.values())


def limit_of(kind, name):
    if kind == "jpeg" or (kind == "webp" and ("lossy" in name or "exif" in name)):
        return 1
    return 0


def fitted(image, width, height, cover):
    """sfv's fit_crop and fit_pad by way of Pillow's resize, in integers."""
    w, h = image.size
    wide = width * h >= height * w if cover else width * h <= height * w
    full_w = width if wide else (2 * w * height + h) // (2 * h)
    full_h = (2 * h * width + w) // (2 * w) if wide else height
    if cover:
        full_w, full_h = max(width, full_w), max(height, full_h)
        x, y = (full_w - width) // 2, (full_h - height) // 2
        return np.asarray(image.resize((full_w, full_h), Image.LANCZOS).crop((x, y, x + width, y + height)))
    full_w, full_h = max(1, min(width, full_w)), max(1, min(height, full_h))
    out = Image.new("RGB", (width, height))
    out.paste(image.resize((full_w, full_h), Image.LANCZOS), ((width - full_w) // 2, (height - full_h) // 2))
    return np.asarray(out)


def random_side():
    return random.choice([1, 2, 3, random.randint(1, 20), random.randint(1, 300), random.randint(1, 1200)])


def compare_resizes(sfv, table, path, image, sizes):
    for width, height in sizes:
        for verb in ("lanczos", "crop", "pad"):
            if verb == "lanczos":
                expected = np.asarray(image.resize((width, height), Image.LANCZOS))
            else:
                cover = verb == "crop"
                if cover and max(image.width / image.height, image.height / image.width) * max(width, height) > 200_000:
                    continue  # Pillow would make the whole covering picture
                expected = fitted(image, width, height, cover)
            table.add(f"resize {verb}", f"{path} {image.size} -> {width}x{height}", sfv.ask(f"{verb} {width} {height} {path}"),
                      expected, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("pictures", nargs="*")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_intermixed_args()
    random.seed(args.seed)
    rng = np.random.default_rng(args.seed)
    sfv, table = Sfv(args.binary), Table()
    print("Pillow", PIL.__version__)

    for path in args.pictures:
        data = pathlib.Path(path).read_bytes()
        kind = Image.open(path).format.lower()
        table.add(f"photo {kind}", path, sfv.ask(f"load {path}"), image_samples.pillow_pixels(data), limit_of(kind, "lossy"))
        if kind == "png":
            compare_resizes(sfv, table, path, Image.open(path).convert("RGB"), [(1024, 576), (576, 1024), (256, 256), (1600, 900)])

    end = time.time() + args.seconds
    seed = args.seed
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "picture")
        while time.time() < end:
            seed += 1
            for name, kind, data, expected in image_samples.samples(seed, random.randint(4, 90), random.randint(4, 90)):
                path.write_bytes(data)
                table.add(name.replace("_interlaced", ""), f"seed {seed}", sfv.ask(f"load {path}"), expected, limit_of(kind, name))
            for _ in range(20):
                pixels = rng.integers(0, 256, (random_side(), random_side(), 3), np.uint8)
                if random.random() < 0.3:
                    pixels = (pixels > 127).astype(np.uint8) * 255
                image = Image.fromarray(pixels)
                image.save(path, "PNG", compress_level=1)
                compare_resizes(sfv, table, path, image, [(random_side(), random_side())])
    missed = table.print()
    print(f"{missed} cases over the bar")
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
