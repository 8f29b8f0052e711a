"""The published size for real: svd-xt's files written, loaded, run and interrupted. Takes 5 GB of disk and 11 GB of memory."""

import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from sfv_case import BINARY, PHOTO, SfvCase

# Bytes of stabilityai/stable-video-diffusion-img2vid-xt's fp16 files, their tensors and parameters.
PUBLISHED = {"unet": ("unet/diffusion_pytorch_model.fp16.safetensors", 3_049_435_868, 1428, 1_524_623_082),
             "vae": ("vae/diffusion_pytorch_model.fp16.safetensors", 195_531_910, 374, 97_742_847),
             "image_encoder": ("image_encoder/model.fp16.safetensors", 1_264_217_240, 520, 632_076_800)}


def free_memory():
    with open("/proc/meminfo") as lines:
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable"))


class FullSize(SfvCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if shutil.disk_usage(tempfile.gettempdir()).free < 6e9 or free_memory() < 12e9:
            raise unittest.SkipTest("needs 6 GB of free disk and 12 GB of free memory")
        cls.place = tempfile.TemporaryDirectory(prefix="sfv-large-")
        cls.addClassCleanup(cls.place.cleanup)
        cls.model = os.path.join(cls.place.name, "xt")
        subprocess.run([BINARY, "model", "init", "--like", "svd-xt", "-o", cls.model, "--seed", "1", "--dtype", "fp16"],
                       check=True, capture_output=True, timeout=1200)

    def test_files_have_the_published_sizes(self):
        report = json.loads(self.sfv("info", self.model, "--json").stdout)
        sizes = {os.path.relpath(file["path"], self.model): file["bytes"] for file in report["files"]}
        for component in report["components"]:
            name, size, tensors, parameters = PUBLISHED[component["name"]]
            self.assertEqual(os.path.getsize(os.path.join(self.model, name)), size)
            self.assertEqual(sizes[name], size)
            self.assertEqual((component["tensors"], component["parameters"], component["dtypes"]), (tensors, parameters, {"F16": tensors}))

    def test_makes_a_clip(self):
        done = self.generate(PHOTO, "-m", self.model, "-o", "a.mkv", "--sampler", "one-step", small=["-n", "2", "--size", "64x64"])
        self.assertIn("a.mkv: 2 frames of 64x64", done.stderr)

    def test_ctrl_c_is_heard_within_two_seconds(self):
        """At moments of encoding and of the one step, 14 frames of 576x320."""
        draw = random.Random()
        for stage in ("encode", "denoise", "denoise"):
            process = subprocess.Popen([BINARY, "generate", PHOTO, "-m", self.model, "-o", "clip.mkv", "--sampler", "one-step",
                                        "-n", "14", "--size", "576x320"], cwd=self.folder, env=self.environment,
                                       stderr=subprocess.PIPE, text=True)
            for line in process.stderr:  # a line at the end of a stage, or every few seconds
                if stage in line or (stage == "encode" and "load model" in line):
                    break
            time.sleep(draw.uniform(0, 4))
            process.send_signal(signal.SIGINT)
            begin = time.monotonic()
            process.communicate(timeout=120)
            waited = time.monotonic() - begin
            print(f"Ctrl-C during {stage}: out after {waited:.2f} s")
            self.assertEqual(process.returncode, 130)
            self.assertLess(waited, 2)
            self.assertEqual(self.files(), [])


if __name__ == "__main__":
    unittest.main()
