#!/usr/bin/env python3
"""Kills training runs with SIGKILL at random moments, lets each go on to its end and compares it byte by byte with a run that was
never disturbed: weights, moments, averages, the model folder, and the figures of every step, which depend on the order of samples.

  kill_runs.py --binary build/release/bin/sfv --model MODEL [--count 100] [--in-save 20] [--recipe FILE] [--ranks 2]

--in-save: how many of the kills fall inside a save, which SFV_SAVE_DELAY makes long enough to hit; all four points of a save get
their share. --ranks: each run is that many ranks of mpirun; a kill hits one of them, and the job has to end by itself, or all of
them and mpirun at once. Prints how many hits fell before the end of the run. Exit status 1 if a run ended otherwise."""

import argparse
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

# A few seconds: six iterations, each saved.
RECIPE = """
stage = "adversarial"
steps = 6
batch = 2
micro_batch = 1
threads = 1
[data]
source = "shapes"
width = 32
height = 32
frames = 3
[optimizer]
lr = 1e-4
[checkpoint]
every = 1
keep = 2
[samples]
every = 3
clips = 1
"""
POINTS = ("written", "listed", "renamed", "finished")
LAST_WORDS_S = 60  # within which a job has to end when a rank has died
DELAY_MS = 400


def state_of(run):
    """Digests of all that the newest checkpoint holds, and the figures of each step without those of the clock."""
    folder = (run / "latest").resolve()
    state = {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*"))
             if p.is_file() and p.name != "manifest.json"}
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    figures = [{k: v for k, v in line.items() if k not in ("time", "clips_per_s") and not k.startswith("memory")}
               for line in lines if "note" not in line]
    return {"checkpoint": folder.name, "files": state, "figures": figures}


def mpirun(ranks):
    """What is put before a program to run it so many times, and the variables for it."""
    return ["mpirun", "-np", str(ranks), "--oversubscribe", "--bind-to", "none"], {
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_mpi_yield_when_idle": "1",
        "OMPI_MCA_btl_vader_single_copy_mechanism": "none", "OMP_NUM_THREADS": "1"}


def skip_without_mpi(binary):
    """Ends a test with ctest's status for skipped where this program cannot be run on ranks."""
    if not shutil.which("mpirun"):
        print("SKIPPED: mpirun is not installed (Debian package openmpi-bin)")
        sys.exit(77)
    if not (pathlib.Path(binary).parent / "libsfv_mpi.so").exists():
        print("SKIPPED: sfv was built without MPI")
        sys.exit(77)


