"""sfv train: a run from a recipe, stopped, killed and gone on with, and the model that comes out."""

import hashlib
import json
import random
import signal
import subprocess
import time
import unittest

from sfv_case import BINARY, MODEL, PHOTO, SfvCase

RECIPE = f"""
stage = "adversarial"
steps = 6
batch = 2
micro_batch = 1
threads = 1
[model]
path = "{MODEL}"
[data]
source = "shapes"
width = 32
height = 32
frames = 3
[optimizer]
lr = 1e-4
[checkpoint]
every = 1
keep = 2
[samples]
every = 3
clips = 1
"""


class Train(SfvCase):
    def setUp(self):
        super().setUp()
        (self.folder / "recipe.toml").write_text(RECIPE)

    def state(self, run):
        """Digests of all that a checkpoint holds: weights, averages, moments, the model folder."""
        folder = (self.folder / run / "latest").resolve()
        self.assertEqual(folder.name, "checkpoint-6")
        return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*")
                if p.is_file() and p.name != "manifest.json"}

    def start(self, run, *words):
        return subprocess.Popen([BINARY, "train", *words, "-o", run, "-q"], cwd=self.folder, env=self.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def test_makes_a_model_that_generates(self):
        done = self.sfv("train", "recipe.toml", "-o", "run")
        self.assertEqual(done.stdout, "run/latest/model\n")
        self.assertIn("6 of 6 iterations", done.stderr)
        clip = self.generate_json(PHOTO, "-m", "run/latest/model", "-o", "a.mkv", small=[])["clips"][0]
        settings = clip["record"]["settings"]
        self.assertEqual((settings["sampler"], settings["frames"], settings["width"]), ("one-step", 3, 32))
        lines = [json.loads(line) for line in (self.folder / "run/metrics.jsonl").read_text().splitlines()]
        self.assertEqual([line["step"] for line in lines], [1, 2, 3, 4, 5, 6])
        self.assertIn("gradient_at_x0/adversarial", lines[-1])
        self.assertTrue((self.folder / "run/samples/step-6.png").is_file())
        self.assertEqual(sorted(p.name for p in (self.folder / "run").glob("checkpoint-*")), ["checkpoint-5", "checkpoint-6"])
        page = self.sfv("train", "--report", "run").stdout.strip()
        self.assertIn("<svg", (self.folder / page).read_text())
        # A run that is there is not written over, and can be asked for again.
        self.assert_one_error(self.sfv("train", "recipe.toml", "-o", "run", expect=1), "run", "--resume")
        self.sfv("train", "-o", "run", "--resume", "latest")

    def test_cached_latents_train_to_the_same_bytes(self):
        self.assert_one_error(self.sfv("data", "cache", "recipe.toml", "-o", "cache", expect=2), "--clips")
        # 6 steps of two phases with 2 clips each.
        done = self.sfv("data", "cache", "recipe.toml", "-o", "cache", "--clips", "24")
        self.assertEqual(done.stdout, "cache\n")
        self.assertIn("24 clips, 0 of them were there, 0 skipped", done.stderr)
        again = self.sfv("data", "cache", "recipe.toml", "-o", "cache", "--clips", "24")
        self.assertIn("24 of them were there", again.stderr)
        self.sfv("train", "recipe.toml", "-o", "whole", "-q")
        cached = ["--set", "data.source=cache", "--set", "data.path=cache"]
        self.sfv("train", "recipe.toml", *cached, "-o", "cached", "-q")
        self.assertEqual(self.state("cached"), self.state("whole"))
        self.assert_one_error(self.sfv("train", "recipe.toml", *cached, "--set", "data.frames=4", "-o", "x", expect=2), "frames")

    def test_mistakes_are_named_with_their_line(self):
        self.assert_one_error(self.sfv("train", "recipe.toml", "--set", "adversarial.lamda=1", expect=2), "lamda")
        (self.folder / "recipe.toml").write_text(RECIPE + "evry = 3\n")
        self.assert_one_error(self.sfv("train", "recipe.toml", expect=1), "recipe.toml", "evry")
        self.assert_one_error(self.sfv("train", "gone.toml", expect=1), "gone.toml")
        self.assert_one_error(self.sfv("train", expect=2), "recipe")
        self.assertEqual(self.files(), ["recipe.toml"])

    def test_sigterm_saves_and_the_run_goes_on_to_the_same_bytes(self):
        self.sfv("train", "recipe.toml", "-o", "whole", "-q")
        process = self.start("cut", "recipe.toml")
        while process.poll() is None and not list((self.folder / "cut").glob("checkpoint-*")):
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143, stderr)
        self.sfv("train", "-o", "cut", "--resume", "latest", "-q")
        self.assertEqual(self.state("cut"), self.state("whole"))

    def test_killed_at_random_moments_it_ends_with_the_same_bytes(self):
        begin = time.monotonic()
        self.sfv("train", "recipe.toml", "-o", "whole", "-q")
        duration = time.monotonic() - begin
        expected, draw, hits = self.state("whole"), random.Random(), 0
        for round_number in range(10):
            run = f"run{round_number}"
            process = self.start(run, "recipe.toml")
            time.sleep(draw.uniform(0, duration))
            process.kill()
            hits += process.wait() == -signal.SIGKILL
            process.communicate()
            # Killed before the recipe was stored there is nothing to go on with: it begins.
            begun = (self.folder / run / "recipe.toml").is_file()
            self.sfv("train", *(["--resume", "latest"] if begun else ["recipe.toml"]), "-o", run, "-q")
            self.assertEqual(self.state(run), expected)
        print(f"{hits} of 10 kills fell before the end")
        self.assertGreater(hits, 3)


if __name__ == "__main__":
    unittest.main()
