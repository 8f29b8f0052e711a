"""Makes tests/golden/images, tests/golden/resize and the seeds of the picture fuzzer: python tests/golden/make_images.py

Each NAME.png|jpeg|webp|gif has its expected pixels beside it in NAME.ppm. resize/ holds a picture and what Pillow's Lanczos makes of it.
"""
import pathlib

import numpy as np
import PIL
from PIL import Image, features

import image_samples

FOLDER = pathlib.Path(__file__).parent
# Both orders of the passes, sides that stay, single pixels, growing and shrinking.
SIZES = [(37, 29), (64, 64), (16, 9), (37, 50), (20, 29), (1, 1), (1, 40), (90, 2), (7, 28), (37, 3), (50, 11), (120, 77)]

# One for each way through the decoders.
SEEDS = ["png_rgb8", "png_rgba16_interlaced", "png_palette4_trns", "png_exif6", "jpeg_420", "jpeg_420_progressive", "jpeg_cmyk",
         "jpeg_exif6", "webp_lossy_alpha", "webp_lossless", "webp_animated_alpha", "webp_exif6"]


def save_ppm(path, pixels):
    path.write_bytes(b"P6\n%d %d\n255\n" % (pixels.shape[1], pixels.shape[0]) + pixels.tobytes())


def main():
    print("numpy", np.__version__, "Pillow", PIL.__version__, *(f"{f} {features.version(f)}" for f in ("jpg", "webp", "zlib")))
    images = FOLDER / "images"
    seeds = FOLDER.parent / "fuzz" / "corpus" / "image"
    images.mkdir(exist_ok=True)
    seeds.mkdir(parents=True, exist_ok=True)
    for old in images.iterdir():
        old.unlink()
    for name, kind, data, pixels in image_samples.samples(seed=1, width=23, height=17):
        (images / f"{name}.{kind}").write_bytes(data)
        save_ppm(images / f"{name}.ppm", pixels)
        if name in SEEDS:
            (seeds / f"{name}.{kind}").write_bytes(data)

    resize = FOLDER / "resize"
    resize.mkdir(exist_ok=True)
    source = np.random.default_rng(2).integers(0, 256, (29, 37, 3), np.uint8)
    source[5:12, 8:30] = 255  # flat parts beside noise: over- and undershoot get clipped
    source[15:20, 3:18] = 0
    save_ppm(resize / "source.ppm", source)
    for width, height in SIZES:
        save_ppm(resize / f"{width}x{height}.ppm", np.asarray(Image.fromarray(source).resize((width, height), Image.LANCZOS)))


if __name__ == "__main__":
    main()