def processes_of(binary, run):
    """Ids of the processes that train in this run's folder, without their launcher."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:  # it has ended
            continue
        if words and words[0] == os.fsencode(binary) and os.fsencode(run) in words:
            found.append(int(entry.name))
    return sorted(found)


def kill_each(processes):
    for process in processes:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            pass


class Runs:
    """Runs of one recipe below a folder, each on so many ranks."""

    def __init__(self, binary, folder, recipe, settings=(), ranks=1, environment=None, draw=None):
        self.folder, self.settings, self.ranks = pathlib.Path(folder).resolve(), list(settings), ranks
        self.binary, self.recipe = str(binary), str(recipe)
        self.environment = dict(environment if environment is not None else os.environ)
        self.launcher = []
        if ranks > 1:
            self.launcher, variables = mpirun(ranks)
            self.environment.update(variables)
        self.draw = draw or random.Random()
        begin = time.monotonic()
        self.finish("whole", resume=False)
        self.duration = time.monotonic() - begin
        self.expected = state_of(self.folder / "whole")

    def command(self, run, resume):
        return [*self.launcher, self.binary, "train", *([] if resume else [self.recipe, *self.settings]), "-o", str(self.folder / run),
                *(["--resume", "latest"] if resume else []), "-q"]

    def finish(self, run, resume):
        done = subprocess.run(self.command(run, resume), cwd=self.folder, env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"{run} ended with {done.returncode}:\n{done.stderr}")

    def start(self, run, **environment):
        # A group of its own: a launcher's processes die with it.
        return subprocess.Popen(self.command(run, resume=False), cwd=self.folder, env={**self.environment, **environment},
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def kill(self, process, run):
        """Whether the run was still going on."""
        running = process.poll() is None
        if self.ranks > 1 and running:
            return self.kill_ranks(process, run)
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        return process.wait() != 0 and running

    def kill_ranks(self, process, run):
        name = str(self.folder / run)
        ranks = processes_of(self.binary, name)
        if ranks and self.draw.random() < 0.7:
            kill_each([self.draw.choice(ranks)])
        else:  # power cut
            process.kill()
            kill_each(ranks)
        try:
            status = process.wait(timeout=LAST_WORDS_S)
        except subprocess.TimeoutExpired:
            process.kill()
            kill_each(processes_of(self.binary, name))
            raise AssertionError(f"{run}: a rank was killed and the job went on for {LAST_WORDS_S} s") from None
        while left := processes_of(self.binary, name):  # started while mpirun died
            kill_each(left)
            time.sleep(0.02)
        return status != 0

    def kill_anywhere(self, run):
        process = self.start(run)
        threading.Thread(target=process.stderr.read, daemon=True).start()  # a full pipe would stop the run
        time.sleep(self.draw.uniform(0, self.duration))
        return self.kill(process, run)

    def kill_in_save(self, run, point):
        process = self.start(run, SFV_SAVE_DELAY=f"{point}:{DELAY_MS}")
        wanted, seen = self.draw.randint(1, 6), 0
        for line in process.stderr:
            seen += f"save delayed: {point}" in line
            if seen == wanted:
                time.sleep(self.draw.uniform(0, 0.8 * DELAY_MS / 1000))
                break
        if self.ranks > 1:  # mpirun's own last words
            threading.Thread(target=process.stderr.read, daemon=True).start()
        return self.kill(process, run)

    def check(self, run):
        """Goes on to the end. Returns what differs from the undisturbed run; empty: nothing."""
        # Killed before the recipe was stored there is nothing to go on with: it begins.
        self.finish(run, resume=(self.folder / run / "recipe.toml").is_file())
        found = state_of(self.folder / run)
        hidden = [p.name for p in (self.folder / run).iterdir() if p.name.startswith((".checkpoint", ".latest"))]
        different = [f"left behind: {name}" for name in hidden]
        for name in sorted(self.expected["files"].keys() | found["files"].keys()):
            if self.expected["files"].get(name) != found["files"].get(name):
                different.append(name)
        if found["checkpoint"] != self.expected["checkpoint"]:
            different.append(found["checkpoint"])
        if found["figures"] != self.expected["figures"]:
            different.append("figures in metrics.jsonl")
        return different


def kill_many(runs, count, in_save, say=lambda line: None):
    """Returns hits before the end, among them inside a save, and a list of (run, what differs)."""
    hits, save_hits, wrong = 0, 0, []
    for i in range(count):
        run = f"run{i}"
        if i < in_save:
            hit = runs.kill_in_save(run, POINTS[i % len(POINTS)])
            save_hits += hit
        else:
            hit = runs.kill_anywhere(run)
        hits += hit
        different = runs.check(run)
        if different:
            wrong.append((run, different))
        else:
            subprocess.run(["rm", "-rf", str(runs.folder / run)], check=True)
        say(f"{run}: {'killed inside a save' if i < in_save and hit else 'killed' if hit else 'had ended'}, "
            f"{'the same bytes' if not different else 'DIFFERENT: ' + ', '.join(different)}")
    return hits, save_hits, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, help="model folder to start from, unless the recipe names one")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--in-save", type=int, default=20)
    parser.add_argument("--recipe", type=pathlib.Path, help="default: six iterations of the adversarial stage")
    parser.add_argument("--ranks", type=int, default=1, help="of mpirun")
    parser.add_argument("--seed", type=int, help="of the moments")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sfv-kill-") as folder:
        recipe = arguments.recipe.resolve() if arguments.recipe else pathlib.Path(folder) / "recipe.toml"
        if not arguments.recipe:
            recipe.write_text(RECIPE)
        settings = ["--set", f"model.path={arguments.model.resolve()}"] if arguments.model else []
        runs = Runs(arguments.binary.resolve(), folder, recipe, settings, arguments.ranks,
                    draw=random.Random(arguments.seed))
        print(f"an undisturbed run takes {runs.duration:.1f} s", flush=True)
        hits, save_hits, wrong = kill_many(runs, arguments.count, arguments.in_save, lambda line: print(line, flush=True))
    print(f"{hits} of {arguments.count} kills fell before the end, {save_hits} of them inside a save; "
          f"{arguments.count - len(wrong)} runs ended with the same bytes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
