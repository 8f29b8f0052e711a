"""Makes tests/golden/evaluation: python tests/golden/evaluation/make_goldens.py

frechet.safetensors: features of two sets, and in its metadata the Fréchet distances that scipy's sqrtm gives.
reference.json: the SHA-256 of the reference features' kernels and the features of a clip that is a rule, by their definition in numpy and torch.
interval.json: for those two sets the bootstrap interval and the floor by their definitions (sfv/evaluation/frechet_interval.h, frechet_floor.h).
similarity.json: PSNR, SSIM (scikit-image) and MS-SSIM (torchmetrics) of pictures that are a rule; the test draws the same ones.
"""
import hashlib
import json
import math
import pathlib

import numpy as np
import scipy
import scipy.linalg
import skimage
import torch
import torchmetrics
from safetensors.numpy import save_file
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure as ms_ssim

FOLDER = pathlib.Path(__file__).parent
SIZES = [(11, 11), (48, 37), (176, 176), (200, 181)]  # width, height


def frechet(a, b, bias):
    s1, s2 = np.cov(a, rowvar=False, bias=bias), np.cov(b, rowvar=False, bias=bias)
    root = scipy.linalg.sqrtm(s1 @ s2).real
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(s1 + s2 - 2 * root))


def words(seed, stream, bound):
    """The numbers below a bound of sfv's counter generator; its rejections are too rare to meet here."""
    state = mix_words((mix_words((seed + GOLDEN) & MASK) ^ stream) + GOLDEN & MASK)
    counter = 0
    while True:
        yield mix_words((state ^ counter) + GOLDEN & MASK) % (bound if isinstance(bound, int) else bound(counter))
        counter += 1


def draw_rows(seed, stream, count):
    numbers = words(seed, stream, count)
    return [next(numbers) for _ in range(count)]


def shuffled(seed, stream, count):
    order = list(range(count))
    numbers = words(seed, stream, lambda counter: count - counter)
    for i in range(count - 1, 0, -1):
        other = next(numbers)
        order[i], order[other] = order[other], order[i]
    return order


