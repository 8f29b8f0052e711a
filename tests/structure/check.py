#!/usr/bin/env python3
"""Checks one rule on a checkout: check.py RULE [ROOT]. Exit status 0 kept, 1 broken (each place on a line), 77 tool missing."""

import pathlib
import sys

import file_rules
import include_rules
import tool_rules
from source_tree import Tree

RULES = {rule.__name__: rule for rule in (
    include_rules.includes, include_rules.third_party,
    file_rules.file_names, file_rules.headers, file_rules.length, file_rules.library_is_quiet, file_rules.origin,
    tool_rules.format, tool_rules.scripts)}


def main(arguments):
    if not arguments or arguments[0] not in RULES:
        print(__doc__, "\nRules:", *(f"  {name}: {rule.__doc__}" for name, rule in RULES.items()), sep="\n", file=sys.stderr)
        return 2
    root = pathlib.Path(arguments[1]) if len(arguments) > 1 else pathlib.Path(__file__).resolve().parents[2]
    tree = Tree(root)
    try:
        findings = list(RULES[arguments[0]](tree))
    except tool_rules.ToolMissing as missing:
        print(f"SKIPPED: {missing}")
        return 77
    for finding in findings:
        print(finding)
    print(f"{arguments[0]}: {len(findings)} findings in {len(tree.paths)} files")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
