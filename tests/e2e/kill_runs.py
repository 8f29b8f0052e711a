#!/usr/bin/env python3
"""Kills training runs with SIGKILL at random moments, lets each go on to its end and compares it byte by byte with a run that was
never disturbed: weights, moments, averages, the model folder, and the figures of every step, which depend on the order of samples.

  kill_runs.py --binary build/release/bin/sfv --model MODEL [--count 100] [--in-save 20] [--recipe FILE] [--launcher 'mpirun -np 2']

--in-save: how many of the kills fall inside a save, which SFV_SAVE_DELAY makes long enough to hit; all four points of a save get
their share. Prints how many hits fell before the end of the run. Exit status 1 if a run ended otherwise."""

import argparse
import hashlib
import json
import os
import pathlib
import random
import shlex
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


class Runs:
    """Runs of one recipe below a folder. launcher: what is put before the program, as a list."""

    def __init__(self, binary, folder, recipe, settings=(), launcher=(), environment=None, draw=None):
        self.folder, self.launcher, self.settings = pathlib.Path(folder), list(launcher), list(settings)
        self.binary, self.recipe = str(binary), str(recipe)
        self.environment = dict(environment if environment is not None else os.environ)
        self.draw = draw or random.Random()
        begin = time.monotonic()
        self.finish("whole", resume=False)
        self.duration = time.monotonic() - begin
        self.expected = state_of(self.folder / "whole")

    def command(self, run, resume):
        return [*self.launcher, self.binary, "train", *([] if resume else [self.recipe, *self.settings]), "-o", run,
                *(["--resume", "latest"] if resume else []), "-q"]

    def finish(self, run, resume):
        done = subprocess.run(self.command(run, resume), cwd=self.folder, env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"{run} ended with {done.returncode}:\n{done.stderr}")

    def start(self, run, **environment):
        # A group of its own: a launcher's processes die with it.
        return subprocess.Popen(self.command(run, resume=False), cwd=self.folder, env={**self.environment, **environment},
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)

    @staticmethod
    def kill(process):
        """Whether the run was still going on."""
        running = process.poll() is None
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        return process.wait() != 0 and running

    def kill_anywhere(self, run):
        process = self.start(run)
        threading.Thread(target=process.stderr.read, daemon=True).start()  # a full pipe would stop the run
        time.sleep(self.draw.uniform(0, self.duration))
        return self.kill(process)

    def kill_in_save(self, run, point):
        process = self.start(run, SFV_SAVE_DELAY=f"{point}:{DELAY_MS}")
        wanted, seen = self.draw.randint(1, 6), 0
        for line in process.stderr:
            seen += f"save delayed: {point}" in line
            if seen == wanted:
                time.sleep(self.draw.uniform(0, 0.8 * DELAY_MS / 1000))
                break
        return self.kill(process)

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
    parser.add_argument("--launcher", default="", help="put before the program: 'mpirun -np 2 --oversubscribe'")
    parser.add_argument("--seed", type=int, help="of the moments")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sfv-kill-") as folder:
        recipe = arguments.recipe.resolve() if arguments.recipe else pathlib.Path(folder) / "recipe.toml"
        if not arguments.recipe:
            recipe.write_text(RECIPE)
        settings = ["--set", f"model.path={arguments.model.resolve()}"] if arguments.model else []
        runs = Runs(arguments.binary.resolve(), folder, recipe, settings, shlex.split(arguments.launcher),
                    draw=random.Random(arguments.seed))
        print(f"an undisturbed run takes {runs.duration:.1f} s", flush=True)
        hits, save_hits, wrong = kill_many(runs, arguments.count, arguments.in_save, lambda line: print(line, flush=True))
    print(f"{hits} of {arguments.count} kills fell before the end, {save_hits} of them inside a save; "
          f"{arguments.count - len(wrong)} runs ended with the same bytes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
