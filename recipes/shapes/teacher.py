"""The diffusion model that every comparison on shapes starts from, made from nothing."""

import dataclasses
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import stages  # noqa: E402  (beside this folder, not a package)

CACHED_CLIPS = 3000


@dataclasses.dataclass
class Teacher:
    """A seed's finished diffusion model, and what the stages after it are told."""
    model: str
    settings: list  # KEY=VALUE: seed, model to start from, cached clips


def train_teacher(run: stages.Stages, seed: int, folder: pathlib.Path) -> Teacher:
    """Autoencoder, its decoder's temporal layers, latent cache and diffusion model, one after the other; what is there already is left as it is."""
    seeds = [f"seed={seed}"]
    drawn = [*seeds, f"data.seed={seed}"]
    run.train("autoencoder", folder / "autoencoder", [*drawn, f"model.seed={seed + 1}"], smoke_steps=12)
    run.train("decoder", folder / "decoder", [*drawn, f'model.path="{folder}/autoencoder/latest/model"'], smoke_steps=4)
    base = f'model.path="{folder}/decoder/latest/model"'
    cached = run.cache("diffusion", folder / "cache", 16 if run.arguments.smoke else CACHED_CLIPS, [*drawn, base])
    run.train("diffusion", folder / "diffusion", [*seeds, base, *cached], smoke_steps=8)
    model = f"{folder}/diffusion/latest/model"
    return Teacher(model, [*seeds, f'model.path="{model}"', *cached])
