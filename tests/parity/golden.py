"""Cuts a reference result down to a committed golden of at most 64 KiB."""

import math

import numpy as np

from rule_weights import rule_tensor

VALUES = 4096  # kept of all outputs of a case together
PROBES = 4     # random projections kept of each gradient: their errors estimate the error's norm


def stride_for(size: int, budget: int) -> int:
    """1, or the smallest prime at which at most `budget` values remain: a prime does not fall in step with rows or channels."""
    stride = math.ceil(size / budget)
    while stride > 1 and any(stride % d == 0 for d in range(2, math.isqrt(stride) + 1)):
        stride += 1
    return stride


def probe(name: str, values: np.ndarray) -> list:
    flat = values.reshape(-1).astype(np.float64)
    return [flat @ rule_tensor(f"probe.{k}.{name}", flat.shape, 3**0.5).astype(np.float64) for k in range(PROBES)]


def reduce_to_golden(tensors: dict):
    """(tensors, metadata). Outputs: every stride-th value, the stride and the full shape in the metadata. Gradients: norms
    and projections of each tensor, sorted by name."""
    outputs = {k: v for k, v in tensors.items() if not k.startswith("grad")}
    golden, metadata = {}, {}
    for name, value in outputs.items():
        stride = stride_for(value.size, VALUES // len(outputs))
        golden[name] = np.ascontiguousarray(value.reshape(-1)[::stride].astype(np.float32))
        metadata[f"{name}.stride"] = str(stride)
        metadata[f"{name}.shape"] = ",".join(map(str, value.shape))
    names = sorted(k for k in tensors if k.startswith("grad"))
    if names:
        golden["gradient_norms"] = np.array([np.linalg.norm(tensors[k].astype(np.float64)) for k in names], np.float32)
        golden["gradient_probes"] = np.array([probe(k, tensors[k]) for k in names], np.float32)
    return golden, metadata
