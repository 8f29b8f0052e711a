"""Nothing of a run is lost: full and read-only disks, broken and absent checkpoints, broken data."""

import ctypes
import json
import os
import resource
import shutil
import struct
import subprocess
import unittest

from kill_runs import RECIPE, state_of
from sfv_case import BINARY, MODEL, SfvCase, write_png

CAP_DAC_OVERRIDE, PR_CAPBSET_DROP = 1, 24


def heed_permissions():
    """For a child process: root, too, obeys the modes of its own files."""
    if os.geteuid() == 0 and ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) != 0:
        os._exit(77)


def event_steps(path):
    """The steps of the records with figures in a TensorBoard event file, in order."""
    data, at, steps = path.read_bytes(), 0, []
    while at < len(data):
        length = struct.unpack("<Q", data[at:at + 8])[0]
        record, at = data[at + 12:at + 12 + length], at + 16 + length
        # Event: 1 wall_time (double), 2 step (varint), 5 summary.
        position, step, has_summary = 0, 0, False
        while position < len(record):
            tag = record[position]
            position += 1
            if tag & 7 == 1:
                position += 8
                continue
            value, shift = 0, 0
            while True:
                byte = record[position]
                position += 1
                value |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            if tag & 7 == 2:
                has_summary |= tag >> 3 == 5
                position += value
            elif tag >> 3 == 2:
                step = value
        if has_summary:
            steps.append(step)
    return steps


