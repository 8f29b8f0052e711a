"""How two results of a case are compared, and how far apart they may be."""

from dataclasses import dataclass

import numpy as np

OUTPUT_BAR = 1e-5      # relative L2 of a network's output
GRADIENT_BAR = 1e-4    # relative, per tensor
FRAME_BAR = 1e-4       # absolute, of the pipeline's frames in -1..1
STAGE_BAR = 1e-4       # relative L2, of what passes between the pipeline's stages
SCHEDULE_BAR = 5e-7    # relative L2, of noise levels and solver steps: 700 for sqrt(700^2 + 1) shows
DRAW_BAR = 1e-6        # absolute, of random draws and resized pixels
TINY_GRADIENT = 1e-6   # of the global norm: smaller tensors are measured against the global norm
OWN_GRADIENT_BAR = 5e-5  # relative: how well the reference's own float32 defines a gradient, see README.md
HALF_BAR = 1.5         # bf16, fp16: error against fp32, as a multiple of the reference's own
FRAME_OWN_BAR = 1.5    # frames that miss FRAME_BAR: error against float64, as a multiple of the reference's own float32


@dataclass
class Row:
    """One line of the table."""
    case: str
    tensor: str
    relative: float  # L2
    largest: float   # absolute
    bar: str
    ok: bool

    def text(self) -> str:
        verdict = "ok" if self.ok else "MISSED"
        return f"{self.case:34} {self.tensor:44} {self.relative:9.2e} {self.largest:9.2e}  {self.bar:14} {verdict}"


HEADER = f"{'case':34} {'tensor':44} {'rel. L2':>9} {'max abs':>9}  {'bar':14}"


def norm(x: np.ndarray) -> float:
    return float(np.linalg.norm(x.reshape(-1).astype(np.float64)))


def difference(ours: np.ndarray, theirs: np.ndarray):
    """(relative L2, largest absolute). NaN anywhere, or another shape, is infinitely far."""
    if ours.shape != theirs.shape or not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return float("inf"), float("inf")
    delta = ours.astype(np.float64) - theirs.astype(np.float64)
    size = norm(theirs)
    error = norm(delta)
    return (error / size if size > 0 else (0.0 if error == 0 else float("inf"))), float(np.abs(delta).max(initial=0))


def output_row(case: dict, name: str, ours, theirs) -> Row:
    relative, largest = difference(ours, theirs)
    network = case["network"]
    if network in ("preprocess", "noise") or (network == "pipeline" and name == "frames"):
        bar = FRAME_BAR if network == "pipeline" else DRAW_BAR
        # Normalised pixels are divided by about 0.27.
        bar = bar * 4 if name == "pixel_values" else bar
        return Row(case["name"], name, relative, largest, f"abs {bar:.0e}", largest <= bar)
    bar = {"pipeline": STAGE_BAR, "scheduler": SCHEDULE_BAR}.get(network, OUTPUT_BAR)
    return Row(case["name"], name, relative, largest, f"rel {bar:.0e}", relative <= bar)


def gradient_row(case: dict, ours: dict, theirs: dict, bar: float = GRADIENT_BAR, what: str = "gradients") -> Row:
    """The worst gradient of a case."""
    total = sum(norm(g) ** 2 for g in theirs.values()) ** 0.5
    worst = None
    for name, expected in theirs.items():
        size = norm(expected)
        got = ours.get(name)
        if got is None or got.shape != expected.shape:
            return Row(case["name"], name, float("inf"), float("inf"), "present", False)
        error = norm(got.astype(np.float64) - expected) / (size if size >= TINY_GRADIENT * total else total)
        if not np.isfinite(error):
            error = float("inf")
        if worst is None or error > worst[0]:
            worst = error, name, float(np.abs(got - expected).max())
    return Row(case["name"], f"{len(theirs)} {what}, worst {worst[1][-60:]}", worst[0], worst[2],
               f"rel {bar:.0e}", worst[0] <= bar)


def compare_case(case: dict, ours: dict, theirs: dict) -> list:
    rows = []
    for name, expected in theirs.items():
        if name.startswith("grad"):
            continue
        if name not in ours:
            rows.append(Row(case["name"], name + " (absent)", float("inf"), float("inf"), "present", False))
        else:
            rows.append(output_row(case, name, ours[name], expected))
    expected = {k: v for k, v in theirs.items() if k.startswith("grad")}
    if expected:
        rows.append(gradient_row(case, ours, expected))
    return rows


def compare_exact(case: dict, ours: dict, theirs: dict, exact: dict) -> list:
    """The gradients of both programs against the reference's in float64."""
    def of(tensors):
        return {k: v for k, v in tensors.items() if k.startswith("grad")}
    return [gradient_row(case, of(theirs), of(exact), OWN_GRADIENT_BAR, "of diffusers"),
            gradient_row(case, of(ours), of(exact), GRADIENT_BAR, "of sfv")]


def second_look(row: Row, ours: dict, theirs: dict, exact: dict) -> Row:
    """Frames beyond the bar: where the reference's own float32 is as far from float64, the case defines them no better."""
    _, own = difference(ours[row.tensor], exact[row.tensor])
    _, reference = difference(theirs[row.tensor], exact[row.tensor])
    text = f"{row.tensor}: from float64 {own:.2e}, reference {reference:.2e}"
    return Row(row.case, text, row.relative, row.largest, f"{FRAME_OWN_BAR} x", own <= FRAME_OWN_BAR * reference)


def compare_half(case: dict, ours: dict, theirs: dict, exact: dict, dtype: str) -> list:
    """In bf16 or fp16: our error against fp32 as a multiple of the reference's."""
    rows = []
    for name in (k for k in exact if not k.startswith("grad")):
        own, _ = difference(ours[name], exact[name]) if name in ours else (float("inf"), 0)
        reference, _ = difference(theirs[name], exact[name])
        ratio = own / reference if reference > 0 else (1.0 if own == 0 else float("inf"))
        rows.append(Row(case["name"], f"{name}: {dtype}, reference's error {reference:.2e}, ratio {ratio:.2f}", own,
                        difference(ours.get(name, theirs[name]), exact[name])[1], f"{HALF_BAR} x", ratio <= HALF_BAR))
    return rows
