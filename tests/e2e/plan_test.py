"""sfv plan and --max-memory: what a clip is said to take, what it takes, and that it is the same clip whatever it took.

  plan_test.py [--seed N] [unittest's options]     N draws the sizes and number formats that are measured (default: 0)
"""

import json
import random
import subprocess
import sys
import time
import unittest

from sfv_case import BINARY, PHOTO, SMALL, SOURCE, SfvCase

BUNDLED = SOURCE / "models/snow"
SEED = 0


def private_bytes(pid):
    """Of a process: what belongs to it alone and lies in no file."""
    with open(f"/proc/{pid}/status") as lines:
        return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(("RssAnon:", "RssShmem:")))


class Plan(SfvCase):
    def plan(self, *words, expect=0):
        return json.loads(self.sfv("plan", *words, "--json", expect=expect).stdout)

    def measured_peak(self, *words):
        process = subprocess.Popen([BINARY, "generate", PHOTO, *map(str, words), "-q"], cwd=self.folder, env=self.environment,
                                   stdout=subprocess.DEVNULL)
        peak = 0
        while process.poll() is None:
            try:
                peak = max(peak, private_bytes(process.pid))
            except (FileNotFoundError, ProcessLookupError):
                break
            time.sleep(.01)
        self.assertEqual(process.wait(), 0)
        return peak

    def test_six_sizes_and_formats_take_what_they_were_said_to(self):
        draw = random.Random(SEED)
        for i in range(6):
            size = f"{draw.randrange(24, 44) * 8}x{draw.randrange(24, 44) * 8}"
            dtype = ["fp32", "bf16"][i % 2]
            words = ["-m", BUNDLED, "--size", size, "--dtype", dtype, "--frames", draw.randrange(6, 15), "--threads", 1]
            planned = self.plan(*words)["peak_bytes"]
            taken = self.measured_peak(*words, "-o", f"{i}.mkv", "--seed", 1)
            print(f"{size} {dtype} {words[7]} frames: planned {planned / 1e6:.0f} MB, taken {taken / 1e6:.0f} MB: {planned / taken:.3f}")
            self.assertLess(abs(planned / taken - 1), .1, words)

    def test_every_mode_gives_the_same_clip_and_stays_within(self):
        words = ["-m", BUNDLED, "--size", "256x256", "--dtype", "bf16", "--threads", 1]
        modes = self.plan(*words)["modes"]
        self.assertGreater(len({mode["peak_bytes"] for mode in modes}), 2)
        clips = set()
        for mode in modes:
            limit = mode["peak_bytes"]
            name = f"{limit}.mkv"
            taken = self.measured_peak(*words, "-o", name, "--seed", 1, "--max-memory", limit)
            self.assertLess(taken, 1.05 * limit, mode)
            clips.add((self.folder / name).read_bytes())
        self.assertEqual(len(clips), 1)

    def test_memory_is_flat_over_a_hundred_clips(self):
        peaks = {}  # clips that were there to the most that was taken meanwhile
        process = subprocess.Popen([BINARY, "generate", PHOTO, *SMALL, "--variations", "100", "--seed", "1", "-o", "clip_{seed}.mkv", "-q"],
                                   cwd=self.folder, env=self.environment, stdout=subprocess.DEVNULL)
        while process.poll() is None:
            clips = len(self.files())
            try:
                peaks[clips] = max(peaks.get(clips, 0), private_bytes(process.pid))
            except (FileNotFoundError, ProcessLookupError):
                break
            time.sleep(.01)
        self.assertEqual(process.wait(), 0)
        self.assertEqual(len(self.files()), 100)
        early = max(taken for clips, taken in peaks.items() if clips <= 20)
        late = max(taken for clips, taken in peaks.items() if clips >= 80)
        print(f"{early / 1e6:.1f} MB in the first 20 clips, {late / 1e6:.1f} MB in the last 20")
        self.assertLess(late, early + 4e6)

    def test_what_cannot_fit_is_refused_with_the_least(self):
        least = min(mode["peak_bytes"] for mode in self.plan(*SMALL)["modes"])
        done = self.sfv("generate", PHOTO, "-o", "c.mkv", *SMALL, "--max-memory", "1MB", expect=None)
        self.assertNotEqual(done.returncode, 0)
        self.assert_one_error(done, "[max-memory]", f"{least / 1e9:.2f} GB", "3 frames of 72x40", "0.00 GB")
        self.assertEqual(self.files(), [])

    def test_the_mode_that_was_chosen_is_told(self):
        modes = self.plan(*SMALL)["modes"]
        done = self.sfv("generate", PHOTO, "-o", "c.mkv", *SMALL, "--seed", "1", "--max-memory", "8GB")
        self.assertIn("memory: " + modes[0]["mode"], done.stderr)
        chosen = self.plan(*SMALL, "--max-memory", "8GB")
        self.assertEqual(chosen["mode"], modes[0]["mode"])
        self.sfv("generate", PHOTO, "-o", "d.mkv", *SMALL, "--seed", "1", "--max-memory=-100MB")

    def test_published_sizes_need_no_files_and_no_gpu(self):
        for device in ("cpu", "cuda"):
            plan = self.plan("-m", "svd", "--size", "1024x576", "--dtype", "bf16", "--sampler", "one-step", "--device", device)
            self.assertEqual(plan["frames"], 14)
            self.assertEqual([stage["name"] for stage in plan["stages"]], ["image_encoder", "vae_encoder", "unet", "decoder"])
            unet, decoder = plan["stages"][2:]
            self.assertAlmostEqual(unet["operations"] / 44.8e12, 1, delta=.05)  # svd.md section 6
            self.assertAlmostEqual(decoder["operations"] / 97.2e12, 1, delta=.05)
            self.assertLess(min(mode["peak_bytes"] for mode in plan["modes"]), 4.5e9)
        text = self.sfv("plan", "-m", "svd-xt", "--device", "cuda", "--size", "1024x576").stdout
        for word in ("25 frames of 1024x576", "ways to go", "on the GPU"):
            self.assertIn(word, text)

    def test_what_is_not_a_size(self):
        for text in ("6", "x", "5 GB", "-1TB"):
            done = self.sfv("plan", *SMALL, f"--max-memory={text}", expect=None)
            self.assertNotEqual(done.returncode, 0, text)
            self.assert_one_error(done, "[max-memory]")


if __name__ == "__main__":
    if "--seed" in sys.argv:
        at = sys.argv.index("--seed")
        SEED = int(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    unittest.main()
