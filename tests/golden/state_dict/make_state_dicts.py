#!/usr/bin/env python3
"""Writes the files of this folder with torch.save: good_* must be read as expected.json says, bad_* refused with its reason.

Usage: make_state_dicts.py (needs the package torch; prints its version)
"""

import collections
import hashlib
import io
import json
import os
import pathlib
import zipfile

import torch

HERE = pathlib.Path(__file__).parent
WORD = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64", torch.int64: "I64",
        torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL"}


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/sfv_was_here",)


class EvilEval:
    def __reduce__(self):
        return eval, ("1 + 1",)


def saved(value, **options):
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


def rezipped(data, change, compression=zipfile.ZIP_STORED):
    """The same archive with change(name, bytes) applied to each entry; None drops it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", compression) as new:
        for info in old.infolist():
            content = change(info.filename, old.read(info))
            if content is not None:
                new.writestr(zipfile.ZipInfo(info.filename), content, compression)
    return out.getvalue()


def good_files():
    every = collections.OrderedDict((f"t.{word}", torch.arange(6).reshape(2, 3).to(dtype)) for dtype, word in WORD.items())
    every["scalar"] = torch.tensor(1.5)
    every["empty"] = torch.zeros(0, 3)
    every["namé \U0001f600"] = torch.ones(1, 1, 1, 1)
    for i in range(20):  # more than 256 memo entries
        every[f"layers.{i}.bias"] = torch.full((2,), float(i))
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Linear(4, 2))
    whole = torch.arange(12, dtype=torch.float32)
    yield "good_every_dtype", every
    yield "good_module", module.state_dict()
    yield "good_shared", {"whole": whole, "tail": whole[7:], "rows": whole.reshape(3, 4)[1:], "one": whole[3:4].expand(1, 1)}
    yield "good_parameters", {"p": torch.nn.Parameter(torch.arange(3.0)), "q": torch.arange(2.0)}
    yield "good_no_tensors", {}


def bad_files():
    good = saved({"a": torch.arange(4.0)})
    yield "bad_global", saved({"a": torch.arange(4.0), "b": Evil()}), "pickle.global"
    yield "bad_eval", saved(EvilEval()), "pickle.global"
    yield "bad_transposed", saved({"a": torch.arange(6.0).reshape(2, 3).t()}), "pickle.not_contiguous"
    yield "bad_expanded", saved({"a": torch.arange(1.0).expand(5)}), "pickle.tensor"
    yield "bad_nested", saved({"state_dict": {"a": torch.arange(4.0)}}), "pickle.structure"
    yield "bad_number", saved({"a": torch.arange(4.0), "epoch": 3}), "pickle.structure"
    yield "bad_float", saved({"loss": 0.5}), "pickle.opcode"
    yield "bad_list", saved([torch.arange(4.0)]), "pickle.opcode"
    yield "bad_tensor", saved(torch.arange(4.0)), "pickle.structure"
    yield "bad_uint16", saved({"a": torch.zeros(2, dtype=torch.uint16)}), "pickle.global"
    yield "bad_protocol_4", saved({"a": torch.arange(4.0)}, pickle_protocol=4), "pickle.opcode"
    yield "bad_legacy", saved({"a": torch.arange(4.0)}, _use_new_zipfile_serialization=False), "zip.no_end_record"
    yield "bad_compressed", rezipped(good, lambda name, data: data, zipfile.ZIP_DEFLATED), "zip.compressed"
    yield "bad_byteorder", rezipped(good, lambda name, data: b"big" if name.endswith("byteorder") else data), "zip.byteorder"
    yield "bad_no_pickle", rezipped(good, lambda name, data: None if name.endswith(".pkl") else data), "zip.no_pickle"
    yield "bad_no_storage", rezipped(good, lambda name, data: None if name.endswith("data/0") else data), "zip.no_storage"
    yield "bad_short_storage", rezipped(good, lambda name, data: data[:-1] if name.endswith("data/0") else data), "zip.storage_size"


def description_of(tensor):
    data = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
    return {"dtype": WORD[tensor.dtype], "shape": list(tensor.shape), "sha256": hashlib.sha256(data).hexdigest()}


def main():
    print("torch", torch.__version__)
    expected = {"made_by": f"make_state_dicts.py with torch {torch.__version__}", "good": {}, "bad": {}}
    for name, tensors in good_files():
        (HERE / f"{name}.pth").write_bytes(saved(tensors))
        loaded = torch.load(HERE / f"{name}.pth", weights_only=True)
        expected["good"][name] = {key: description_of(tensor) for key, tensor in loaded.items()}
    for name, data, reason in bad_files():
        (HERE / f"{name}.pth").write_bytes(data)
        expected["bad"][name] = reason
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for path in sorted(HERE.glob("*.pth")):
        print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
