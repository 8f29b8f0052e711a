"""What the model's card compares SF-V's stage with: folder of the run, and what differs from sf-v.toml."""

VARIANTS = {
    "reconstruction": ["adversarial.adversarial_weight=0"],
    "spatial": ['adversarial.discriminator.heads="spatial"'],
    "temporal": ['adversarial.discriminator.heads="temporal"'],
}
