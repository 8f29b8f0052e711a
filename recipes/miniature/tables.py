"""The miniature tables, as docs/experiments.md has them."""

import json
import pathlib

SECONDS = "seconds.json"  # of measure_seconds, beside the seeds' folders
BEGIN, END = "<!-- recipes/miniature/run --write -->", "<!-- end of what it wrote -->"

# Table, and its rows: cell, how the row is called.
TABLES = [
    ("Methods (the paper's table 1)",
     [(f"diffusion-{n}", f"diffusion, {n} steps") for n in (25, 16, 8, 4, 1)] +
     [(f"diffusion-{n}-guided", f"diffusion, {n} steps, guided 1 to 3") for n in (25, 16, 8, 4, 1)] +
     [(f"consistency-{n}", f"AnimateLCM's consistency, {n} steps") for n in (8, 4, 2, 1)] +
     [("ladd", "LADD"), ("ufogen", "UFOGen"), ("sf-v", "SF-V")]),
    ("Heads (table 2)", [("spatial", "spatial"), ("temporal", "temporal"), ("sf-v", "both")]),
    ("Noise of the discriminator (table 3): mean and deviation of ln sigma'",
     [("p-mean-2", "(-2, 1)"), ("sf-v", "(-1, 1)"), ("p-mean-0", "(0, 1)"), ("p-mean-1", "(1, 1)")]),
    ("What later work says helps, one by one",
     [("sf-v", "SF-V, lambda balanced"), ("lambda-0.1", "lambda .1, the paper's"), ("lambda-annealed", "lambda .1 to .01"),
      ("reconstruction", "no discriminator"), ("approximate-r1", "approximate R1"), ("sigma-max", "more weight on sigma_max"),
      ("consistency-start", "consistency start")]),
]
COLUMNS = [("frechet_distance", "FD", 3), ("over_teacher", "FD / 25 steps", 2), ("evaluations", "evaluations", 0), ("gradient_energy_share", "energy", 2),
           ("speed", "speed", 2), ("static_share", "static", 3), ("end_spread", "spread", 2), ("seconds_per_clip", "s/clip", 3)]


def sampling_of(row: dict) -> str:
    """Of a row of `sfv eval models`, the key of its seconds: steps, and guidance where there is any."""
    low, high = row["guidance"]
    return f"{row['steps']}" if low == high == 1 else f"{row['steps']}:{low:g}:{high:g}"


def load_cells(folder: pathlib.Path) -> dict:
    """Name of a cell to its records, by seed."""
    found = {}
    for path in sorted(folder.glob("shapes-seed-*/*.json")):
        record = json.loads(path.read_text())
        found.setdefault(record["cell"], {})[record["seed"]] = record
    seconds = json.loads((folder / SECONDS).read_text())["seconds_per_clip"] if (folder / SECONDS).exists() else {}
    for records in found.values():
        for seed, record in records.items():
            record["row"]["seconds_per_clip"] = seconds.get(sampling_of(record["row"]))
            teacher = found.get("diffusion-25", {}).get(seed)
            if teacher:
                record["row"]["over_teacher"] = record["row"]["frechet_distance"] / teacher["row"]["frechet_distance"]
    return found


def text_of(values: list, digits: int) -> str:
    if not values:
        return "–"
    text = f"{sum(values) / len(values):.{digits}f}"
    return text if len(values) == 1 or digits == 0 else f"{text} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def tables(folder: pathlib.Path) -> str:
    """All tables of the cells there are, in Markdown."""
    found = load_cells(folder)
    lines = []
    for title, rows in TABLES:
        lines += [f"### {title}", "", "| row | seeds | " + " | ".join(name for _, name, _ in COLUMNS) + " |", "|---|---|" + "---|" * len(COLUMNS)]
        for cell, name in rows:
            records = list(found.get(cell, {}).values())
            values = [[r["row"][key] for r in records if r["row"].get(key) is not None] for key, _, _ in COLUMNS]
            lines.append(f"| {name} | {len(records)} | " + " | ".join(text_of(v, digits) for v, (_, _, digits) in zip(values, COLUMNS)) + " |")
        lines.append("")
    floors = [record["real"]["frechet_distance"] for record in found.get("diffusion-25", {}).values()]
    return "\n".join([*lines, f"Floor, real clips against others: {text_of(floors, 4)}."])


def with_tables(document: str, folder: pathlib.Path) -> str:
    """A document with its tables, between BEGIN and END, made anew."""
    head, rest = document.split(BEGIN)
    return head + BEGIN + "\n\n" + tables(folder) + "\n\n" + END + rest.split(END)[1]
