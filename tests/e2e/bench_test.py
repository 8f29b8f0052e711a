"""sfv bench, and sfv generate --profile: where the time goes."""

import json
import unittest

from sfv_case import PHOTO, SMALL, SfvCase


class Bench(SfvCase):
    def test_parts_and_operators_add_up(self):
        out = self.sfv("bench", *SMALL, "--rounds", "2", "--warm-up", "0", "--compare-steps", "25,1", "--json").stdout
        result = json.loads(out)
        parts = {name: part["seconds"] for name, part in result["parts"].items()}
        self.assertEqual(set(parts), {"encoders", "unet", "decode", "request"})
        for name, part in result["parts"].items():
            self.assertGreater(part["seconds"], 0, name)
            self.assertGreater(part["operations"], 0, name)
        operators = result["operators"]
        self.assertLessEqual({"conv2d", "temporal_conv", "linear", "attention", "group_norm", "other"}, set(operators))
        self.assertGreater(sum(o["seconds"] for o in operators.values()), 0.9 * parts["request"])
        work = sum(o["operations"] for o in operators.values())
        self.assertAlmostEqual(work / result["parts"]["request"]["operations"], 1, places=6)
        self.assertGreater(result["matmul_per_s"], 1e9)
        guided, one = result["compare_steps"]
        self.assertEqual((guided["evaluations"], one["evaluations"]), (50, 1))
        self.assertAlmostEqual(guided["unet_seconds"], 50 * parts["unet"], places=6)

    def test_the_table_names_what_was_measured(self):
        text = self.sfv("bench", *SMALL, "--rounds", "1", "-q").stdout
        for word in ("3 frames of 72x40, euler, 2 steps", "1 warm-up", "1 threads", "GFLOP/s", "unet", "temporal_conv", "peak"):
            self.assertIn(word, text)

    def test_a_profile_opens_in_a_browser(self):
        self.sfv("bench", *SMALL, "--rounds", "1", "--warm-up", "0", "--profile", "p.json", "-q")
        names = {event["name"] for event in json.loads((self.folder / "p.json").read_text())["traceEvents"]}
        self.assertLessEqual({"encode", "denoise", "decode", "unet", "mid_block", "conv2d"}, names)

    def test_generate_writes_one_and_the_clip_stays_the_same(self):
        self.generate(PHOTO, "--seed", "1", "-o", "a.mkv", "-q")
        self.generate(PHOTO, "--seed", "1", "-o", "b.mkv", "--profile", "p.json", "-q")
        self.assertEqual((self.folder / "a.mkv").read_bytes(), (self.folder / "b.mkv").read_bytes())
        events = json.loads((self.folder / "p.json").read_text())["traceEvents"]
        stages = [e for e in events if e.get("cat") == "stage"]
        self.assertEqual([e["name"] for e in stages], ["encode", "denoise", "decode"])
        inside = [e for e in events if e.get("cat") == "operator"]
        self.assertTrue(all(stages[0]["ts"] <= e["ts"] <= stages[-1]["ts"] + stages[-1]["dur"] for e in inside))

    def test_what_cannot_be(self):
        self.assert_one_error(self.sfv("bench", "--rounds", "0", expect=2), "1 to 1000")
        self.assert_one_error(self.sfv("bench", "-m", "nowhere", expect=1), "nowhere")
        (self.folder / "p.json").write_text("mine")
        for command in (["generate", PHOTO, "-o", "c.mkv"], ["bench"]):
            self.assert_one_error(self.sfv(*command, "--profile", "p.json", expect=1), "p.json", "exists already")
        self.assertEqual((self.folder / "p.json").read_text(), "mine")


if __name__ == "__main__":
    unittest.main()
