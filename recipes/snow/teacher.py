"""What the bundled model and every comparison on snow share: the diffusion model, made from nothing, and the variants of SF-V's stage."""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import stages  # noqa: E402  (beside this folder, not a package)

CACHED_CLIPS = 3000
# What the model's card compares SF-V's stage with: folder of the run, and what differs from sf-v.toml.
VARIANTS = {
    "reconstruction": ["adversarial.adversarial_weight=0"],
    "spatial": ['adversarial.discriminator.heads="spatial"'],
    "temporal": ['adversarial.discriminator.heads="temporal"'],
}


def get_photos(photos: pathlib.Path, part: str):
    """Brings both parts of the photos, train/ and held-out/, if the one that is needed is not there."""
    if not (photos / part).is_dir():
        subprocess.run([HERE / "get_photos", photos], check=True)


def train_teacher(run: stages.Stages, folder: pathlib.Path, photos: pathlib.Path) -> stages.Teacher:
    """Autoencoder, its decoder's temporal layers, latent cache and the diffusion model in two parts, one after the other; what is there already
    is left as it is."""
    get_photos(photos, "train")
    drawn = [f'data.path="{photos}/train"']
    run.train("autoencoder", folder / "autoencoder", drawn, smoke_steps=12)
    run.train("decoder", folder / "decoder", [*drawn, f'model.path="{folder}/autoencoder/latest/model"'], smoke_steps=4)
    base = f'model.path="{folder}/decoder/latest/model"'
    cached = run.cache("diffusion", folder / "cache", 16 if run.arguments.smoke else CACHED_CLIPS, [*drawn, base])
    run.train("diffusion", folder / "diffusion", [base, *cached], smoke_steps=8)
    run.train("winds", folder / "winds", [f'model.path="{folder}/diffusion/latest/model"', *cached], smoke_steps=4)
    model = f"{folder}/winds/latest/model"
    return stages.Teacher(model, [f'model.path="{model}"', *cached])
