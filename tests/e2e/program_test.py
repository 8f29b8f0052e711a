"""Help, version, completion and doctor: what a stranger meets first."""

import json
import os
import re
import shutil
import subprocess
import unittest

from sfv_case import BINARY, SOURCE, SfvCase


class Help(SfvCase):
    def test_docs_show_the_help_that_the_program_gives(self):
        done = subprocess.run([SOURCE / "tools/capture-help", "--check", BINARY], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_option_says_its_default(self):
        for command in ("generate", "repeat"):
            text = self.sfv(command, "--help").stdout
            options = text[text.index("Input and output:"):text.index("\nGeneral:")]
            for entry in re.split(r"\n(?=  -)", options)[1:]:
                name = entry.split()[0]
                if name not in ("-o,",) or command == "repeat":
                    self.assertIn("Default", entry, entry)

    def test_help_fits_80_columns(self):
        for words in ([], ["generate"], ["repeat"], ["info"], ["model"], ["model", "init"], ["train"], ["data"], ["data", "check"],
                      ["doctor"], ["completion"]):
            for line in self.sfv(*words, "--help").stdout.splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_version(self):
        self.assertRegex(self.sfv("--version").stdout, r"^sfv \d+\.\d+\.\d+\nlibtorch \d+\.\d+\.\d+\n")

    def test_no_command_is_a_usage_error(self):
        self.assertIn("Commands:", self.sfv(expect=2).stderr)


class Completion(SfvCase):
    def bash(self, *words):
        """What bash offers for the last of `words`."""
        script = self.sfv("completion", "bash").stdout
        line = " ".join(f"'{word}'" for word in words)
        program = f"{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _sfv; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        done = subprocess.run(["bash", "-euc", program], cwd=self.folder, capture_output=True, text=True, check=True)
        return done.stdout.split()

    def test_bash(self):
        self.assertIn("generate", self.bash("sfv", "gen"))
        self.assertEqual(self.bash("sfv", "generate", "--fit", "c"), ["crop"])
        self.assertEqual(self.bash("sfv", "generate", "--decode-c"), ["--decode-chunk"])
        self.assertEqual(self.bash("sfv", "completion", "z"), ["zsh"])
        (self.folder / "photo.png").write_text("x")
        self.assertEqual(self.bash("sfv", "generate", "--seed", "1", "ph"), ["photo.png"])
        self.assertEqual(self.bash("sfv", "model", "ini"), ["init"])

    def test_other_shells_accept_their_script(self):
        for shell in ("zsh", "fish"):
            script = self.sfv("completion", shell).stdout
            self.assertIn("decode-chunk", script)
            if shutil.which(shell):
                done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""))


class Doctor(SfvCase):
    def test_every_line_is_ok_or_says_what_to_do(self):
        lines = self.sfv("doctor", "--device", "cpu").stdout.splitlines()
        self.assertGreater(len(lines), 10)
        for line, after in zip(lines, lines[1:] + [""]):
            if line.startswith(("warning", "failed")):
                self.assertTrue(after.startswith("        -> "), line)
            else:
                self.assertRegex(line, r"^(ok      |        -> )")

    def test_json(self):
        result = json.loads(self.sfv("doctor", "--json", "--device", "cpu").stdout)
        self.assertTrue(result["ok"])
        names = [check["name"] for check in result["checks"]]
        for name in ("libtorch", "cpu", "device", "memory", "threads", "mp4 (libx264)", "gif", "model", "output folder"):
            self.assertIn(name, names)
        self.assertEqual(self.files(), [])

    def test_fails_where_nothing_can_be_written(self):
        result = json.loads(self.sfv("doctor", "no/such/folder", "--json", expect=1).stdout)
        self.assertFalse(result["ok"])
        self.assertEqual([c["name"] for c in result["checks"] if c["status"] == "failed"], ["output folder"])

    @unittest.skipIf(os.path.exists("/dev/nvidiactl"), "this machine has a GPU")
    def test_names_a_missing_gpu(self):
        done = self.sfv("doctor", "--device", "cuda", expect=1)
        self.assertIn("no NVIDIA GPU is visible", done.stdout)
        self.assert_one_error(self.sfv("generate", "x.png", "-o", "a.mp4", "--device", "cuda", expect=1), "x.png")


if __name__ == "__main__":
    unittest.main()
