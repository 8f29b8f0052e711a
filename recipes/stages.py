"""What the run scripts of recipes share: the program's commands one after the other, each of which goes on where it was stopped."""

import argparse
import dataclasses
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def parser(text: str, folder: str) -> argparse.ArgumentParser:
    """The options that every run script has."""
    result = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument("-o", "--output", type=pathlib.Path, default=ROOT / folder, help=f"folder of all runs (default: {folder})")
    result.add_argument("--jobs", type=int, default=os.cpu_count(), help="cores to use (default: all)")
    result.add_argument("--smoke", action="store_true", help="far too few steps: whether everything runs, not what comes out")
    result.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    result.add_argument("--precision", help="fp32 or bf16, instead of what the recipes say")
    result.add_argument("--sfv", default=str(ROOT / "build/release/bin/sfv"), help="the program (default: build/release/bin/sfv)")
    return result


def chosen(names: str, known: dict) -> list:
    """Of names with commas between them, each one that is known; SystemExit for others."""
    for name in names.split(","):
        if name not in known:
            raise SystemExit(f"{sys.argv[0]}: there is no {name!r}; there are {', '.join(known)}")
    return names.split(",")


def set_words(items: list) -> list:
    """The program's words for KEY=VALUE items."""
    return [word for item in items for word in ("--set", item)]


def print_bars(bars: list) -> bool:
    """A line for each of (text, figure, bar, whether it is met); whether all are."""
    for text, figure, bar, is_met in bars:
        print(f"  {'met   ' if is_met else 'MISSED'}  {text}: {figure:.3f} ({bar})")
    return all(is_met for *_, is_met in bars)


@dataclasses.dataclass
class Teacher:
    """A finished diffusion model, and what the stages after it are told."""
    model: str
    settings: list  # KEY=VALUE: model to start from, cached clips


class Stages:
    """Runs stages of a recipe folder with the options of parser()."""

    def __init__(self, arguments, recipes: pathlib.Path):
        if not pathlib.Path(arguments.sfv).exists():
            raise SystemExit(f"{sys.argv[0]}: there is no program {arguments.sfv}; make build, or name it with --sfv")
        self.arguments, self.recipes = arguments, recipes

    def sfv(self, *words, threads: int = 0) -> str:
        """One command of the program, in the root of the checkout: what it printed. A failure ends the script."""
        command = [self.arguments.sfv, *map(str, words)]
        print("run:", " ".join(command), file=sys.stderr, flush=True)
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads or self.arguments.jobs))
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise SystemExit(f"run: sfv {words[0]} ended with {done.returncode}; started again, this command goes on from there")
        return done.stdout

    def train(self, recipe: str, folder: pathlib.Path, sets: list, threads: int = 0, smoke_steps: int = 2):
        """`sfv train`, from the newest checkpoint if there is one; a finished run is left as it is."""
        threads = threads or self.arguments.jobs
        sets = [*sets, f"threads={threads}"]
        if self.arguments.precision:
            sets.append(f'precision="{self.arguments.precision}"')
        if self.arguments.smoke:
            sets += [f"steps={smoke_steps}", "samples.every=0", "batch=2", "micro_batch=2"]
        words = ["train", self.recipes / f"{recipe}.toml", "-o", folder, "--device", self.arguments.device, *set_words(sets)]
        if (folder / "recipe.toml").exists():
            words += ["--resume", "latest"]
        self.sfv(*words, threads=threads)

    def cache(self, recipe: str, folder: pathlib.Path, clips: int, sets: list) -> list:
        """`sfv data cache` of a recipe's clips; what a recipe is told to train from it."""
        finished = folder / ".finished"
        if not finished.exists():
            self.sfv("data", "cache", self.recipes / f"{recipe}.toml", "-o", folder, "--clips", clips, "--device", self.arguments.device, *set_words(sets))
            finished.touch()
        return ['data.source="cache"', f'data.path="{folder}"']
