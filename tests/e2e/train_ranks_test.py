"""sfv train on several ranks: the same checkpoint whatever starts them, one that dies or fails ends the job with its name, stops
and kills go on to the same bytes."""

import os
import pathlib
import signal
import socket
import subprocess
import time
import unittest

from kill_runs import RECIPE as SHORT_RUN, Runs, kill_many, mpirun, processes_of, skip_without_mpi, state_of
from sfv_case import BINARY, MODEL, SfvCase

RECIPE = SHORT_RUN.replace("batch = 2", "batch = 4") + f'[model]\npath = "{MODEL}"\n'


class TrainRanks(SfvCase):
    def setUp(self):
        super().setUp()
        self.words, variables = mpirun(2)
        self.environment.update(variables)
        (self.folder / "recipe.toml").write_text(RECIPE)

    def start(self, run, *words, ranks=2, **environment):
        launcher, _ = mpirun(ranks)
        return subprocess.Popen([*launcher, BINARY, "train", *words, "-o", str(self.folder / run), "-q"], cwd=self.folder,
                                env={**self.environment, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def train(self, run, *words, expect=0, **options):
        process = self.start(run, *words, **options)
        stdout, stderr = process.communicate(timeout=300)
        self.assertEqual(process.returncode, expect, stderr)
        return stdout, stderr

    def train_by_store(self, run, *words):
        """Two processes with the variables that torchrun sets."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        processes = []
        for rank in range(2):
            variables = {"RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_RANK": str(rank), "LOCAL_WORLD_SIZE": "2",
                         "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
            processes.append(subprocess.Popen([BINARY, "train", *words, "-o", str(self.folder / run), "-q"], cwd=self.folder,
                                              env={**self.environment, **variables}, stdout=subprocess.PIPE,
                                              stderr=subprocess.PIPE, text=True))
        done = [process.communicate(timeout=300) for process in processes]
        return [process.returncode for process in processes], [stdout for stdout, _ in done], [stderr for _, stderr in done]

    def wait_for_checkpoint(self, process, run):
        while process.poll() is None and not list((self.folder / run).glob("checkpoint-*")):
            time.sleep(0.01)
        self.assertIsNone(process.poll())

    def test_launchers_and_spread_optimizers_give_the_same_bytes(self):
        stdout, _ = self.train("whole", "recipe.toml")
        self.assertEqual(stdout, f"{self.folder}/whole/latest/model\n")  # once
        expected = state_of(self.folder / "whole")
        self.assertEqual(expected["checkpoint"], "checkpoint-6")
        self.assertEqual(len(expected["figures"]), 6)
        self.assertIn('"ranks": 2', (self.folder / "whole/environment.json").read_text())
        self.train("spread", "recipe.toml", "--set", "shard_optimizer=true")
        self.assertEqual(state_of(self.folder / "spread"), expected)
        codes, stdout, stderr = self.train_by_store("store", "recipe.toml")
        self.assertEqual(codes, [0, 0], stderr)
        self.assertEqual(stdout[1], "")
        self.assertEqual(state_of(self.folder / "store"), expected)

    def test_one_rank_goes_on_where_two_ended(self):
        self.train("run", "recipe.toml", "--set", "shard_optimizer=true", "--set", "steps=3")
        self.sfv("train", "recipe.toml", "-o", "run", "--resume", "latest", "-q")
        self.assertEqual(state_of(self.folder / "run")["checkpoint"], "checkpoint-6")

    def test_a_rank_that_is_killed_ends_the_job_with_its_name(self):
        process = self.start("run", "recipe.toml", "--set", "steps=100000")
        self.wait_for_checkpoint(process, "run")
        for rank in processes_of(BINARY, str(self.folder / "run")):
            if b"OMPI_COMM_WORLD_RANK=1" in pathlib.Path(f"/proc/{rank}/environ").read_bytes().split(b"\0"):
                os.kill(rank, signal.SIGKILL)
        _, stderr = process.communicate(timeout=60)
        self.assertNotEqual(process.returncode, 0)
        self.assertRegex(stderr, r"process rank 1 .*\n?.*signal 9")
        self.assertEqual(processes_of(BINARY, str(self.folder / "run")), [])

    def train_unlike(self, first, second):
        """Two ranks of one job with other words each."""
        launcher, _ = mpirun(1)
        words = [BINARY, "train", "recipe.toml", "-o", str(self.folder / "run"), "-q"]
        return subprocess.run([*launcher, *words, *first, ":", "-np", "1", *words, *second], cwd=self.folder, env=self.environment,
                              capture_output=True, text=True, timeout=120)

    def test_an_error_of_one_rank_ends_all_with_its_name(self):
        done = self.train_unlike([], ["--device", "cuda"])
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("sfv: error: [train] rank 1 of 2: [device]", done.stderr)
        self.assertEqual(processes_of(BINARY, str(self.folder / "run")), [])

    def test_ranks_must_agree_and_share_the_batch(self):
        _, stderr = self.train("run", "recipe.toml", "--set", "batch=3", expect=2)
        self.assertRegex(stderr, r"rank [01] of 2: .*batch: expected a multiple of micro_batch \* ranks = 1 \* 2, found 3")
        done = self.train_unlike([], ["--set", "seed=7"])
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("rank 1 of 2: its recipe is not that of rank 0", done.stderr)
        self.assertFalse((self.folder / "run").exists())

    def test_a_stop_of_one_rank_is_a_stop_of_all(self):
        self.train("whole", "recipe.toml")
        process = self.start("cut", "recipe.toml")
        self.wait_for_checkpoint(process, "cut")
        for rank in processes_of(BINARY, str(self.folder / "cut")):
            if b"OMPI_COMM_WORLD_RANK=1" in pathlib.Path(f"/proc/{rank}/environ").read_bytes().split(b"\0"):
                os.kill(rank, signal.SIGTERM)
        _, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143, stderr)
        self.train("cut", "--resume", "latest")
        self.assertEqual(state_of(self.folder / "cut"), state_of(self.folder / "whole"))

    def test_killed_at_random_moments_it_ends_with_the_same_bytes(self):
        runs = Runs(BINARY, self.folder, "recipe.toml", ranks=2, environment=self.environment)
        hits, save_hits, wrong = kill_many(runs, count=4, in_save=2, say=print)
        print(f"{hits} of 4 kills fell before the end, {save_hits} of them inside a save")
        self.assertEqual(wrong, [])
        self.assertGreaterEqual(save_hits, 1)

    def test_a_stranger_among_torchruns_variables_is_named(self):
        self.environment.update(RANK="2", WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT="29999")
        self.assert_one_error(self.sfv("train", "recipe.toml", "-o", "run", expect=2), "RANK", "0 to 1")


if __name__ == "__main__":
    skip_without_mpi(BINARY)
    unittest.main()
