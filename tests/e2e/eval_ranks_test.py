"""sfv eval on several ranks: the numbers of one, and an error of one ends all with its name."""

import json
import subprocess
import unittest

from kill_runs import mpirun, skip_without_mpi
from sfv_case import BINARY, MODEL, SfvCase, write_png, write_safetensors

PROTOCOL = ["eval", "protocol", "ucf101", "--data", "real", "--size", "32x32", "--frames", "4", "--score-frames", "3", "--score-size", "24x24",
            "--network", "reference", "--dtype", "fp32", "--bootstrap", "20", "--batch", "2", "--json"]


class EvalRanks(SfvCase):
    def on_ranks(self, ranks, *words, expect=0):
        launcher, variables = mpirun(ranks)
        done = subprocess.run([*launcher, BINARY, *map(str, words)], cwd=self.folder, env={**self.environment, **variables},
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, expect, f"{words}\n{done.stdout}\n{done.stderr}")
        return done

    def alone(self, *words, expect=0):
        self.environment["OMP_NUM_THREADS"] = "1"
        return self.sfv(*words, expect=expect)

    def clips(self, name, count=11):
        values = [((x * 7 + y * 3 + t * 5 * (n + 1) + c * 11) % 32) / 16 - 1
                  for n in range(count) for c in range(3) for t in range(4) for y in range(16) for x in range(16)]
        values[3 * 3 * 4 * 256] = float("nan")  # of clip 3, which is dropped
        write_safetensors(self.folder / name, {"video": ([count, 3, 4, 16, 16], values)})

    def videos(self, count):
        """Folders of numbered pictures, which count as videos; the second is too short."""
        for clip in range(count):
            folder = self.folder / f"real/clip{clip}"
            folder.mkdir(parents=True)
            for t in range(4 if clip != 1 else 2):
                write_png(folder / f"{t:03d}.png", 40, 30, lambda x, y: ((x * 7 + t * 9 + clip * 30) % 256, (y * 8) % 256, (x * y + clip) % 256))

    def test_features_are_those_of_one_rank(self):
        self.clips("clips.safetensors")
        words = ["eval", "features", "clips.safetensors", "--batch", "2", "--json", "-o"]
        one = json.loads(self.alone(*words, "one.safetensors", expect=1).stdout)
        self.assertEqual(one["clips"], 10)
        for ranks in (2, 4):
            several = json.loads(self.on_ranks(ranks, *words, f"{ranks}.safetensors", expect=1).stdout)  # printed once
            self.assertEqual(several["protocol"], one["protocol"])
            same = json.loads(self.sfv("eval", "frechet", "one.safetensors", f"{ranks}.safetensors", "--json").stdout)
            self.assertLess(same["frechet_distance"], 1e-12)

    def test_a_distance_is_that_of_one_rank(self):
        self.clips("a.safetensors")
        self.clips("b.safetensors", 9)
        words = ["eval", "fvd", "a.safetensors", "b.safetensors", "--network", "reference", "--clips", "7", "--json"]
        one = json.loads(self.alone(*words, expect=1).stdout)
        several = json.loads(self.on_ranks(2, *words, expect=1).stdout)
        self.assertEqual((several["real"]["clips"], several["fake"]["clips"]), (7, 7))
        self.assertAlmostEqual(several["frechet_distance"], one["frechet_distance"], delta=1e-9 * one["frechet_distance"])
        self.assertEqual(several["real"]["protocol"], one["real"]["protocol"])

    def test_the_protocol_is_that_of_one_rank(self):
        self.videos(6)
        one = json.loads(self.alone(*PROTOCOL, "-m", f"{MODEL}@1", "-o", "one", "--clips", "4", expect=1).stdout)["rows"][0]
        two = json.loads(self.on_ranks(2, *PROTOCOL, "-m", f"{MODEL}@1", "-o", "two", "--clips", "4", expect=1).stdout)["rows"][0]
        # Batches hold other clips, by which sums round differently.
        self.assertAlmostEqual(two["frechet_distance"], one["frechet_distance"], delta=1e-6 * one["frechet_distance"])
        self.assertEqual(two["real"]["protocol"], one["real"]["protocol"])
        clips = {name: {p.name: p.read_bytes() for p in (self.folder / name).rglob("clip-*.mkv")} for name in ("one", "two")}
        self.assertEqual(sorted(clips["one"]), [f"clip-00000{i}.mkv" for i in (0, 2, 3, 4)])
        self.assertEqual(clips["one"], clips["two"])
        guided = json.loads(self.alone(*PROTOCOL, "-m", f"{MODEL}@2:euler:1:2", "-o", "one", "--clips", "4", expect=1).stdout)["rows"][0]
        self.assertEqual((guided["evaluations"], guided["guidance"]), (4, [1, 2]))

    def test_an_error_of_a_rank_ends_all_and_is_named(self):
        self.clips("clips.safetensors")
        done = self.on_ranks(2, "eval", "features", "clips.safetensors", "--frames", "1", "-o", "f.safetensors", expect=2)
        self.assertRegex(done.stderr, r"rank [01] of 2")
        self.assertIn("at least 2 frames", done.stderr)
        self.assertFalse((self.folder / "f.safetensors").exists())


if __name__ == "__main__":
    skip_without_mpi(BINARY)
    unittest.main()
