"""Rules about single files: names, size, header guards, what the library must not do, and where pictures and weights come from."""

import pathlib
import re

from source_tree import HEADERS, suffix

VAGUE = {"util", "utils", "common", "helper", "helpers", "misc"}
MAX_LINES = 400
LONG_FILES = "tests/structure/long_files.txt"
COUNTED = {".h", ".cpp", ".cu", ".cuh", ".py", ".cmake", ".sh"}

LOUD = re.compile(r"\bstd::(cout|cerr|clog)\b|(?<![\w.>])(?:std::)?(printf|fprintf|vfprintf|puts|fputs|putchar|perror|exit|_exit|"
                  r"quick_exit|abort|terminate)\s*\(")
# The logger is the one place with an output: it hands each line to the sink that the program chose.
MAY_PRINT = {"sfv/core/log.cpp"}

# Binary material that somebody made: it needs a word on its origin and licence beside it.
MATERIAL = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".mp4", ".webm", ".mkv", ".avi", ".safetensors", ".pth", ".bin", ".npy", ".npz"}
ORIGIN_PAGES = ("README.md", "SOURCES.md", "CARD.md")


def file_names(tree):
    """No file or folder named after nothing in particular; C++ files in snake_case."""
    for path in tree.paths:
        for part in path.split("/"):
            if part.split(".")[0].lower() in VAGUE:
                yield f"{path}: '{part}' says nothing; name it after the one idea in it"
    for path in tree.sources():
        name = pathlib.PurePosixPath(path).name
        if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*\.[a-z]+", name):
            yield f"{path}: file names are snake_case"


def headers(tree):
    """Every header begins with #pragma once; no using-directive anywhere but for std's literals."""
    for path in tree.sources():
        code = tree.code(path)
        if suffix(path) in HEADERS:
            first = next((line.strip() for line in code.splitlines() if line.strip()), "")
            if first != "#pragma once":
                yield f"{path}: the first line of code must be #pragma once"
        for match in re.finditer(r"\busing\s+namespace\b(?!\s+std::(\w+::)*\w*literals\b)", code):
            yield f"{path}:{code.count(chr(10), 0, match.start()) + 1}: no using-directives; use a declaration or an alias"


def length(tree):
    """No file over 400 lines but those of long_files.txt, each with its reason."""
    reasons = {}
    for line in tree.list_file(LONG_FILES):
        path, _, reason = line.partition(" ")
        reasons[path] = reason.strip()
        if not reason.strip():
            yield f"{LONG_FILES}: {path} has no reason"
    for path in tree.paths:
        if suffix(path) not in COUNTED:
            continue
        lines = tree.text(path).count("\n")
        if lines > MAX_LINES and path not in reasons:
            yield f"{path}: {lines} lines, over {MAX_LINES}; split it, or give a reason in {LONG_FILES}"
        elif lines <= MAX_LINES and path in reasons:
            yield f"{LONG_FILES}: {path} has only {lines} lines now; remove it from the list"
    for path in reasons:
        if path not in tree.paths:
            yield f"{LONG_FILES}: there is no {path}"


def library_is_quiet(tree):
    """Nothing below sfv/ prints, exits or aborts."""
    for path in tree.sources("sfv"):
        if path in MAY_PRINT:
            continue
        code = tree.code(path)
        for match in LOUD.finditer(code):
            yield f"{path}:{code.count(chr(10), 0, match.start()) + 1}: the library never prints, exits or aborts: {match.group(0)}"


def origin(tree):
    """Every picture, clip and weights file is named, with its origin and licence, on a page in its folder or one above."""
    untold = {}
    for path in tree.paths:
        if suffix(path).lower() in MATERIAL and not _is_told(tree, pathlib.PurePosixPath(path)):
            untold.setdefault(str(pathlib.PurePosixPath(path).parent), []).append(path)
    for folder, paths in untold.items():
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        yield f"{paths[0]}{more}: no {' or '.join(ORIGIN_PAGES)} in {folder} or above names it with origin and licence"


def _is_told(tree, path):
    for parent in path.parents:
        if parent == pathlib.PurePosixPath("."):
            continue  # the repository's own README speaks for no picture
        for page in (str(parent / name) for name in ORIGIN_PAGES):
            if page not in tree.paths:
                continue
            # A page names the file, or its folder for sets that one script made.
            names = [path.name] + [f"{folder}/" for folder in path.relative_to(parent).parents if folder.name]
            text = tree.text(page)
            if re.search(r"licen[cs]e|public domain|CC0", text, re.IGNORECASE) and any(name in text for name in names):
                return True
    return False
