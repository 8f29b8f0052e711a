"""sfv model init, convert and verify, and sfv info of a model."""

import collections
import io
import json
import pathlib
import pickle
import random
import struct
import sys
import types
import unittest
import zipfile

from sfv_case import MODEL, SfvCase, read_safetensors

UNET = "unet/diffusion_pytorch_model.safetensors"


def tiny_decoder_shapes(block_input):
    """Names and shapes of TAESD's decoder (block_input 64) and TAESDV's (128), as published."""
    shapes = {"1.weight": (64, 4, 3, 3), "1.bias": (64,), "19.weight": (3, 64, 3, 3), "19.bias": (3,)}
    for layer in (7, 12, 17):
        shapes[f"{layer}.weight"] = (64, 64, 3, 3)
    for block in (3, 4, 5, 8, 9, 10, 13, 14, 15, 18):
        for conv in (0, 2, 4):
            shapes[f"{block}.conv.{conv}.weight"] = (64, 64 if conv else block_input, 3, 3)
            shapes[f"{block}.conv.{conv}.bias"] = (64,)
    return shapes


def write_pth(path, tensors):
    """What torch.save writes of a state dict, made without torch. tensors: name -> (shape, bytes of its floats)."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})
    exec("def _rebuild_tensor_v2(*arguments): pass", utils.__dict__)
    utils._rebuild_tensor_v2.__module__ = "torch._utils"

    class Storage:
        def __init__(self, key, count):
            self.id = ("storage", torch.FloatStorage, key, "cpu", count)

    class Tensor:
        def __init__(self, key, shape):
            strides, count = [], 1
            for side in reversed(shape):
                strides.insert(0, count)
                count *= side
            self.arguments = (Storage(key, count), 0, shape, tuple(strides), False, collections.OrderedDict())

        def __reduce__(self):
            return utils._rebuild_tensor_v2, self.arguments

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return value.id if isinstance(value, Storage) else None

    saved = {name: sys.modules.get(name) for name in ("torch", "torch._utils")}
    sys.modules.update({"torch": torch, "torch._utils": utils})
    try:
        out = io.BytesIO()
        Pickler(out, protocol=2).dump(collections.OrderedDict(
            (name, Tensor(str(i), shape)) for i, (name, (shape, _)) in enumerate(tensors.items())))
    finally:
        for name, module in saved.items():
            sys.modules.pop(name) if module is None else sys.modules.update({name: module})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("taesdv/data.pkl", out.getvalue())
        archive.writestr("taesdv/byteorder", "little")
        for i, (_, data) in enumerate(tensors.values()):
            archive.writestr(f"taesdv/data/{i}", data)
        archive.writestr("taesdv/version", "3\n")


class ModelCommands(SfvCase):
    def test_converts_a_published_pth_to_safetensors(self):
        draw = random.Random(3)
        for name, block_input in (("taesd", 64), ("taesdv", 128)):
            tensors = {}
            for key, shape in tiny_decoder_shapes(block_input).items():
                count = 1
                for side in shape:
                    count *= side
                tensors[f"decoder.{key}"] = (shape, draw.randbytes(4 * count))
            write_pth(self.folder / f"{name}.pth", tensors)
            self.sfv("model", "convert", f"{name}.pth", "-o", f"{name}.safetensors")
            converted = read_safetensors(self.folder / f"{name}.safetensors")
            self.assertEqual(set(converted), set(tensors))
            for key, (dtype, shape, values) in converted.items():
                self.assertEqual((dtype, tuple(shape)), ("F32", tensors[key][0]))
                self.assertEqual(struct.pack(f"<{len(values)}f", *values), struct.pack(
                    f"<{len(values)}f", *struct.unpack(f"<{len(values)}f", tensors[key][1])), key)
        self.assert_one_error(self.sfv("model", "convert", "taesdv.pth", "-o", "folder", expect=2), ".safetensors")
        cut = (self.folder / "taesdv.pth").read_bytes()[:-100]
        (self.folder / "cut.pth").write_bytes(cut)
        self.assert_one_error(self.sfv("model", "convert", "cut.pth", "-o", "cut.safetensors", expect=1), "cut.pth")
        self.assertFalse((self.folder / "cut.safetensors").exists())

    def test_converts_to_a_single_file_and_back_without_changing_a_byte(self):
        self.assertEqual(self.sfv("model", "convert", MODEL, "-o", "one.safetensors").stdout, "one.safetensors\n")
        self.sfv("model", "convert", "one.safetensors", "-o", "back")
        for name in (UNET, "vae/diffusion_pytorch_model.safetensors", "image_encoder/model.safetensors"):
            self.assertEqual((self.folder / "back" / name).read_bytes(), (pathlib.Path(MODEL) / name).read_bytes(), name)

    def test_writes_shards_of_half_precision_that_verify(self):
        self.sfv("model", "convert", MODEL, "-o", "half", "--dtype", "fp16", "--shard-size", "100KB")
        index = self.folder / "half/unet/diffusion_pytorch_model.safetensors.index.fp16.json"
        self.assertGreater(len(set(json.loads(index.read_text())["weight_map"].values())), 1)
        report = json.loads(self.sfv("model", "verify", "half", "--json").stdout)
        self.assertTrue(report["ok"])
        self.assertEqual(len(report["checks"]), 3)

    def test_verify_finds_a_cut_file(self):
        self.sfv("model", "init", "--like", MODEL, "-o", "m", "--seed", "5")
        self.assertIn("OK", self.sfv("model", "verify", "m").stdout)
        weights = self.folder / "m" / UNET
        weights.write_bytes(weights.read_bytes()[:-1])
        self.assert_one_error(self.sfv("model", "verify", "m", expect=1), UNET)

    def test_verify_fails_on_numbers_that_are_not_finite(self):
        self.sfv("model", "init", "--like", MODEL, "-o", "m", "--seed", "5")
        weights = self.folder / "m" / UNET
        weights.write_bytes(weights.read_bytes()[:-4] + b"\x00\x00\xc0\x7f")  # a NaN
        done = self.sfv("model", "verify", "m", expect=1)
        self.assertIn("FAILED unet", done.stdout)
        self.assertIn("NaN", done.stdout)

    def test_info_tells_components_and_digests(self):
        text = self.sfv("info", MODEL).stdout
        report = json.loads(self.sfv("info", MODEL, "--json").stdout)
        self.assertEqual([c["name"] for c in report["components"]], ["unet", "vae", "image_encoder"])
        for file in report["files"]:
            self.assertIn(file["sha256"], text)

    def test_refuses_to_write_over_something_and_leaves_nothing_behind(self):
        (self.folder / "taken").mkdir()
        (self.folder / "taken/mine.txt").write_text("mine")
        before = self.files()
        for words in (("init", "--like", MODEL, "-o", "taken"), ("convert", MODEL, "-o", "taken"),
                      ("convert", MODEL, "-o", "x", "--shard-size", "2 apples"),
                      ("convert", "no/such", "-o", "x"), ("init", "--like", "nothing", "-o", "x")):
            self.assert_one_error(self.sfv("model", *words, expect=None))
        self.assertEqual(self.files(), before)
        self.sfv("model", "init", "--like", MODEL, "-o", "x", "--dtype", "int8", expect=2)


if __name__ == "__main__":
    unittest.main()
