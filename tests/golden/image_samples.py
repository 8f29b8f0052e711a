"""Small pictures of every kind that sfv reads, each with the pixels that Pillow gives for it.

samples(seed, width, height) yields (name, kind, file bytes, expected RGB array). Used by make_images.py, which keeps one set in the
repository, and by tests/parity/compare_images.py, which compares live.
"""
import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pack_rows(samples, depth):
    """[H, W, C] samples as PNG rows with filter 0."""
    height = samples.shape[0]
    rows = samples.reshape(height, -1)
    if depth == 16:
        packed = rows.astype(">u2").view(np.uint8).reshape(height, -1)
    elif depth == 8:
        packed = rows.astype(np.uint8)
    else:
        bits = (rows[:, :, None] >> np.arange(depth - 1, -1, -1)) & 1
        packed = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)
    return b"".join(b"\0" + row.tobytes() for row in packed)


def png(samples, depth, colour, interlaced=False, before=b""):
    """A PNG of [H, W, C] samples, written here since Pillow writes neither interlacing nor every depth. before: chunks before IDAT."""
    height, width = samples.shape[:2]
    if interlaced:
        parts = (samples[y::dy, x::dx] for x, y, dx, dy in ADAM7)
        raw = b"".join(pack_rows(part, depth) for part in parts if part.size)
    else:
        raw = pack_rows(samples, depth)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")


