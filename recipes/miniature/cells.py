"""Cells of the miniature tables: on which data, what is trained for each, and how it is sampled."""

import argparse
import dataclasses
import pathlib
import sys
from typing import Callable

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import stages  # noqa: E402  (beside this folder, not a package)
import shapes.teacher  # noqa: E402  (folders beside this one)
import snow.teacher  # noqa: E402

RECONSTRUCTION = "adversarial.reconstruction"


@dataclasses.dataclass
class Training:
    """A stage after the teacher's: a recipe and what differs from it."""
    recipe: str = "sf-v"
    sets: tuple = ()
    after: str = ""  # the training whose model the generator starts from


@dataclasses.dataclass
class Cell:
    name: str
    training: str  # "" is the teacher itself
    sampling: str  # as of sfv eval models, after the @


@dataclasses.dataclass
class Data:
    """Generated clips whose truth is known: recipes/NAME has the stages up to SF-V's."""
    name: str
    seeds: tuple
    trainings: dict
    train_teacher: Callable  # of (stages, seed, folder, photos)
    teacher_run: str         # folder of the teacher's run
    evaluation: Callable     # of (photos): what `sfv eval models` is told beside the recipe, KEY=VALUE

    def cells(self) -> list:
        steps = (25, 16, 8, 4, 1)
        result = [Cell(f"diffusion-{n}", "", f"{n}:{'euler' if n > 1 else 'one-step'}") for n in steps]
        result += [Cell(f"diffusion-{n}-guided", "", f"{n}:euler:1:3") for n in steps]
        result += [Cell(f"consistency-{n}", "consistency", f"{n}:lcm") for n in (8, 4, 2, 1)]
        return result + [Cell(name, name, "1:one-step") for name in self.trainings if name != "consistency"]


def law(mean: float) -> tuple:
    return (f"adversarial.discriminator.p_mean={mean}", "adversarial.discriminator.p_std=1")


LAWS = {"p-mean-2": law(-2), "p-mean-0": law(0), "p-mean-1": law(1)}

# The variants are those of recipes/shapes/run, in the same folders.
SHAPES = Data(
    name="shapes",
    seeds=(0, 1, 2),
    trainings={name: Training(sets=tuple(sets)) for name, sets in shapes.teacher.VARIANTS.items()} | {
        "consistency": Training(str(HERE / "consistency")),
        "ladd": Training(str(HERE / "ladd")),
        "ufogen": Training(str(HERE / "ufogen")),
    } | {name: Training(sets=sets) for name, sets in LAWS.items()} | {
        "lambda-annealed": Training(sets=(f'{RECONSTRUCTION}.schedule="annealed"', f"{RECONSTRUCTION}.lambda=0.1", f"{RECONSTRUCTION}.lambda_end=0.01",
                                          f"{RECONSTRUCTION}.anneal_steps=200")),
        "approximate-r1": Training(sets=('adversarial.r1.kind="approximate"', "adversarial.r1.weight=100")),
        "sigma-max": Training(sets=("adversarial.level_weights=[0.1, 0.2, 0.7]",)),
        "consistency-start": Training(after="consistency"),
    },
    train_teacher=lambda run, seed, folder, photos: shapes.teacher.train_teacher(run, seed, folder),
    teacher_run="diffusion",
    evaluation=lambda photos: [])

# Of snow's stage, what LADD and UFOGen share: the noise of the condition, the discriminator's wrong pairs, the counts.
OF_SNOW = ('conditioning.noise="fixed"', "conditioning.noise_level=0", "steps=800", "ema.decay=0.98", "adversarial.discriminator.mismatched_weight=0.5",
           "adversarial.level_weights=[0.2, 0.2, 0.6]")

# All start from the consistency model, as the bundled model does; its folders are those of recipes/snow/run.
SNOW = Data(
    name="snow",
    seeds=(0,),
    trainings={"consistency": Training("consistency")} | {
        name: Training(sets=tuple(sets), after="consistency") for name, sets in ({"sf-v": ()} | snow.teacher.VARIANTS | LAWS).items()
    } | {name: Training(str(HERE / name), OF_SNOW, "consistency") for name in ("ladd", "ufogen")},
    train_teacher=lambda run, seed, folder, photos: snow.teacher.train_teacher(run, folder, photos),
    teacher_run="winds",
    evaluation=lambda photos: [f'data.path="{photos}/held-out"'])

DATA = {data.name: data for data in (SHAPES, SNOW)}


def run_folder(output: pathlib.Path, data: Data, seed: int) -> pathlib.Path:
    """Where the runs of a seed are: those of the data's own run script."""
    folder = output.resolve() / data.name
    return folder / f"seed-{seed}" if len(data.seeds) > 1 else folder


def parser(text: str) -> argparse.ArgumentParser:
    """The options that run and measure_seconds share."""
    result = stages.parser(text, "out")
    result.add_argument("--data", default=",".join(DATA), help="shapes, snow or both (default)")
    result.add_argument("--photos", type=pathlib.Path, default=stages.ROOT / "out/photos", help="of snow (default: out/photos, brought if it is not there)")
    result.add_argument("--cells", type=pathlib.Path, default=stages.ROOT / "docs/experiments/cells", help="where cells are kept")
    return result
