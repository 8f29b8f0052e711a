"""What every comparison on shapes shares: the diffusion model it starts from, made from nothing, and the variants of SF-V's stage."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import stages  # noqa: E402  (beside this folder, not a package)

CACHED_CLIPS = 3000
# Name and what differs from sf-v.toml; in the order of the table.
VARIANTS = {
    "sf-v": [],
    "lambda-0.1": ['adversarial.reconstruction.schedule="constant"', "adversarial.reconstruction.lambda=0.1"],
    "spatial": ['adversarial.discriminator.heads="spatial"'],
    "temporal": ['adversarial.discriminator.heads="temporal"'],
    # The generator follows its clip alone; there is no discriminator.
    "reconstruction": ["adversarial.adversarial_weight=0", 'adversarial.reconstruction.schedule="constant"',
                       "adversarial.reconstruction.lambda=0.1"],
}


def train_teacher(run: stages.Stages, seed: int, folder: pathlib.Path) -> stages.Teacher:
    """Autoencoder, its decoder's temporal layers, latent cache and diffusion model, one after the other; what is there already is left as it is."""
    seeds = [f"seed={seed}"]
    drawn = [*seeds, f"data.seed={seed}"]
    run.train("autoencoder", folder / "autoencoder", [*drawn, f"model.seed={seed + 1}"], smoke_steps=12)
    run.train("decoder", folder / "decoder", [*drawn, f'model.path="{folder}/autoencoder/latest/model"'], smoke_steps=4)
    base = f'model.path="{folder}/decoder/latest/model"'
    cached = run.cache("diffusion", folder / "cache", 16 if run.arguments.smoke else CACHED_CLIPS, [*drawn, base])
    run.train("diffusion", folder / "diffusion", [*seeds, base, *cached], smoke_steps=8)
    model = f"{folder}/diffusion/latest/model"
    return stages.Teacher(model, [*seeds, f'model.path="{model}"', *cached])
