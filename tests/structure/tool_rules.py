"""Rules that an installed tool checks: clang-format 14 for C++, shellcheck for scripts."""

import re
import shutil
import subprocess


class ToolMissing(Exception):
    pass


def _clang_format():
    """Other versions lay out the same style differently, so only 14 counts: Debian 12's."""
    for name in ("clang-format-14", "clang-format"):
        tool = shutil.which(name)
        if tool and re.search(r"version 14\.", subprocess.run([tool, "--version"], capture_output=True, text=True).stdout):
            return tool
    raise ToolMissing("clang-format 14 is not installed (Debian package clang-format-14)")


def format(tree):
    """Every C++ file is as clang-format leaves it."""
    paths = tree.sources()
    # One process for all files: starting it costs more than laying out a file.
    result = subprocess.run([_clang_format(), "--dry-run", "-style=file", *paths], cwd=tree.root, capture_output=True, text=True)
    if result.returncode:
        yield f"clang-format failed: {result.stderr}"
    places = re.findall(r"^(\S+?):(\d+):\d+: \w+: code should be clang-formatted", result.stderr, re.MULTILINE)
    seen = set()
    for path, line in places:
        if path not in seen:
            seen.add(path)
            yield f"{path}:{line}: not formatted; run make format"


def scripts(tree):
    """Every bash script passes shellcheck and stops at the first error."""
    tool = shutil.which("shellcheck")
    if not tool:
        raise ToolMissing("shellcheck is not installed")
    for path in tree.paths:
        with open(tree.root / path, "rb") as file:
            if not re.match(rb"#!.*\b(ba)?sh\b", file.readline(80)):
                continue
        if not re.search(r"^set -euo pipefail$", tree.text(path), re.MULTILINE):
            yield f"{path}: no 'set -euo pipefail'"
        result = subprocess.run([tool, "-f", "gcc", path], cwd=tree.root, capture_output=True, text=True)
        yield from result.stdout.splitlines()
