"""Makes tests/golden/evaluation/i3d.safetensors: python tests/golden/evaluation/make_i3d_golden.py

Runs the I3D class and the preprocessing of PyPI's cd-fvd 0.1.1 (pip install --no-deps cd-fvd; requests, tqdm) with weights and inputs that are
the rule of tests/parity/rule_weights.py. logits.T: of the input i3d.input.T [1,3,T,224,224]; prepared: every prepared.stride-th number of the
prepared rule clip; clip_logits: that clip's logits.
"""
import pathlib
import sys

import numpy as np
import torch
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parents[1] / "parity"))
from i3d_port import load_port  # noqa: E402
from rule_weights import rule_image, rule_tensor, rule_weight  # noqa: E402

LENGTHS = (9, 10, 14, 16, 25)
CLIP = (12, 90, 125)  # frames, height, width
STRIDE = 4001


def make_network(i3d):
    network = i3d.pytorch_i3d.InceptionI3d(400, in_channels=3).eval()
    with torch.no_grad():
        for key, value in network.state_dict().items():
            if not key.endswith("num_batches_tracked"):
                value.copy_(torch.from_numpy(rule_weight(key, tuple(value.shape))))
    return network


def main():
    i3d = load_port()
    network = make_network(i3d)
    frames, height, width = CLIP
    clip = np.stack([rule_image(f"i3d.frame.{t}", height, width) for t in range(frames)])[None]  # [1, T, H, W, 3]
    tensors = {}
    with torch.no_grad():
        for length in LENGTHS:
            x = torch.from_numpy(rule_tensor(f"i3d.input.{length}", (1, 3, length, 224, 224)))
            tensors[f"logits.{length}"] = network(x).numpy()
        prepared = i3d.utils.preprocess_i3d(clip)
        tensors["prepared"] = np.ascontiguousarray(prepared.flatten()[::STRIDE].numpy())
        tensors["clip_logits"] = network(prepared).numpy()
    save_file(tensors, FOLDER / "i3d.safetensors",
              {"cd-fvd": "0.1.1", "torch": torch.__version__, "numpy": np.__version__, "prepared.stride": str(STRIDE)})
    for name, value in tensors.items():
        print(name, value.shape, "norm", float(np.linalg.norm(value)))
    first, second = tensors["logits.14"], tensors["logits.16"]
    print("two inputs differ by", float(np.linalg.norm(first - second) / np.linalg.norm(first)))


if __name__ == "__main__":
    main()
