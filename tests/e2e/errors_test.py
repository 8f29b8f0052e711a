"""Faults: one clear line, the right exit code, nothing left behind."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from sfv_case import BINARY, MODEL, PHOTO, SMALL, SfvCase


class Usage(SfvCase):
    def test_exit_code_2_names_the_option_and_the_range(self):
        for words, part in ((["--frames", 0], "1 to 4096"), (["--size", "100x100"], "divisible by 8"), (["--size", "big"], "WIDTHxHEIGHT"),
                            (["--fit", "round"], "crop, pad, stretch"), (["--guidance", "x"], "MIN:MAX"), (["--sigmas", "1,2"], "falling"),
                            (["--sampler", "one-step", "--steps", 3], "1 step"), (["--device", "tpu"], "cuda:N"),
                            (["--shard", "3/2"], "I/N"), (["--overwrite", "--resume"], "--resume"), (["--crf", 60], "0 to 51"),
                            (["--decoder", "tiny"], "--tiny-vae"), (["--nonsense"], "--nonsense"), (["--seed", -1], "seed")):
            with self.subTest(words=words):
                done = self.generate(PHOTO, "-o", "a.mp4", *words, expect=2, small=[])
                self.assert_one_error(done, part)
        self.assert_one_error(self.generate(PHOTO, expect=2), "--output")
        self.assertEqual(self.files(), [])

    def test_json_says_the_same(self):
        error = json.loads(self.generate(PHOTO, "-o", "a.mp4", "--size", "9x9", "--json", expect=2, small=[]).stdout)["error"]
        self.assertEqual(error["code"], "invalid_argument")
        self.assertIn("divisible by 8", error["message"])
        error = json.loads(self.generate("gone.png", "-o", "a.mp4", "--json", expect=1).stdout)["error"]
        self.assertEqual(error["code"], "not_found")


class Inputs(SfvCase):
    def test_bad_photos(self):
        photo = self.photo("whole.png").read_bytes()
        bad = {"empty.png": b"", "cut.png": photo[:len(photo) // 2], "text.jpg": b"hello",
               # 60000 x 60000: refused from the header.
               "bomb.png": photo[:16] + b"\0\0\xea\x60\0\0\xea\x60" + photo[24:]}
        for name, data in bad.items():
            (self.folder / name).write_bytes(data)
            with self.subTest(name=name):
                self.assert_one_error(self.generate(name, "-o", "out.mp4", expect=1), name)
        (self.folder / "folder.png").mkdir()
        self.assert_one_error(self.generate("folder.png", "-o", "out.mp4", expect=1), "folder.png")
        self.assertEqual(self.files(), sorted([*bad, "whole.png"]))

    def test_bad_models(self):
        copy = self.folder / "model"
        shutil.copytree(MODEL, copy)
        weights = next((copy / "unet").glob("*.safetensors"))
        whole = weights.read_bytes()
        for name, data in (("cut", whole[:-5]), ("empty", b""), ("header", b"\xff" * 100)):
            weights.write_bytes(data)
            with self.subTest(name=name):
                self.assert_one_error(self.generate(PHOTO, "-m", copy, "-o", "a.mp4", expect=1), weights.name)
        weights.write_bytes(whole)
        (copy / "unet/config.json").write_text("{")
        self.assert_one_error(self.generate(PHOTO, "-m", copy, "-o", "a.mp4", expect=1), "config.json")
        self.assert_one_error(self.generate(PHOTO, "-m", "nobody/nothing", "-o", "a.mp4", expect=1), "nobody/nothing")
        self.assertFalse((self.folder / "a.mp4").exists())

    def test_no_model_says_what_to_do(self):
        # A copy of the program far from any bundled model.
        program = self.folder / "bin/sfv"
        program.parent.mkdir()
        try:
            os.link(BINARY, program)
        except OSError:
            shutil.copy2(BINARY, program)
        del self.environment["SFV_MODEL"]
        done = subprocess.run([program, "generate", PHOTO, "-o", "a.mp4"], cwd=self.folder, env=self.environment,
                              capture_output=True, text=True, timeout=100)
        self.assertEqual(done.returncode, 1)
        self.assert_one_error(done, "SFV_MODEL", "-m MODEL")


class Outputs(SfvCase):
    def test_names_that_cannot_be_written(self):
        (self.folder / "file").write_text("x")
        (self.folder / "folder.mp4").mkdir()
        self.assert_one_error(self.generate(PHOTO, "-o", "file/a.mp4", expect=1), "file")
        self.assert_one_error(self.generate(PHOTO, "-o", "a.xyz", expect=1), ".mp4")
        self.generate(PHOTO, "-o", "folder.mp4", "-q")
        self.assertTrue((self.folder / "folder.mp4/cat.mp4").is_file())

    def test_folders_made_for_a_clip_that_failed_are_gone(self):
        self.generate("gone.png", "-o", "new/deep/a.mp4", expect=1)
        self.assertEqual(list(self.folder.iterdir()), [])

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "needs root and setpriv, to become an ordinary user")
    def test_no_permission_as_an_ordinary_user(self):
        user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        if subprocess.run([*user, BINARY, "--version"], capture_output=True).returncode != 0:
            self.skipTest("an ordinary user cannot run the program where it lies")
        os.chmod(self.folder, 0o755)

        def run(*words):
            return subprocess.run([*user, BINARY, "generate", *map(str, words), *SMALL], cwd=self.folder, env=self.environment,
                                  capture_output=True, text=True, timeout=300)

        done = run(PHOTO, "-o", "a.mp4")
        self.assertEqual(done.returncode, 1)
        self.assert_one_error(done, "a.mp4", "Permission denied")
        secret = self.photo("secret.png")
        secret.chmod(0)
        done = run(secret, "-o", "/tmp/sfv-never-made.mp4")
        self.assertEqual(done.returncode, 1)
        self.assert_one_error(done, "secret.png", "Permission denied")
        self.assertEqual(self.files(), ["secret.png"])

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("mount"), "needs root, to mount a small disk")
    def test_full_disk(self):
        with tempfile.TemporaryDirectory() as place:
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", place], capture_output=True).returncode != 0:
                self.skipTest("cannot mount a tmpfs here")
            try:
                disk = pathlib.Path(place)
                for name in ("a.mp4", "a.mkv", "a.gif", "a.webp", "frames", "f_%03d.png"):
                    with self.subTest(name=name):
                        done = self.generate(PHOTO, "-o", disk / name, "--frames", 8, "--crf", 0, expect=1,
                                             small=["--size", "128x128", "--steps", "1", "--threads", "1"])
                        self.assert_one_error(done, "No space left")
                        self.assertEqual(list(disk.iterdir()), [])
                error = json.loads(self.generate(PHOTO, "-o", disk / "a.mkv", "--frames", 8, "--json", expect=1,
                                                 small=["--size", "128x128", "--steps", "1", "--threads", "1"]).stdout)["error"]
                self.assertEqual(error["code"], "no_space")
            finally:
                subprocess.run(["umount", place], check=True)


if __name__ == "__main__":
    unittest.main()
