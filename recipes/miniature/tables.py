"""The miniature tables, as docs/experiments.md has them."""

import json
import pathlib

SECONDS = "seconds.json"  # of measure_seconds, beside the seeds' folders
BEGIN, END = "<!-- recipes/miniature/run --write -->", "<!-- end of what it wrote -->"

# Table, and its rows: cell, how the row is called.
METHODS = ("methods (the paper's table 1)",
           [(f"diffusion-{n}", f"diffusion, {n} steps") for n in (25, 16, 8, 4, 1)] +
           [(f"diffusion-{n}-guided", f"diffusion, {n} steps, guided 1 to 3") for n in (25, 16, 8, 4, 1)] +
           [(f"consistency-{n}", f"AnimateLCM's consistency, {n} steps") for n in (8, 4, 2, 1)] +
           [("ladd", "LADD"), ("ufogen", "UFOGen"), ("sf-v", "SF-V")])
HEADS = ("heads (table 2)", [("spatial", "spatial"), ("temporal", "temporal"), ("sf-v", "both"), ("reconstruction", "no discriminator")])
LAWS = ("noise of the discriminator (table 3): mean and deviation of ln sigma'",
        [("p-mean-2", "(-2, 1)"), ("sf-v", "(-1, 1)"), ("p-mean-0", "(0, 1)"), ("p-mean-1", "(1, 1)")])
LATER = ("what later work says helps, one by one",
         [("sf-v", "SF-V, lambda balanced"), ("lambda-0.1", "lambda .1, the paper's"), ("lambda-annealed", "lambda .1 to .01"),
          ("approximate-r1", "approximate R1"), ("sigma-max", "more weight on sigma_max"), ("consistency-start", "consistency start")])
# Column, its JSON key and digits.
ALL = [("FD", "frechet_distance", 3), ("FD / 25 steps", "over_teacher", 2), ("evaluations", "evaluations", 0)]
TABLES = {
    "shapes": ([METHODS, HEADS, LAWS, LATER],
               ALL + [("energy", "gradient_energy_share", 2), ("speed", "speed", 2), ("static", "static_share", 3), ("spread", "end_spread", 2),
                      ("s/clip", "seconds_per_clip", 3)]),
    "snow": ([METHODS, HEADS, LAWS],
             ALL + [("covered", "covered", 3), ("contrast", "contrast", 2), ("coherence", "coherence", 2), ("fall", "fall", 2),
                    ("slope", "fall_slope_share", 2), ("behind, dB", "background_psnr", 1), ("s/clip", "seconds_per_clip", 3)]),
}


def sampling_of(row: dict) -> str:
    """Of a row of `sfv eval models`, the key of its seconds: steps, and guidance where there is any."""
    low, high = row["guidance"]
    return f"{row['steps']}" if low == high == 1 else f"{row['steps']}:{low:g}:{high:g}"


def load_cells(folder: pathlib.Path, data: str) -> dict:
    """Name of a cell to its records, by seed."""
    found = {}
    for path in sorted(folder.glob(f"{data}-seed-*/*.json")):
        record = json.loads(path.read_text())
        found.setdefault(record["cell"], {})[record["seed"]] = record
    seconds = json.loads((folder / SECONDS).read_text()).get(data, {}) if (folder / SECONDS).exists() else {}
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


def line_of(name: str, rows: list, columns: list) -> str:
    """A line of a table from its rows, one a seed: the mean, and the range."""
    values = [[row[key] for row in rows if row.get(key) is not None] for _, key, _ in columns]
    return f"| {name} | {len(rows)} | " + " | ".join(text_of(of, digits) for of, (_, _, digits) in zip(values, columns)) + " |"


def tables(folder: pathlib.Path) -> str:
    """All tables of the cells there are, in Markdown; data without cells have none."""
    lines = []
    for data, (all_tables, columns) in TABLES.items():
        found = load_cells(folder, data)
        for title, rows in all_tables if found else []:
            lines += [f"### {data.capitalize()}: {title}", "", "| row | seeds | " + " | ".join(name for name, _, _ in columns) + " |",
                      "|---|---|" + "---|" * len(columns)]
            lines += [line_of(name, [record["row"] for record in found.get(cell, {}).values()], columns) for cell, name in rows]
            if (title, rows) == METHODS:  # what real clips score against other real clips, once for each seed
                real = {seed: record["real"] for records in found.values() for seed, record in records.items()}
                lines.append(line_of("real clips", list(real.values()), columns))
            lines.append("")
    return "\n".join(lines).rstrip()


def with_tables(document: str, folder: pathlib.Path) -> str:
    """A document with its tables, between BEGIN and END, made anew."""
    head, rest = document.split(BEGIN)
    return head + BEGIN + "\n\n" + tables(folder) + "\n\n" + END + rest.split(END)[1]
