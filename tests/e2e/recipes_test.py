"""The run scripts of recipes/ go from nothing to their end: with far too few steps, so only that everything fits together is shown."""

import json
import pathlib
import shutil
import subprocess
import sys
import unittest

from sfv_case import BINARY, SOURCE, SfvCase


class Recipes(SfvCase):
    def run_recipe(self, name, *more, script="run"):
        """One thread, so that two tests at once do not wait for each other."""
        done = subprocess.run([sys.executable, "-B", SOURCE / "recipes" / name / script, "--smoke", "--jobs", "1", "--sfv", BINARY,
                               "-o", self.folder / name, *map(str, more)], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        return done

    def test_shapes(self):
        done = self.run_recipe("shapes")
        table = json.loads((self.folder / "shapes/seed-0/table/models.json").read_text())
        labels = [row["label"] for row in table["rows"]]
        for label in ("diffusion@25", "diffusion@1", "sf-v", "lambda-0.1", "spatial", "temporal", "reconstruction"):
            self.assertIn(label, labels)
            self.assertIn(f"| {label} |", done.stdout)
        self.assertEqual(len([line for line in done.stdout.splitlines() if line.startswith(("  met", "  MISSED"))]), 6)
        self.assertTrue((self.folder / "shapes/seed-0/table/sheet.png").is_file())
        # Started again it finds everything done.
        again = self.run_recipe("shapes")
        self.assertNotIn("  step ", again.stderr)
        self.assertEqual(again.stdout, done.stdout)
        self.check_miniature()

    def check_miniature(self):
        """From the teacher that is there: cells are kept with their sheets, and not made again."""
        names = ["consistency-1", "consistency-start", "diffusion-4-guided", "ladd", "sf-v", "ufogen"]
        words = ["--data", "shapes", "-o", self.folder, "--cells", self.folder / "cells"]
        these = ["--seeds", "0", "--only", ",".join(names)]
        done = self.run_recipe("miniature", *words, *these)
        store = self.folder / "cells/shapes-seed-0"
        self.assertEqual(sorted(p.stem for p in store.glob("*.json")), names)
        self.assertEqual(sorted(p.stem for p in store.glob("*.png")), names)
        guided = json.loads((store / "diffusion-4-guided.json").read_text())
        self.assertEqual((guided["row"]["evaluations"], guided["row"]["guidance"]), (8, [1, 3]))
        start = json.loads((store / "consistency-start.json").read_text())
        self.assertTrue(any("generator_start" in line for line in start["training"]), start["training"])
        self.assertRegex(done.stdout, r"\| LADD \| 1 \|.*\| – \|\n")  # its seconds are not measured yet
        before = {p.name: p.stat().st_mtime_ns for p in store.iterdir()}
        (store / "ladd.json").unlink()
        self.run_recipe("miniature", *words, *these)
        self.assertEqual([p.name for p in store.iterdir() if before[p.name] != p.stat().st_mtime_ns and p.suffix == ".json"], ["ladd.json"])
        self.run_recipe("miniature", "--rounds", "1", *words, script="measure_seconds")
        seconds = json.loads((self.folder / "cells/seconds.json").read_text())["shapes"]
        self.assertEqual(sorted(seconds), ["1", "16", "16:1:3", "1:1:3", "2", "25", "25:1:3", "4", "4:1:3", "8", "8:1:3"])
        self.assertGreater(seconds["25"], seconds["1"])
        printed = self.run_recipe("miniature", "--table", *words).stdout
        self.assertRegex(printed, rf"\| LADD \| 1 \|.*\| {seconds['1']:.3f} \|\n")

    def test_documentation_has_the_tables_of_the_cells(self):
        document = (SOURCE / "docs/experiments.md").read_text()
        printed = subprocess.run([SOURCE / "recipes/miniature/run", "--table"], capture_output=True, text=True, check=True).stdout.strip()
        self.assertIn(printed, document, "recipes/miniature/run --write makes the document's tables anew")

    def test_snow(self):
        photos = self.folder / "photos"
        for part in ("train", "held-out"):
            (photos / part).mkdir(parents=True)
            for photo in (SOURCE / "examples/photos").glob("*.[jp][pn]g"):
                shutil.copy(photo, photos / part)
        # A processor without bf16 would take long for it.
        done = self.run_recipe("snow", "--photos", photos, "--precision", "fp32")
        model = pathlib.Path(done.stdout.strip().splitlines()[-1])
        self.assertLess(sum(file.stat().st_size for file in model.rglob("*.safetensors")), 32e6)
        self.sfv("generate", SOURCE / "examples/photos/cat.png", "-m", model, "-o", "clip.mp4", "--size", "64x64")
        facts = json.loads((model / "sfv.json").read_text())
        self.assertEqual(facts["sampler"], "one-step")
        # The evaluation measures it; a model of four steps misses its bars, and that is said by the exit status.
        command = [sys.executable, "-B", SOURCE / "recipes/snow/evaluate", model, "--runs", self.folder / "snow", "--photos", photos,
                   "-n", "4", "--noises", "2", "--size", "64x64", "--sfv", BINARY, "-o", self.folder / "evaluation"]
        evaluated = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(evaluated.returncode, 1, evaluated.stderr[-2000:])
        self.assertIn("MISSED", evaluated.stdout)
        self.assertIn("frame 0: PSNR", evaluated.stdout)
        # The miniature tables take these runs for their teacher.
        self.run_recipe("miniature", "--data", "snow", "--only", "ladd,sf-v,ufogen", "--photos", photos, "--precision", "fp32", "-o", self.folder,
                        "--cells", self.folder / "cells")
        cells = {path.stem: json.loads(path.read_text()) for path in (self.folder / "cells/snow-seed-0").glob("*.json")}
        self.assertEqual(sorted(cells), ["ladd", "sf-v", "ufogen"])
        for cell in cells.values():
            self.assertGreater(cell["row"]["background_psnr"], 0)
            self.assertTrue(any("generator_start" in line and "consistency" in line for line in cell["training"]), cell["training"])


if __name__ == "__main__":
    unittest.main()
