"""Ctrl-C and SIGTERM at any moment: out within a second, the right exit code, no half file."""

import random
import signal
import subprocess
import time
import unittest

from sfv_case import BINARY, PHOTO, SfvCase

LONG = ["--size", "128x128", "--frames", "6", "--threads", "1", "--seed", "1"]


class StopSignals(SfvCase):
    def start(self, *words):
        steps = [] if "--steps" in words else ["--steps", "4"]
        return subprocess.Popen([BINARY, "generate", str(PHOTO), *words, *LONG, *steps], cwd=self.folder, env=self.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def test_sigint_at_20_random_moments(self):
        begin = time.monotonic()
        whole = self.start("-o", "whole.mkv")
        whole.communicate(timeout=300)
        self.assertEqual(whole.returncode, 0)
        duration = time.monotonic() - begin
        expected = (self.folder / "whole.mkv").read_bytes()
        draw = random.Random()
        interrupted = 0
        for round_number in range(20):
            delay = draw.uniform(0, duration)
            with self.subTest(delay=f"{delay:.3f} of {duration:.3f} s"):
                process = self.start("-o", "new/clip.mkv", "--thumbnail")
                time.sleep(delay)
                process.send_signal(signal.SIGINT)
                begin = time.monotonic()
                _, stderr = process.communicate(timeout=60)
                self.assertLess(time.monotonic() - begin, 1)
                clip = self.folder / "new/clip.mkv"
                if process.returncode == 0:
                    # It was done already: then everything is there.
                    self.assertEqual(clip.read_bytes(), expected)
                    self.assertTrue((self.folder / "new/clip.png").is_file())
                    for file in (self.folder / "new").iterdir():
                        file.unlink()
                    clip.parent.rmdir()
                    continue
                # Before main has begun the system's own handler ends it, which a shell reports as 130 as well.
                self.assertIn(process.returncode, (130, -signal.SIGINT), stderr)
                self.assertEqual(self.files(), ["whole.mkv"])
                self.assertFalse(clip.parent.exists())
                interrupted += 1
        self.assertGreater(interrupted, 5)

    def stop_in_the_middle(self, *signals):
        process = self.start("-o", "clip.mkv", "--steps", "500")
        for line in process.stderr:  # the end of the first stage
            if "encode" in line:
                break
        for number in signals:
            process.send_signal(number)
        _, stderr = process.communicate(timeout=60)
        self.assertEqual(self.files(), [])
        return process.returncode, stderr

    def test_exit_codes(self):
        code, stderr = self.stop_in_the_middle(signal.SIGINT)
        self.assertEqual(code, 130)
        self.assertIn("sfv: error: cancelled", stderr)
        self.assertEqual(self.stop_in_the_middle(signal.SIGTERM)[0], 143)

    def test_second_signal_ends_at_once(self):
        self.assertEqual(self.stop_in_the_middle(signal.SIGINT, signal.SIGINT)[0], 130)

    def test_a_batch_keeps_what_is_finished(self):
        self.photo("b.png")
        process = self.start("b.png", "-o", "out", "--steps", "40")
        self.assertEqual(process.stdout.readline(), "out/cat.mp4\n")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(self.files(self.folder / "out"), ["cat.mp4"])


if __name__ == "__main__":
    unittest.main()
