"""sfv train says in words when a run goes wrong: each alarm has a recipe that trips it, and none is heard in a healthy run. At which
figures they go off to the digit: tests/training/alarms_test.cpp."""

import json
import math
import random
import struct
import unittest

from sfv_case import MODEL, SOURCE, SfvCase, write_png

RECIPES = SOURCE / "tests/training/recipes"


SIDE = 32
FRAMES = 4


def draw_picture(draw):
    """Sixteen squares of colours of their own."""
    return [[[draw.randrange(256) for _ in range(3)] for _ in range(4)] for _ in range(4)]


GREY = [[[96] * 3] * 4] * 4


class Alarms(SfvCase):
    def clips(self, name, count, frame):
        """A folder of clips; frame(draw, clip, index) is the picture of a frame."""
        draw = random.Random(7)
        for clip in range(count):
            folder = self.folder / name / f"clip{clip:02}"
            folder.mkdir(parents=True)
            for index in range(FRAMES):
                tone = frame(draw, clip, index)
                write_png(folder / f"{index}.png", SIDE, SIDE, lambda x, y: tone[y // 8][x // 8])
        return self.folder / name

    def restless(self, count=24):
        """Every frame a picture of its own."""
        return self.clips("restless", count, lambda draw, clip, index: draw_picture(draw))

    def scaled_model(self, data):
        """The random model with the scaling_factor that its latents ask for."""
        self.train("scaled", "scaled", data)
        return self.folder / "scaled/latest/model"

    def train(self, recipe, run, data, *more, model=MODEL, expect=0):
        return self.sfv("train", RECIPES / f"{recipe}.toml", "-o", run, "--set", f"model.path={model}", "--set", f"data.path={data}",
                        *more, expect=expect)

    def notes(self, run):
        lines = [json.loads(line) for line in (self.folder / run / "metrics.jsonl").read_text().splitlines()]
        return [line["note"] for line in lines if "note" in line]

    def assert_alarm(self, run, done, words):
        """Said once: on the terminal, in the metrics, on the report page."""
        alarms = [note for note in self.notes(run) if note.startswith("alarm: ")]
        self.assertEqual(len([a for a in alarms if words in a]), 1, alarms)
        self.assertEqual(done.stderr.count(words), 1, done.stderr)
        page = self.folder / self.sfv("train", "--report", run).stdout.strip()
        self.assertRegex(page.read_text(), f'<li class="alarm"><b>\\d+</b>alarm: [^<]*{words}')
        print(f"{run}: {alarms}")

    def test_a_healthy_run_hears_nothing(self):
        data = self.restless()
        done = self.train("healthy", "run", data, model=self.scaled_model(data))
        self.assertNotIn("alarm", done.stderr)
        self.assertEqual(self.notes("run"), [])

    def test_a_discriminator_that_has_won(self):
        data = self.restless(4)
        self.assert_alarm("run", self.train("discriminator-wins", "run", data, model=self.scaled_model(data)), "the discriminator has won")

    def test_motion_that_falls(self):
        data = self.restless()
        self.assert_alarm("run", self.train("motion-falls", "run", data, model=self.scaled_model(data)), "motion is falling")

    def test_frames_that_collapse_onto_the_condition_picture(self):
        still = self.clips("still", 20, lambda draw, clip, index: draw_picture(draw) if index > 0 and clip % 10 < 3 else GREY)
        model = self.scaled_model(self.restless())
        self.assert_alarm("run", self.train("collapse", "run", still, model=model), "the frames collapse onto the condition picture")

    def test_the_first_tensor_that_is_not_finite_is_named_and_no_bad_checkpoint_stays(self):
        done = self.train("not-finite", "run", self.restless(), expect=1)
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
