"""sfv model init, convert and verify, and sfv info of a model."""

import json
import pathlib
import unittest

from sfv_case import MODEL, SfvCase

UNET = "unet/diffusion_pytorch_model.safetensors"


class ModelCommands(SfvCase):
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
