"""sfv train: a run from a recipe, stopped, killed and gone on with, and the model that comes out."""

import hashlib
import json
import re
import signal
import subprocess
import time
import unittest

from kill_runs import RECIPE as SHORT_RUN, Runs, kill_many
from sfv_case import BINARY, MODEL, PHOTO, SOURCE, SfvCase, probe

RECIPE = SHORT_RUN + f'[model]\npath = "{MODEL}"\n'


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
        stream, _ = probe(self.folder / "run/samples/step-6.mp4")
        self.assertEqual((stream["codec_name"], int(stream["nb_read_frames"])), ("h264", 3))
        self.assertEqual(sorted(p.name for p in (self.folder / "run").glob("checkpoint-*")), ["checkpoint-5", "checkpoint-6"])
        page = self.sfv("train", "--report", "run").stdout.strip()
        text = (self.folder / page).read_text()
        for part in ("<svg", "data:image/png;base64", "data:video/mp4;base64"):
            self.assertIn(part, text)
        # A run that is there is not written over, and can be asked for again.
        self.assert_one_error(self.sfv("train", "recipe.toml", "-o", "run", expect=1), "run", "--resume")
        self.sfv("train", "-o", "run", "--resume", "latest")

    def test_dry_run_says_what_it_takes_and_writes_nothing(self):
        before = sorted(self.folder.rglob("*"))
        text = self.sfv("train", "recipe.toml", "--dry-run", "--device", "cpu").stdout
        self.assertRegex(text, r"\n  peak +[\d.]+ GiB\n")
        self.assertRegex(text, r"\n  about [\d.e-]+ s with \d+ CPU threads")
        self.assertEqual(sorted(self.folder.rglob("*")), before)
        # SVD itself on a GPU that need not be there, in 48 GB at micro-batch 1, as the recipe says: its average in host memory.
        text = self.sfv("train", SOURCE / "recipes/svd/sf-v.toml", "--dry-run", "--device", "cuda").stdout
        self.assertIn("1601.8 M", text)  # 1524.6 M of SVD, the rest are heads
        self.assertLess(float(re.search(r"peak +([\d.]+) GiB", text).group(1)) * 1.0737, 48)
        self.assertRegex(text, r"memory of the host:\n  average +5.68 GiB")

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

    def test_one_line_on_a_terminal_and_plain_lines_elsewhere(self):
        for columns in (60, 100):
            drawn = self.drawn_on_terminal("train", "recipe.toml", "-o", f"run{columns}", columns=columns, TERM="xterm")
            bars = [bar.replace("\x1b[K", "") for bar in re.split(r"\r|\n", drawn) if "step " in bar]
            self.assertTrue(any(re.search(r"step \d/6 .*\d+%  \d+:\d\d left  D [\d.e-]+ \(real \d+%", bar) for bar in bars)
                            or columns == 60, bars)
            for bar in bars:
                self.assertLess(len(bar), columns)
        stderr = self.sfv("train", "recipe.toml", "-o", "plain").stderr
        self.assertNotIn("\x1b", stderr)
        self.assertRegex(stderr, r"plain  step 1/6 .* D .* clips/s  \|g\| D ")
        self.assertLess(len(stderr.splitlines()), 6)

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
        runs = Runs(BINARY, self.folder, "recipe.toml", environment=self.environment)
        hits, save_hits, wrong = kill_many(runs, count=10, in_save=4, say=print)
        print(f"{hits} of 10 kills fell before the end, {save_hits} of them inside a save")
        self.assertEqual(wrong, [])
        self.assertGreaterEqual(save_hits, 3)  # one of each point but the last, which the run may end in
        self.assertGreater(hits, save_hits)

    def test_the_delay_inside_a_save_is_checked(self):
        self.environment["SFV_SAVE_DELAY"] = "listed:soon"
        self.assert_one_error(self.sfv("train", "recipe.toml", "-o", "run", expect=2), "SFV_SAVE_DELAY", "listed:soon")


if __name__ == "__main__":
    unittest.main()
