"""Weights and inputs made by a rule, the same bits here and in rule_weights.cpp, whatever the library's generators do.

The numbers of a tensor come from its name: seed = FNV-1a (64 bits) of the name, xor the number of the weight set;
u_i = splitmix64(seed + i * golden) >> 40, scaled to [-1, 1) in steps of 2^-23; value = float32(offset + scale * u_i),
where scale is a float32, so the product is exact in double and there is one rounding.
"""

import math

import numpy as np

GOLDEN = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1
CHUNK = 1 << 20  # values made at a time: bounds the memory for a tensor of 50 million

# Weight sets. In "small_variance" what writes to the residual stream is tiny, so that the variances that GroupNorm sees
# are below 1e-4 and a wrong eps shows.
SETS = {"normal": 0, "small_variance": 1}
SMALL_GAIN = 0.003
SMALL_WEIGHTS = ("conv_in", "conv1", "conv2", "time_emb_proj", "proj_in", "proj_out", "to_out.0", "net.2",
                 "time_pos_embed.linear_2")
SMALL_BIASES = SMALL_WEIGHTS + ("conv", "conv_shortcut")


def hash_name(name: str) -> int:
    value = 0xCBF29CE484222325
    for byte in name.encode("utf-8"):
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def uniform(name: str, count: int, set_number: int = 0) -> np.ndarray:
    """count values in [-1, 1), exact multiples of 2^-23, as float64."""
    seed = np.uint64(hash_name(name) ^ set_number)
    out = np.empty(count, np.float64)
    for begin in range(0, count, CHUNK):
        end = min(begin + CHUNK, count)
        z = np.arange(begin + 1, end + 1, dtype=np.uint64) * np.uint64(GOLDEN) + seed
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = (z ^ (z >> np.uint64(31))) >> np.uint64(40)
        out[begin:end] = z.astype(np.float64) / (1 << 23) - 1
    return out


def rule_tensor(name: str, shape, scale: float = 1.0, offset: float = 0.0, set_number: int = 0) -> np.ndarray:
    count = math.prod(shape)
    exact_scale = float(np.float32(scale))
    out = np.empty(count, np.float32)
    out[:] = offset + exact_scale * uniform(name, count, set_number)
    return out.reshape(shape)


def scale_and_offset(key: str, shape, weight_set: str = "normal"):
    """How the parameter `key` of a network is spread: (scale, offset)."""
    module, _, leaf = key.rpartition(".")
    if leaf == "mix_factor":
        return 1.0, 0.0
    if leaf == "class_embedding" or module.endswith("position_embedding"):
        return 0.5, 0.0
    if module.endswith("bn"):  # I3D's batch norms: a variance is above 0, and a gain keeps the input alive through the ReLUs
        return {"weight": (0.4, 1.6), "bias": (0.2, 0.0), "running_mean": (0.2, 0.0), "running_var": (0.3, 1.0)}[leaf]
    is_norm = "norm" in module.rpartition(".")[2] and len(shape) == 1
    if is_norm:
        return (0.3, 1.0) if leaf == "weight" else (0.2, 0.0)
    is_bias = len(shape) == 1
    gain = 1.0
    if weight_set == "small_variance" and module.endswith(SMALL_BIASES if is_bias else SMALL_WEIGHTS):
        gain = SMALL_GAIN
    return (0.1 if is_bias else math.sqrt(3 / math.prod(shape[1:]))) * gain, 0.0


def rule_weight(key: str, shape, weight_set: str = "normal") -> np.ndarray:
    scale, offset = scale_and_offset(key, shape, weight_set)
    return rule_tensor(key, shape, scale, offset, SETS[weight_set])


def rule_image(name: str, height: int, width: int) -> np.ndarray:
    """[H,W,3] uint8: smooth waves plus noise, so that resizing filters of every length matter."""
    noise = uniform(name, height * width * 3).reshape(height, width, 3)
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    ramp = (3 * x + 5 * y + 70 * c) % 256
    return np.floor(0.75 * ramp + 32 * (noise + 1)).astype(np.uint8)
