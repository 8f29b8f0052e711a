"""sfv eval: features and their distance, motion, pairs, and the table of models on a recipe's held-out clips."""

import json
import struct
import subprocess
import unittest

from sfv_case import BINARY, MODEL, SfvCase, write_png, write_safetensors

RECIPE = """
stage = "diffusion"
steps = 1
batch = 1
[model]
path = "unused"
[data]
source = "shapes"
width = 32
height = 32
frames = 3
[conditioning]
motion = "fixed"
motion_bucket = 100
"""


def wave(clip, t, c, y, x):
    return ((x * 7 + y * 3 + t * 5 * (clip + 1) + c * 11) % 32) / 16 - 1


def read_levels(path):
    """A row's sheet, [S, T, H, W, 3] of 8-bit levels, as shape and numbers; and the names of its tensors."""
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    begin, end = header["sheet"]["data_offsets"]
    raw = data[8 + length + begin:8 + length + end]
    return header["sheet"]["shape"], struct.unpack(f"<{len(raw) // 2}e", raw), set(header)


class Eval(SfvCase):
    def clips(self, name, count=3, side=16, shift=0):
        """Decoded clips [N, 3, T, H, W]."""
        values = [wave(n + shift, t, c, y, x) for n in range(count) for c in range(3) for t in range(4) for y in range(side)
                  for x in range(side)]
        write_safetensors(self.folder / name, {"video": ([count, 3, 4, side, side], values)})
        return name

    def test_features_and_their_distance(self):
        self.clips("a.safetensors")
        self.clips("b.safetensors", shift=1)
        for name in "ab":
            done = self.sfv("eval", "features", f"{name}.safetensors", "-o", f"f{name}.safetensors", "--json")
            made = json.loads(done.stdout)
            self.assertEqual((made["clips"], made["dimensions"]), (3, 128))
            self.assertEqual(made["protocol"]["network"], "reference")
        same = json.loads(self.sfv("eval", "frechet", "fa.safetensors", "fa.safetensors", "--json").stdout)
        self.assertLess(same["frechet_distance"], 1e-9)
        other = json.loads(self.sfv("eval", "frechet", "fa.safetensors", "fb.safetensors", "--json").stdout)
        self.assertGreater(other["frechet_distance"], 1e-6)
        self.assertTrue(any("256" in note for note in other["notes"]))
        unbiased = json.loads(self.sfv("eval", "frechet", "fa.safetensors", "fb.safetensors", "--covariance", "unbiased",
                                       "--json").stdout)
        self.assertNotEqual(other["frechet_distance"], unbiased["frechet_distance"])

    def test_broken_clips_are_named_and_dropped(self):
        self.clips("good.safetensors")
        (self.folder / "broken.mp4").write_bytes(b"not a video at all")
        done = self.sfv("eval", "features", "broken.mp4", "good.safetensors", "-o", "f.safetensors", "--json", expect=1)
        self.assertIn("broken.mp4", done.stderr)
        self.assertEqual(json.loads(done.stdout)["protocol"]["dropped"][0]["clip"], "broken.mp4")
        done = self.sfv("eval", "features", "broken.mp4", "-o", "none.safetensors", expect=1)
        self.assert_one_error(done, "none of the 1 clips")
        self.assertFalse((self.folder / "none.safetensors").exists())
        self.assert_one_error(self.sfv("eval", "frechet", "good.safetensors", "good.safetensors", expect=1), "features")

    def test_motion_and_pairs(self):
        self.clips("a.safetensors")
        motion = json.loads(self.sfv("eval", "motion", "a.safetensors", "--json").stdout)
        self.assertEqual(len(motion["clips"]), 3)
        self.assertEqual(len(motion["clips"][0]["sharpness"]), 4)
        self.assertIn("static_clips", motion["mean"])
        pairs = json.loads(self.sfv("eval", "pairs", "a.safetensors", "a.safetensors", "--json").stdout)
        self.assertEqual(pairs["pairs"][0]["psnr"], [None] * 4)
        self.assertAlmostEqual(pairs["mean"]["ssim"], 1)
        self.assertIn("176", pairs["mean"]["ms_ssim_note"])
        self.assertIn("not available", self.sfv("eval", "pairs", "a.safetensors", "a.safetensors").stdout)

    def test_a_distance_comes_with_floor_interval_and_protocol(self):
        self.clips("real.safetensors", count=12)
        self.clips("fake.safetensors", count=4, shift=20)
        words = ["eval", "fvd", "real.safetensors", "fake.safetensors", "--network", "reference", "--bootstrap", "20", "--json"]
        done = self.sfv(*words)
        result = json.loads(done.stdout)
        self.assertIn("not FVD", result["measure"])
        self.assertEqual((result["real"]["clips"], result["fake"]["clips"], result["floor"]["clips"]), (12, 4, 4))
        self.assertGreater(result["frechet_distance"], 0)
        self.assertLessEqual(result["interval"]["low"], result["frechet_distance"])
        self.assertGreaterEqual(result["interval"]["high"], result["frechet_distance"])
        self.assertTrue(any("256" in note for note in result["notes"]))
        self.assertTrue(any("differ in size" in note for note in result["notes"]))
        # Cached features give the same numbers, another batch the same but for rounding.
        for name in ("real", "fake"):
            self.sfv("eval", "features", f"{name}.safetensors", "-o", f"f-{name}.safetensors")
        cached = json.loads(self.sfv("eval", "fvd", "f-real.safetensors", "f-fake.safetensors", *words[4:]).stdout)
        self.assertEqual(cached["frechet_distance"], result["frechet_distance"])
        batches = json.loads(self.sfv(*words, "--batch", "3").stdout)
        self.assertAlmostEqual(batches["frechet_distance"], result["frechet_distance"], delta=1e-5 * result["frechet_distance"])
        mixed = json.loads(self.sfv("eval", "fvd", "f-real.safetensors", "fake.safetensors", *words[4:]).stdout)
        self.assertEqual(mixed["interval"], cached["interval"])
        # Four of each side, and four other real ones for the floor.
        four = json.loads(self.sfv(*words, "-n", "4").stdout)
        self.assertEqual((four["real"]["clips"], four["fake"]["clips"], four["floor"]["clips"]), (4, 4, 4))
        self.assertFalse(any("differ in size" in note for note in four["notes"]))
        few = json.loads(self.sfv("eval", "fvd", "fake.safetensors", "real.safetensors", *words[4:]).stdout)
        self.assertEqual(few["floor"]["clips"], 2)
        self.assertTrue(any("not at 12" in note for note in few["notes"]))
        text = self.sfv("eval", "fvd", "f-real.safetensors", "f-fake.safetensors", *words[4:-1]).stdout
        for word in ("floor", "interval", "network_sha256", "not FVD"):
            self.assertIn(word, text)
        self.assertNotIn("interval", json.loads(self.sfv("eval", "frechet", "f-real.safetensors", "f-fake.safetensors",
                                                         "--json").stdout))
        asked = json.loads(self.sfv("eval", "frechet", "f-real.safetensors", "f-fake.safetensors", "--bootstrap", "20", "--json").stdout)
        self.assertEqual(asked["interval"], cached["interval"])

    def test_a_distance_that_cannot_be_taken_is_an_error(self):
        self.clips("a.safetensors")
        self.assert_one_error(self.sfv("eval", "fvd", "a.safetensors", "a.safetensors", expect=2), "--weights")
        self.assert_one_error(self.sfv("eval", "fvd", "a.safetensors", "a.safetensors", "--network", "no.pt", expect=1), "no.pt")
        self.assert_one_error(self.sfv("eval", "fvd", "a.safetensors", "a.safetensors", "--network", "i3d", "--weights", "a.safetensors",
                                       expect=1), "do not fit")
        self.assert_one_error(self.sfv("eval", "fvd", "a.safetensors", "a.safetensors", "--network", "reference", "--frames", "1",
                                       expect=2), "at least 2 frames")

    def videos(self, count):
        """Folders of numbered pictures, which count as videos at the rate of the clips; one more that is too short."""
        for clip in range(count):
            folder = self.folder / f"real/clip{clip}"
            folder.mkdir(parents=True)
            for t in range(4 if clip != 1 else 2):
                write_png(folder / f"{t:03d}.png", 40, 30,
                          lambda x, y: ((x * 7 + t * 9 + clip * 30) % 256, (y * 8) % 256, (x * y + clip) % 256))

    PROTOCOL = ["eval", "protocol", "ucf101", "--data", "real", "--size", "32x32", "--frames", "4", "--score-frames", "3",
                "--score-size", "24x24", "--network", "reference", "--threads", "1", "--dtype", "fp32", "--bootstrap", "20", "-o", "out"]

    def test_the_protocol_runs_from_end_to_end_and_goes_on_where_it_was(self):
        self.videos(6)
        words = [*self.PROTOCOL, "-m", f"one={MODEL}@1", "-m", f"{MODEL}@2", "--json"]
        result = json.loads(self.sfv(*words, expect=1).stdout)  # one real clip is too short
        self.assertEqual([row["label"] for row in result["rows"]], ["one", f"{MODEL}@2"])
        row = result["rows"][0]
        self.assertEqual((row["sampler"], row["steps"], row["evaluations"], row["fit"]), ("one-step", 1, 1, "stretch"))
        self.assertEqual((row["real"]["clips"], row["fake"]["clips"]), (5, 5))
        self.assertIn("clip1", row["real"]["protocol"]["dropped"][0]["clip"])
        self.assertEqual(row["fake"]["protocol"]["size"], "24x24")
        self.assertEqual(row["fake"]["protocol"]["frames"], "3")
        self.assertFalse(any("differs" in note for note in row["notes"]), row["notes"])
        self.assertGreater(row["unet_seconds"], 0)
        self.assertGreater(row["request_seconds"], row["unet_seconds"])
        self.assertEqual(json.loads((self.folder / "out/protocol.json").read_text()), result)
        folder = self.folder / row["folder"]
        clips = sorted(folder.glob("clip-*.mkv"))
        self.assertEqual([c.name for c in clips], [f"clip-00000{i}.mkv" for i in (0, 2, 3, 4, 5)])
        # One clip lost: that one is made again, the same, and no other.
        times = {c.name: c.stat().st_mtime_ns for c in clips}
        lost = clips[2].read_bytes()
        clips[2].unlink()
        again = json.loads(self.sfv(*words, expect=1).stdout)
        self.assertEqual(again["rows"][0]["frechet_distance"], row["frechet_distance"])
        self.assertEqual(clips[2].read_bytes(), lost)
        self.assertEqual([c.name for c in clips if c.stat().st_mtime_ns != times[c.name]], [clips[2].name])
        # Another seed is another row, in its own folder; fewer clips are the first of those that are there.
        other = json.loads(self.sfv(*words, "--seed", "1", "--clips", "2", expect=1).stdout)
        self.assertNotEqual(other["rows"][0]["folder"], row["folder"])
        self.assertEqual((other["rows"][0]["fake"]["clips"], other["rows"][0]["floor"]["clips"]), (2, 2))
        text = self.sfv(*words[:-1], expect=1).stdout
        for word in ("UNet s", "one-step", "stretch", "not FVD"):
            self.assertIn(word, text)

    def test_features_of_the_protocol_are_kept_in_pieces(self):
        self.videos(4)
        for n in range(130):  # the first piece of 128 holds nothing usable, the second the rest
            (self.folder / f"real/a{n:03d}.mp4").write_bytes(b"no video")
        words = [*self.PROTOCOL, "-m", f"{MODEL}@1", "--json"]
        first = json.loads(self.sfv(*words, expect=1).stdout)["rows"][0]
        self.assertEqual(len(first["real"]["protocol"]["dropped"]), 131)
        self.assertEqual((first["real"]["clips"], first["real"]["protocol"]["clips"]), (3, "3"))
        kept = {path: path.stat().st_mtime_ns for path in self.folder.glob("out/*/features-*.safetensors")}
        self.assertEqual(len(kept), 2)
        again = json.loads(self.sfv(*words, expect=1).stdout)["rows"][0]
        self.assertEqual(again["frechet_distance"], first["frechet_distance"])
        self.assertEqual({path: path.stat().st_mtime_ns for path in self.folder.glob("out/*/features-*.safetensors")}, kept)

    def test_a_kill_of_the_protocol_loses_one_clip(self):
        self.videos(6)
        words = [BINARY, *self.PROTOCOL, "-m", f"{MODEL}@9", "--steps", "9"]
        process = subprocess.Popen(words, cwd=self.folder, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        done = []
        while len(done) < 2 and process.poll() is None:
            done = list(self.folder.glob("out/*/clip-*.mkv"))
        process.kill()
        process.wait()
        before = {path: path.stat().st_mtime_ns for path in self.folder.glob("out/*/clip-*.mkv")}
        self.assertGreaterEqual(len(before), 2)
        self.sfv(*words[1:], expect=1)
        self.assertEqual(len(list(self.folder.glob("out/*/clip-*.mkv"))), 5)
        for path, time in before.items():
            self.assertEqual(path.stat().st_mtime_ns, time)

    def test_the_protocol_says_what_it_cannot_do(self):
        self.videos(2)
        short = [word if word != "3" else "9" for word in self.PROTOCOL]
        self.assert_one_error(self.sfv(*short, "-m", f"{MODEL}@1", expect=2), "--score-frames")
        self.assert_one_error(self.sfv(*self.PROTOCOL, "-m", "nowhere/model", expect=1), "nowhere/model")

    def save_json(self, name, *words, expect=0):
        (self.folder / name).write_text(self.sfv(*words, "--json", expect=expect).stdout)

    def test_a_report_holds_results_and_clips_and_needs_nothing_else(self):
        self.clips("a.safetensors", count=4)
        self.clips("b.safetensors", count=4, shift=9)
        self.save_json("pairs.json", "eval", "pairs", "a.safetensors", "b.safetensors")
        self.save_json("motion.json", "eval", "motion", "a.safetensors")
        for name, count in (("four", 4), ("three", 3)):
            self.save_json(f"{name}.json", "eval", "fvd", "a.safetensors", "b.safetensors", "--network", "reference", "-n", str(count),
                           "--bootstrap", "20")
        self.models(f"one={MODEL}@1", f"two={MODEL}@2")
        self.photo()
        self.generate("cat.png", "-o", "clip.mp4")
        self.generate("cat.png", "-o", "frames.mkv")
        self.sfv("eval", "report", "pairs.json", "motion.json", "four.json", "three.json", "out/models.json", "clip.mp4", "frames.mkv",
                 "cat.png", "-o", "page.html", "--title", "a <b> & c")
        page = (self.folder / "page.html").read_text()
        self.assertIn("<title>a &lt;b&gt; &amp; c</title>", page)
        self.assertEqual(page.count("<video "), 2)  # the mkv too, as mp4
        self.assertEqual(page.count("data:video/mp4;base64,"), 2)
        self.assertEqual(page.count("data:image/png;base64,"), 1)
        # Numbers of different N never share a table.
        self.assertEqual(page.count("<h3>"), 2)
        for text in ("N 4 and 4", "N 3 and 3", "SSIM over frames", "sharpness over frames", "distance over steps", "not FVD", "floor"):
            self.assertIn(text, page)
        for outside in ("<script", "http://", "https://", "<link"):
            self.assertNotIn(outside, page)

    def test_a_report_takes_nothing_on_trust(self):
        (self.folder / "evil.json").write_text(json.dumps({
            "frechet_distance": "<script>alert(1)</script>", "measure": 7, "interval": [], "floor": "x", "notes": [{"a": 1}, "<b>"],
            "real": "no object", "fake": None}))
        (self.folder / "rows.json").write_text(json.dumps({"rows": [1, "two", {"label": "<i>", "steps": "x"}, {"steps": 2, "frechet_distance": 3}]}))
        (self.folder / "clips.json").write_text(json.dumps({"clips": [{"sharpness": ["a", 1, None]}, 4], "pairs": 5}))
        self.sfv("eval", "report", "evil.json", "rows.json", "clips.json", "-o", "page.html")
        page = (self.folder / "page.html").read_text()
        for tag in ("<script", "<b>alert", "<i>"):
            self.assertNotIn(tag, page)
        (self.folder / "other.json").write_text("{}")
        self.assert_one_error(self.sfv("eval", "report", "other.json", "-o", "none.html", expect=1), "other.json")
        (self.folder / "torn.json").write_text("{\"rows\": [")
        self.assert_one_error(self.sfv("eval", "report", "torn.json", "-o", "none.html", expect=1), "torn.json")
        self.assert_one_error(self.sfv("eval", "report", "missing.mp4", "-o", "none.html", expect=1), "missing.mp4")
        self.assertFalse((self.folder / "none.html").exists())

    def models(self, *words, expect=0):
        (self.folder / "recipe.toml").write_text(RECIPE)
        return self.sfv("eval", "models", "recipe.toml", *words, "-o", "out", "-n", "6", "--noises", "3", "--spread-frames", "2",
                        "--threads", "1", "--json", expect=expect)

    def test_models_are_compared_and_rows_kept(self):
        first = self.models(f"one={MODEL}@1", f"{MODEL}@2")
        result = json.loads(first.stdout)
        rows = {row["label"]: row for row in result["rows"]}
        self.assertEqual(list(rows)[0], "real")
        self.assertEqual(rows["one"]["sampler"], "one-step")
        self.assertEqual(rows[f"{MODEL}@2"]["steps"], 2)
        self.assertEqual(result["floor"], rows["real"]["frechet_distance"])
        self.assertGreater(rows["one"]["frechet_distance"], result["floor"])
        for key in ("gradient_energy_share", "speed", "static_share", "lost_share", "end_spread", "seconds_per_clip"):
            self.assertIn(key, rows["one"])
        self.assertEqual(rows["first frame"]["static_share"], 1)
        self.assertEqual(json.loads((self.folder / "out/models.json").read_text()), result)
        self.assertTrue((self.folder / "out/sheet.png").exists())
        self.assertEqual(len(list((self.folder / "out/rows").iterdir())), 6)
        again = self.models(f"one={MODEL}@1", f"{MODEL}@2")
        self.assertEqual(json.loads(again.stdout), result)
        self.assertEqual(again.stderr.count("measured before"), 6)

    def test_a_batch_is_what_the_pipeline_makes(self):
        self.models(f"{MODEL}@2", "--batch", "4")
        frozen = generated = None
        for path in (self.folder / "out/rows").iterdir():
            shape, levels, names = read_levels(path)
            size = shape[2] * shape[3] * 3
            clip = levels[:shape[1] * size]
            if "seconds" in names:
                generated = clip
            elif clip[:size] == clip[size:2 * size]:
                frozen = clip[:size]
        write_png(self.folder / "first.png", 32, 32, lambda x, y: tuple(int(frozen[(y * 32 + x) * 3 + c]) for c in range(3)))
        self.generate("first.png", "--seed", "0", "--motion", "100", "--noise-aug", "0.02", "--sampler", "euler", "--guidance", "1",
                      "-o", "made.mkv", small=["--size", "32x32", "--frames", "3", "--steps", "2", "--fps", "7", "--threads", "1",
                                               "--dtype", "fp32"])
        self.sfv("eval", "pairs", "made.mkv", "made.mkv")
        write_safetensors(self.folder / "row.safetensors",
                          {"frames": ([1, 3, 3, 32, 32], [generated[((t * 32 + y) * 32 + x) * 3 + c] / 127.5 - 1 for t in range(3)
                                                          for c in range(3) for y in range(32) for x in range(32)])})
        pairs = json.loads(self.sfv("eval", "pairs", "made.mkv", "row.safetensors", "--json").stdout)
        for psnr in pairs["pairs"][0]["psnr"]:
            self.assertTrue(psnr is None or psnr > 50, pairs)

    def test_what_makes_no_sense_is_an_error(self):
        self.assert_one_error(self.models("nowhere/model@1", expect=1), "nowhere/model")
        self.assert_one_error(self.models(f"{MODEL}@0", expect=2), "from 1 to 1000")


if __name__ == "__main__":
    unittest.main()