def on_white(rgba):
    """uint8 [H, W, 4] flattened as Pillow's paste with a mask does."""
    image = Image.fromarray(np.ascontiguousarray(rgba), "RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return np.asarray(white)


def pillow_pixels(data):
    """What Pillow reads: upright, transparency on white, RGB."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if "A" in image.getbands() or "transparency" in image.info:
        return on_white(np.asarray(image.convert("RGBA")))
    return np.asarray(image.convert("RGB"))


def smooth(rng, width, height):
    """A picture with soft gradients, edges and some noise: what lossy codecs are made for."""
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    planes = [np.sin(rng.uniform(2, 9) * x + rng.uniform(2, 9) * y + rng.uniform(0, 6)) for _ in range(3)]
    picture = 128 + 100 * np.stack(planes, -1) + rng.normal(0, 4, (height, width, 3))
    picture[height // 3 : height // 2, width // 4 : width // 2] = rng.integers(0, 256, 3)
    return np.clip(picture, 0, 255).astype(np.uint8)


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation):
    data = Image.Exif()
    data[0x0112] = orientation
    return data


def png_samples(rng, width, height):
    def samples(depth, colour):
        return rng.integers(0, 2**depth, (height, width, CHANNELS[colour]))

    for interlaced in (False, True):
        suffix = "_interlaced" if interlaced else ""
        for depth in (1, 2, 4, 8):
            yield f"grey{depth}{suffix}", png(samples(depth, GREY), depth, GREY, interlaced), None
            palette = chunk(b"PLTE", rng.integers(0, 256, 3 * 2**depth, np.uint8).tobytes())
            yield f"palette{depth}{suffix}", png(samples(depth, PALETTE), depth, PALETTE, interlaced, palette), None
            transparent = palette + chunk(b"tRNS", rng.integers(0, 256, 2**depth, np.uint8).tobytes())
            yield (f"palette{depth}_trns{suffix}", png(samples(depth, PALETTE), depth, PALETTE, interlaced, transparent), None)
        yield f"rgb8{suffix}", png(samples(8, RGB), 8, RGB, interlaced), None
        yield f"rgba8{suffix}", png(samples(8, RGBA), 8, RGBA, interlaced), None
        opaque = samples(8, RGBA)
        opaque[:, :, 3] = 255
        yield f"rgba8_opaque{suffix}", png(opaque, 8, RGBA, interlaced), None
        yield f"grey_alpha8{suffix}", png(samples(8, GREY_ALPHA), 8, GREY_ALPHA, interlaced), None

        # 16 bit: the rule is sfv's own (drop the low byte), so the expected pixels come from the samples.
        values = samples(16, RGB)
        yield f"rgb16{suffix}", png(values, 16, RGB, interlaced), values >> 8
        values = samples(16, GREY)
        yield f"grey16{suffix}", png(values, 16, GREY, interlaced), (values >> 8).repeat(3, 2)
        values = samples(16, RGBA)
        yield f"rgba16{suffix}", png(values, 16, RGBA, interlaced), on_white((values >> 8).astype(np.uint8))
        values = samples(16, GREY_ALPHA)
        grey = (values >> 8).astype(np.uint8)
        yield f"grey_alpha16{suffix}", png(values, 16, GREY_ALPHA, interlaced), on_white(grey[:, :, [0, 0, 0, 1]])

    values = rng.integers(0, 2, (height, width, 1)) * rng.integers(1, 256, 3)
    key = struct.pack(">HHH", *values.reshape(-1, 3).max(0))
    yield "rgb8_trns", png(values, 8, RGB, False, chunk(b"tRNS", key)), None
    values = samples(8, GREY)
    yield "grey8_trns", png(values, 8, GREY, False, chunk(b"tRNS", struct.pack(">H", values[0, 0, 0]))), None
    profile = chunk(b"iCCP", b"profile\0\0" + zlib.compress(rng.bytes(200)))
    yield "rgb8_gamma_profile", png(samples(8, RGB), 8, RGB, False, chunk(b"gAMA", struct.pack(">I", 100000)) + profile), None
    for orientation in (3, 6):
        image = Image.fromarray(smooth(rng, width, height))
        yield f"exif{orientation}", saved(image, "PNG", exif=exif(orientation)), None


def jpeg_samples(rng, width, height):
    image = Image.fromarray(smooth(rng, width, height))
    for name, subsampling in (("444", 0), ("422", 1), ("420", 2)):
        yield f"{name}", saved(image, "JPEG", quality=90, subsampling=subsampling), None
        yield f"{name}_progressive", saved(image, "JPEG", quality=80, subsampling=subsampling, progressive=True), None
    yield "restart", saved(image, "JPEG", quality=85, restart_marker_blocks=1), None
    yield "grey", saved(image.convert("L"), "JPEG", quality=90), None
    cmyk = saved(Image.merge("CMYK", [*image.split(), image.convert("L")]), "JPEG", quality=90)
    yield "cmyk", cmyk, None
    # The same data called YCCK: the last byte of the Adobe marker says so.
    at = cmyk.index(b"Adobe") + 11
    yield "ycck", cmyk[:at] + b"\x02" + cmyk[at + 1 :], None
    for orientation in range(1, 9):
        yield f"exif{orientation}", saved(image, "JPEG", quality=90, exif=exif(orientation)), None


def webp_samples(rng, width, height):
    image = Image.fromarray(smooth(rng, width, height))
    with_alpha = image.copy()
    with_alpha.putalpha(Image.fromarray(rng.integers(0, 256, (height, width), np.uint8)))
    yield "lossy", saved(image, "WEBP", quality=80), None
    yield "lossless", saved(image, "WEBP", lossless=True), None
    yield "lossy_alpha", saved(with_alpha, "WEBP", quality=80), None
    yield "lossless_alpha", saved(with_alpha, "WEBP", lossless=True), None
    yield "exif6", saved(image, "WEBP", quality=80, exif=exif(6)), None
    yield "animated", saved(image, "WEBP", save_all=True, append_images=[ImageOps.mirror(image)], lossless=True), None
    yield "animated_alpha", saved(with_alpha, "WEBP", save_all=True, append_images=[ImageOps.mirror(with_alpha)], lossless=True), None


def gif_samples(rng, width, height):
    image = Image.fromarray(smooth(rng, width, height)).quantize(32, dither=Image.Dither.NONE)
    yield "still", saved(image, "GIF"), None
    yield "animated", saved(image, "GIF", save_all=True, append_images=[ImageOps.mirror(image)]), None


def samples(seed, width, height):
    rng = np.random.default_rng(seed)
    makers = {"png": png_samples, "jpeg": jpeg_samples, "webp": webp_samples, "gif": gif_samples}
    for kind, make in makers.items():
        for name, data, expected in make(rng, width, height):
            pixels = pillow_pixels(data) if expected is None else expected
            yield f"{kind}_{name}", kind, data, np.ascontiguousarray(pixels, np.uint8)
