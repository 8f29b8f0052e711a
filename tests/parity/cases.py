"""Reads cases.json: what both programs compute. See README.md for the fields."""

import json
import pathlib

PATH = pathlib.Path(__file__).with_name("cases.json")


def load_cases() -> dict:
    document = json.loads(PATH.read_text())
    configs = document["configs"]
    cases = {}
    for case in document["cases"]:
        if isinstance(case.get("config"), str):
            case["config"] = configs[case["config"]]
        if "components" in case:
            case["components"] = {k: configs[v] if isinstance(v, str) else v for k, v in case["components"].items()}
        if case["name"] in cases:
            raise ValueError(f"{PATH}: case {case['name']} twice")
        cases[case["name"]] = case
    return cases


def select_cases(patterns, sizes=("golden", "live"), networks=None) -> list:
    """The cases whose name is in `patterns` (all if empty), of the given sizes: golden, live, large."""
    cases = load_cases()
    unknown = [name for name in patterns if name not in cases]
    if unknown:
        raise SystemExit(f"no such case: {', '.join(unknown)}; known: {', '.join(cases)}")
    chosen = [cases[name] for name in patterns] or [c for c in cases.values() if c["size"] in sizes]
    return [c for c in chosen if not networks or c["network"] in networks]
