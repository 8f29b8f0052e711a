"""The files of a checkout, and what the rules ask about one file."""

import pathlib
import re

LEFT_OUT = {".git", ".deps", "build", "out", "__pycache__", "node_modules", ".cache", ".vscode", ".idea"}
CPP = {".h", ".cpp", ".cu", ".cuh"}
HEADERS = {".h", ".cuh"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
COMMENT_OR_STRING = re.compile(r"""//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])'|"(?:\\.|[^"\\\n])*\"""", re.DOTALL)


class Tree:
    """root: the checkout. Paths in it are strings relative to root, with forward slashes."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.paths = sorted(self._walk(self.root))

    def _walk(self, folder):
        for entry in folder.iterdir():
            if entry.is_symlink():
                continue
            # Build folders lie at the top; below, any name is a source folder.
            if entry.is_dir() and not (entry.name in LEFT_OUT and (folder == self.root or entry.name == "__pycache__")):
                yield from self._walk(entry)
            elif entry.is_file():
                yield entry.relative_to(self.root).as_posix()

    def sources(self, *tops, kinds=CPP):
        """Paths of the given kinds below the given top folders; below any if none is given."""
        return [p for p in self.paths if suffix(p) in kinds and (not tops or p.split("/")[0] in tops)]

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8")

    def includes(self, path):
        """(line number, name, is_quoted) of every #include."""
        text = self.text(path)
        return [(text.count("\n", 0, m.start(2)) + 1, m.group(2), m.group(1) == '"') for m in INCLUDE.finditer(text)]

    def code(self, path):
        """The text with comments and string literals blanked, lines kept."""
        blank = lambda m: re.sub(r"[^\n]", " ", m.group(0))
        return COMMENT_OR_STRING.sub(blank, self.text(path))

    def list_file(self, path):
        """Lines of a list kept in the checkout, without comments; empty if there is no such file."""
        if not (self.root / path).exists():
            return []
        return [line.strip() for line in self.text(path).splitlines() if line.strip() and not line.startswith("#")]

    def private_headers(self):
        return set(self.list_file("cmake/private_headers.txt"))


def suffix(path):
    return pathlib.PurePosixPath(path).suffix


def folder_of(path):
    """sfv/io/image.h -> io; the umbrella sfv/sfv.h and files outside sfv/ -> None."""
    parts = path.split("/")
    return parts[1] if parts[0] == "sfv" and len(parts) > 2 else None
