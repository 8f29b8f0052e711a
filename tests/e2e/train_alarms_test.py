"""sfv train says in words when a run goes wrong: each alarm has a recipe in tests/training/recipes that trips it, and none is
heard in a healthy run."""

import json
import math
import random
import struct
import unittest

from sfv_case import MODEL, SOURCE, SfvCase, write_png

RECIPES = SOURCE / "tests/training/recipes"


class Alarms(SfvCase):
    def clips(self, name, still):
        """A few clips of three frames; each frame a picture of its own, or the first one all the time."""
        draw = random.Random(7)
        for clip in range(3):
            folder = self.folder / name / f"clip{clip}"
            folder.mkdir(parents=True)
            for frame in range(3):
                if frame == 0 or not still:
                    tone = [[[draw.randrange(256) for _ in range(3)] for _ in range(4)] for _ in range(4)]
                write_png(folder / f"{frame}.png", 32, 32, lambda x, y: tone[y // 8][x // 8])
        return self.folder / name

    def train(self, recipe, run, data, *more, model=MODEL, expect=0):
        return self.sfv("train", RECIPES / f"{recipe}.toml", "-o", run, "--set", f"model.path={model}", "--set", f"data.path={data}",
                        *more, expect=expect)

    def notes(self, run):
        lines = [json.loads(line) for line in (self.folder / run / "metrics.jsonl").read_text().splitlines()]
        return [line["note"] for line in lines if "note" in line]

    def means(self, run, name):
        lines = [json.loads(line) for line in (self.folder / run / "metrics.jsonl").read_text().splitlines()]
        values = [line[name] for line in lines if name in line]
        return f"{name}: first {values[0]:.3g}, last {values[-1]:.3g}" if values else f"{name}: none"

    def assert_alarm(self, run, done, words):
        """Said once: on the terminal, in the metrics, on the report page."""
        alarms = [note for note in self.notes(run) if note.startswith("alarm: ")]
        self.assertEqual(len([a for a in alarms if words in a]), 1, alarms)
        self.assertEqual(done.stderr.count(words), 1, done.stderr)
        page = self.folder / self.sfv("train", "--report", run).stdout.strip()
        self.assertRegex(page.read_text(), f'<li class="alarm"><b>\\d+</b>alarm: [^<]*{words}')
        print(f"{run}: {alarms}")

    def test_a_healthy_run_hears_nothing(self):
        done = self.train("healthy", "run", self.clips("moving", still=False))
        self.assertNotIn("alarm", done.stderr)
        self.assertEqual(self.notes("run"), [])

    def test_the_discriminator_wins(self):
        data = self.clips("moving", still=False)
        done = self.train("discriminator-wins", "won", data)
        self.assert_alarm("won", done, "the discriminator has won")
        # Going on, it is not said again; switched off, never.
        again = self.train("discriminator-wins", "won", data, "--set", "steps=130", "--resume", "latest")
        self.assertNotIn("alarm", again.stderr)
        off = self.train("discriminator-wins", "off", data, "--set", "alarms.discriminator_loss=0")
        self.assertNotIn("alarm", off.stderr)

    def test_frames_collapse_onto_the_condition_picture(self):
        taught = self.train("still-teacher", "teacher", self.clips("still", still=True))
        self.assertNotIn("alarm", taught.stderr)
        done = self.train("collapse", "run", self.clips("moving", still=False), model="teacher/latest/model")
        print(self.means("run", "distance_from_first_frame/generated"), self.means("run", "distance_from_first_frame/real"))
        self.assert_alarm("run", done, "collapse onto the condition picture")

    def test_motion_falls(self):
        done = self.train("motion-falls", "run", self.clips("moving", still=False))
        print(self.means("run", "motion/generated"), self.means("run", "motion/real"))
        self.assert_alarm("run", done, "motion is falling")

    def test_the_first_tensor_that_is_not_finite_is_named_and_no_bad_checkpoint_stays(self):
        done = self.train("not-finite", "run", self.clips("moving", still=False), expect=1)
        self.assert_one_error(done, "iteration", "finite")
        self.assertRegex(done.stderr, r"finite is x0_hat|the step made unet's \S+ not finite|the gradient of unet's \S+ is not")
        self.assert_alarm("run", done, "Lower the learning rate")
        # What was saved before is whole and finite: the run goes on from it to the same error.
        saved = self.folder / "run/latest"
        if saved.exists():
            state = (saved / "state.safetensors").read_bytes()
            length = int.from_bytes(state[:8], "little")
            header = json.loads(state[8:8 + length])
            for name, info in header.items():
                if name == "__metadata__" or info["dtype"] != "F32":
                    continue
                begin, end = info["data_offsets"]
                values = struct.unpack(f"<{(end - begin) // 4}f", state[8 + length + begin:8 + length + end])
                self.assertTrue(all(map(math.isfinite, values)), name)


if __name__ == "__main__":
    unittest.main()