def interval(a, b, resamples, seed, level=0.95):
    distance = frechet(a, b, True)
    drawn = [frechet(a[draw_rows(seed, 2 * r, len(a))], b[draw_rows(seed, 2 * r + 1, len(b))], True) for r in range(resamples)]
    mean, tail = np.mean(drawn), (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return {"resamples": resamples, "seed": seed, "low": distance + low - mean, "high": distance + high - mean,
            "deviation": np.std(drawn, ddof=1), "shift": mean - distance}


def floor(real, fake, seed):
    n = min(len(fake), len(real) // 2)
    order = shuffled(seed, 0x7265616C, len(real))
    fakes = shuffled(seed, 0x66616B65, len(fake)) if n < len(fake) else list(range(len(fake)))
    first, second = real[order[:n]], real[order[n:2 * n]]
    return {"clips": n, "seed": seed, "real_to_real": frechet(first, second, True), "fake_to_real": frechet(fake[fakes[:n]], second, True)}


def picture(width, height, is_second):
    """Smooth waves, an edge and grain, all from integers; the second is shifted, darker and has other grain."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3].astype(np.int64)
    shift = 2 if is_second else 0
    wave = ((x + shift) * (x + shift) + 3 * y * (c + 1)) // 16 % 160
    edge = np.where((x + y + shift) // 12 % 2 == 0, 60, 0)
    grain = (x * 7919 + y * 104729 + c * 1299709 + (31 if is_second else 0) * (x + 1) * (y + 3)) % 23
    return np.clip(wave + edge + grain - (5 if is_second else 0), 0, 255).astype(np.uint8)


MASK = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix_words(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def reference_kernel(layer, out, into):
    """Orthonormal rows times sqrt 2, from sums of twelve uniform 16-bit numbers of sfv's counter generator, on a grid of 2^-20."""
    stream = mix_words((mix_words((0x53465631 + GOLDEN) & MASK) ^ layer) + GOLDEN & MASK)
    words = (mix_words((stream ^ counter) + GOLDEN & MASK) % 65536 for counter in range(out * into * 27 * 12))
    rows = []
    for _ in range(out):
        row = np.array([(sum(next(words) for _ in range(12)) - 6.0 * 65535) / 65536 for _ in range(into * 27)])
        for _ in range(2):
            for other in rows:
                row -= (row @ other) * other
        rows.append(row / math.sqrt(row @ row))
    scaled = np.stack(rows) * math.sqrt(2) * 2**20
    rounded = np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)
    return (rounded / 2**20).astype(np.float32).reshape(out, into, 3, 3, 3)


def reference_features(kernels, clip):
    """clip: [T, 3, H, W], -1..1, a shorter side under 128 pixels."""
    def summary(x):
        x = torch.relu(torch.nn.functional.conv3d(x, kernels[0], stride=(1, 2, 2), padding=1))
        x = torch.relu(torch.nn.functional.conv3d(x, kernels[1], stride=2, padding=1))
        y = torch.nn.functional.conv3d(x, kernels[2], stride=2, padding=1).abs()
        return [*x.mean((0, 2, 3, 4)).tolist(), *y.mean((0, 2, 3, 4)).tolist()]
    x = clip.transpose(0, 1)[None]
    return summary(x) + summary((x[:, :, 1:] - x[:, :, :-1]) * 2.5)


def reference():
    kernels = [torch.from_numpy(reference_kernel(layer, out, into)) for layer, (into, out) in enumerate([(3, 16), (16, 32), (32, 32)])]
    t, c, y, x = np.mgrid[0:5, 0:3, 0:20, 0:24].astype(np.int64)
    clip = torch.from_numpy((x * 7 + y * 3 + t * 5 + c * 11 + x * y * (t + 1) % 13) % 32 / 16 - 1)
    return {"kernels_sha256": hashlib.sha256(b"".join(k.numpy().tobytes() for k in kernels)).hexdigest(),
            "features": reference_features([k.double() for k in kernels], clip)}


def main():
    versions = {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-image": skimage.__version__,
                "torchmetrics": torchmetrics.__version__, "torch": torch.__version__}
    random = np.random.default_rng(5)
    mix = random.standard_normal((12, 12))
    a = (random.standard_normal((48, 12)) @ mix).astype(np.float64)
    b = (random.standard_normal((60, 12)) @ mix * 1.3 + 0.4).astype(np.float64)
    save_file({"a": a, "b": b}, FOLDER / "frechet.safetensors",
              {**versions, "biased": repr(frechet(a, b, True)), "unbiased": repr(frechet(a, b, False))})

    (FOLDER / "interval.json").write_text(json.dumps({"versions": versions, "interval": interval(a, b, 60, 7), "floor": floor(b, a, 3),
                                                      "floor_of_few": floor(b, a[:20], 3)}, indent=1) + "\n")

    rows = []
    for width, height in SIZES:
        one, two = picture(width, height, False), picture(width, height, True)
        row = {"width": width, "height": height,
               "psnr": peak_signal_noise_ratio(one, two, data_range=255),
               "ssim": structural_similarity(one, two, data_range=255, channel_axis=-1, gaussian_weights=True, sigma=1.5,
                                             use_sample_covariance=False)}
        if min(width, height) >= 176:
            planes = [torch.from_numpy(p).permute(2, 0, 1)[None].double() / 255 for p in (one, two)]
            row["ms_ssim"] = float(ms_ssim(*planes, data_range=1.0))
        rows.append(row)
    (FOLDER / "similarity.json").write_text(json.dumps({"versions": versions, "pairs": rows}, indent=2) + "\n")
    (FOLDER / "reference.json").write_text(json.dumps({"versions": versions, **reference()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
