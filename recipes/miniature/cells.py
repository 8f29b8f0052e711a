"""Cells of the miniature tables: what is trained for each, and how it is sampled."""

import dataclasses
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "shapes"))
from teacher import VARIANTS  # noqa: E402  (of recipes/shapes, not a package)

RECONSTRUCTION = "adversarial.reconstruction"


@dataclasses.dataclass
class Training:
    """A stage after the teacher's: a recipe and what differs from it."""
    recipe: str = "sf-v"
    sets: tuple = ()
    after: str = ""  # the training whose model the generator starts from


def law(mean: float) -> Training:
    return Training(sets=(f"adversarial.discriminator.p_mean={mean}", "adversarial.discriminator.p_std=1"))


# The first are those of recipes/shapes/run, in the same folders.
TRAININGS = {name: Training(sets=tuple(sets)) for name, sets in VARIANTS.items()} | {
    "consistency": Training(str(HERE / "consistency")),
    "ladd": Training(str(HERE / "ladd")),
    "ufogen": Training(str(HERE / "ufogen")),
    "p-mean-2": law(-2),
    "p-mean-0": law(0),
    "p-mean-1": law(1),
    "lambda-annealed": Training(sets=(f'{RECONSTRUCTION}.schedule="annealed"', f"{RECONSTRUCTION}.lambda=0.1", f"{RECONSTRUCTION}.lambda_end=0.01",
                                      f"{RECONSTRUCTION}.anneal_steps=200")),
    "approximate-r1": Training(sets=('adversarial.r1.kind="approximate"', "adversarial.r1.weight=100")),
    "sigma-max": Training(sets=("adversarial.level_weights=[0.1, 0.2, 0.7]",)),
    "consistency-start": Training(after="consistency"),
}


@dataclasses.dataclass
class Cell:
    name: str
    training: str  # "" is the teacher itself
    sampling: str  # as of sfv eval models, after the @


def cells_of_teacher() -> list:
    plain = [Cell(f"diffusion-{n}", "", f"{n}:{'euler' if n > 1 else 'one-step'}") for n in (25, 16, 8, 4, 1)]
    return plain + [Cell(f"diffusion-{n}-guided", "", f"{n}:euler:1:3") for n in (25, 16, 8, 4, 1)]


CELLS = cells_of_teacher() + [Cell(f"consistency-{n}", "consistency", f"{n}:lcm") for n in (8, 4, 2, 1)]
CELLS += [Cell(name, name, "1:one-step") for name in TRAININGS if name != "consistency"]