class Lost(SfvCase):
    def setUp(self):
        super().setUp()
        (self.folder / "recipe.toml").write_text(RECIPE.replace("[data]", f'[model]\npath = "{MODEL}"\n[data]', 1))
        self.sfv("train", "recipe.toml", "-o", "whole", "-q")
        self.whole = state_of(self.folder / "whole")

    def begin(self, run="cut", *more):
        """Two of the six iterations."""
        self.sfv("train", "recipe.toml", "-o", run, "-q", "--set", "steps=2", *more)

    def go_on(self, run="cut", *more, expect=0, **options):
        return self.sfv("train", "-o", run, "--resume", "latest", "--set", "steps=6", *more, expect=expect, **options)

    def assert_only(self, run, *checkpoints):
        """These checkpoints, `latest` at the last of them, nothing half made beside."""
        folder = self.folder / run
        self.assertEqual(sorted(p.name for p in folder.glob("checkpoint-*")), sorted(checkpoints))
        self.assertEqual((folder / "latest").resolve().name, checkpoints[-1])
        self.assertEqual([p.name for p in folder.iterdir() if p.name.startswith((".checkpoint", ".latest"))], [])

    def assert_ends_well(self, run="cut"):
        self.go_on(run)
        self.assertEqual(state_of(self.folder / run), self.whole)

    # A disk that is full for large files.
    def limited(self):
        largest = max(p.stat().st_size for p in (self.folder / "whole/latest").resolve().rglob("*"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest // 2, largest // 2))

    def test_a_save_that_does_not_fit_stops_the_run_and_keeps_the_checkpoint(self):
        self.begin()
        done = self.go_on(expect=1, preexec_fn=self.limited)
        self.assert_one_error(done, "safetensors", "cut")
        self.assert_only("cut", "checkpoint-1", "checkpoint-2")
        self.assert_ends_well()

    def test_told_so_the_run_goes_on_without_and_ends_with_an_error(self):
        self.begin()
        done = self.go_on("cut", "--set", "checkpoint.on_failure=continue", "-q", expect=1, preexec_fn=self.limited)
        self.assertEqual(done.stderr.count("goes on without"), 1, done.stderr)  # not once a step
        self.assertIn("the checkpoint of iteration 3", done.stderr)
        self.assert_one_error(done, "safetensors")  # the last one must be written
        lines = [json.loads(line) for line in (self.folder / "cut/metrics.jsonl").read_text().splitlines()]
        self.assertEqual([line["step"] for line in lines], [1, 2, 3, 4, 5, 6])
        self.assert_only("cut", "checkpoint-1", "checkpoint-2")
        self.assert_ends_well()

    def test_a_full_disk(self):
        size = sum(p.stat().st_size for p in (self.folder / "whole/latest").resolve().rglob("*"))
        (self.folder / "disk").mkdir()
        script = f"""
            mount -t tmpfs -o size={5 * size} tmpfs disk || exit 77
            {BINARY} train recipe.toml -o disk/cut -q --set steps=2 || exit 1
            free=$(df --output=avail -B1 disk | tail -1)
            head -c $((free - {size // 2})) /dev/zero > disk/filler
            {BINARY} train -o disk/cut --resume latest --set steps=6 -q
            echo "first: $?"
            ls -A disk/cut
            rm disk/filler
            {BINARY} train -o disk/cut --resume latest --set steps=6 -q || exit 1
            cp -a disk/cut full
        """
        if not shutil.which("unshare"):
            self.skipTest("SKIPPED: unshare is not installed")
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script], cwd=self.folder,
                              env=self.environment, capture_output=True, text=True)
        if done.returncode == 77 or "unshare failed" in done.stderr:
            self.skipTest(f"SKIPPED: no disk can be mounted here: {done.stderr.strip()}")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("first: 1\n", done.stdout)
        self.assertIn("No space left", done.stderr)
        self.assertIn("\ncheckpoint-2\n", done.stdout)
        self.assertNotIn("\n.checkpoint", done.stdout)
        self.assertEqual(state_of(self.folder / "full"), self.whole)

    def test_a_folder_that_becomes_read_only(self):
        self.environment["SFV_SAVE_DELAY"] = "finished:1000"
        process = subprocess.Popen([BINARY, "train", "recipe.toml", "-o", "cut", "-q"], cwd=self.folder, env=self.environment,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_permissions)
        first = process.stderr.readline()
        run = self.folder / "cut"
        if process.poll() == 77:
            self.skipTest("SKIPPED: root cannot give up its rights here")
        self.assertIn("save delayed", first)
        run.chmod(0o555)
        _, stderr = process.communicate(timeout=60)
        run.chmod(0o755)
        self.assertEqual(process.returncode, 1, stderr)
        self.assertIn("Permission denied", stderr)
        self.assert_only("cut", "checkpoint-1")
        del self.environment["SFV_SAVE_DELAY"]
        self.assert_ends_well()

    def test_a_broken_checkpoint_is_named_and_the_one_before_is_used(self):
        self.sfv("train", "recipe.toml", "-o", "cut", "-q")
        state = self.folder / "cut/checkpoint-6/state.safetensors"
        data = bytearray(state.read_bytes())
        data[-1] ^= 1
        state.write_bytes(data)
        done = self.go_on()
        self.assertIn("checkpoint-6", done.stderr)
        self.assertRegex(done.stderr, "SHA-256|digest|hash")
        self.assertIn("the checkpoint before it", done.stderr)
        self.assertTrue((self.folder / "cut/set-aside-checkpoint-6").is_dir())
        self.assertEqual(state_of(self.folder / "cut"), self.whole)
        # With no whole one left it is an error that names them all.
        for checkpoint in (self.folder / "cut").glob("checkpoint-*"):
            (checkpoint / "state.safetensors").unlink()
        done = self.go_on(expect=1)
        self.assert_one_error(done, "none of its 2 checkpoints is whole")

    def test_a_named_checkpoint(self):
        self.sfv("train", "recipe.toml", "-o", "cut", "-q", "--set", "checkpoint.keep=9")
        self.assert_one_error(self.sfv("train", "-o", "cut", "--resume", "cut/checkpoint-99", expect=1), "checkpoint-99")
        self.assert_one_error(self.sfv("train", "-o", "cut", "--resume", "gone", expect=1), "gone")
        self.sfv("train", "-o", "cut", "--resume", "cut/checkpoint-3", "-q")
        # What was reported of the steps after it is there once, from the second time.
        self.assertEqual(state_of(self.folder / "cut"), self.whole)
        steps = event_steps(self.folder / "cut/events.out.tfevents.sfv")
        self.assertEqual(steps, event_steps(self.folder / "whole/events.out.tfevents.sfv"))
        self.assertEqual(sorted(set(steps)), [1, 2, 3, 4, 5, 6])

    def test_metrics_after_the_checkpoint_are_cut_off(self):
        self.begin()
        for name in ("metrics.jsonl", "events.out.tfevents.sfv"):
            # As if the run had gone on without saving, and died while it wrote a line.
            whole, cut = (self.folder / run / name for run in ("whole", "cut"))
            data = whole.read_bytes()
            cut.write_bytes(data[:len(data) - 5])
        self.assert_ends_well()
        self.assertEqual(event_steps(self.folder / "cut/events.out.tfevents.sfv"),
                         event_steps(self.folder / "whole/events.out.tfevents.sfv"))


class BrokenData(SfvCase):
    def test_broken_clips_are_named_counted_and_passed_over(self):
        for clip in ("a", "b", "broken"):
            (self.folder / "clips" / clip).mkdir(parents=True)
            for frame in range(3):
                write_png(self.folder / "clips" / clip / f"{frame}.png", 32, 32, lambda x, y: (x * 8, y * 8, ord(clip[0]) % 256))
        picture = self.folder / "clips/broken/1.png"
        picture.write_bytes(picture.read_bytes()[:-40])
        (self.folder / "recipe.toml").write_text(
            RECIPE.replace('source = "shapes"', 'source = "frames"\npath = "clips"').replace("[data]", f'[model]\npath = "{MODEL}"\n[data]', 1))
        done = self.sfv("train", "recipe.toml", "-o", "run")
        self.assertRegex(done.stderr, r"skipped \S*broken\S*: .+ \(1 so far\)")
        count = done.stderr.count("skipped") - 1
        self.assertIn(f", {count} broken items skipped", done.stderr)
        notes = [json.loads(line).get("note", "") for line in (self.folder / "run/metrics.jsonl").read_text().splitlines()]
        self.assertEqual(len([n for n in notes if n.startswith("skipped") and "broken" in n and "1.png" in n]), count, notes)
        self.assertTrue((self.folder / "run/latest/model").is_dir())


if __name__ == "__main__":
    unittest.main()
