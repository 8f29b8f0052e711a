"""Who may include whom (the table of docs/architecture.md), and where a third-party header may appear."""

import re

from source_tree import HEADERS, folder_of, suffix

# A folder may include itself and what is in its row.
MAY_INCLUDE = {
    "core": "",
    "io": "core",
    "serving": "io core",
    "tensor": "io core",
    "ops": "tensor core",
    "diffusion": "tensor core",
    "nn": "ops tensor core",
    "models": "nn ops tensor core",
    "checkpoint": "models nn tensor io core",
    "conditioning": "models diffusion tensor io core",
    "data": "tensor io core",
    "distributed": "tensor core",
    "pipeline": "conditioning diffusion models checkpoint tensor io core",
    "training": "data distributed conditioning diffusion models nn checkpoint tensor io core",
    "evaluation": "data distributed models nn checkpoint tensor io core",
}
TORCH_FREE = {"core", "io", "serving", "data"}

# Third-party headers and the places that may name them, as patterns over header and path.
HOMES = [
    (r"CLI/", r"apps/"),
    (r"(libav|libsw)\w+/|png\.h|jpeglib\.h|jerror\.h|webp/|toml\+\+/|zlib\.h", r"sfv/io/"),
    (r"nlohmann/", r"sfv/io/|sfv/serving/request_json\.|apps/"),
    (r"boost/", r"sfv/serving/http_server\."),
    (r"mpi\.h|nccl\.h", r"sfv/distributed/"),
    (r"cuda\w*\.h|cooperative_groups|cub/|mma\.h", r"sfv/ops/cuda/"),
    (r"(torch|ATen|c10)/", r"apps/|sfv/(?!core/|io/|serving/|data/)"),
]
# What the language and the operating system bring: any name without a dot or slash, and these.
SYSTEM = re.compile(r"[a-z0-9_]+|(sys|linux|netinet|arpa)/\w+\.h|"
                    r"(cpuid|dlfcn|fcntl|fnmatch|glob|immintrin|malloc|poll|pthread|pwd|sched|signal|spawn|termios|unistd)\.h")
# Tests, benchmarks and examples may use any library.
CHECKED_TOPS = ("sfv", "apps")


PAGE = "docs/architecture.md"


def documented_table(tree):
    """The include table as the architecture page has it, in the form of MAY_INCLUDE; None if there is no such page."""
    if PAGE not in tree.paths:
        return None
    rows = re.findall(r"^\| `(\w+)` \| ([\w, –]+) \|$", tree.text(PAGE).split("| folder | may include |")[-1], re.MULTILINE)
    return {folder: set(re.findall(r"\w+", row)) for folder, row in rows}


def includes(tree):
    """The include table; no "../"; nothing but its tests includes apps; nothing in sfv/ includes the umbrella; private headers stay in their folder."""
    private = tree.private_headers()
    documented = documented_table(tree)
    if documented is not None and documented != {folder: set(row.split()) for folder, row in MAY_INCLUDE.items()}:
        yield f"{PAGE}: its table of who may include whom is not the one of tests/structure/include_rules.py"
    for path in private - set(tree.paths):
        yield f"cmake/private_headers.txt: there is no {path}"
    for path in tree.sources():
        top, folder = path.split("/")[0], folder_of(path)
        if folder and folder not in MAY_INCLUDE:
            yield f"{path}: folder sfv/{folder} is not in the include table"
            continue
        for line, name, quoted in tree.includes(path):
            where = f"{path}:{line}: includes {name}"
            if ".." in name.split("/"):
                yield f"{where}: no ../ in includes; name it from the root"
            elif name.startswith("apps/") and not path.startswith(("apps/", "tests/apps/")):
                yield f"{where}: nothing includes apps"
            elif quoted and not name.startswith(("sfv/", "apps/", "tests/", "bench/", "examples/")):
                yield f"{where}: our own headers are named from the root (\"sfv/...\"), others go in <>"
            elif not quoted and name.startswith("sfv/") and not path.startswith("tests/install/"):
                yield f"{where}: our own headers go in quotes"
            elif top == "sfv" and quoted and not name.startswith("sfv/"):
                yield f"{where}: the library includes only itself"
            elif name.startswith("sfv/"):
                other = folder_of(name)
                if folder and other is None:
                    yield f"{where}: the umbrella header is for users of the library"
                elif folder and other != folder and other not in MAY_INCLUDE[folder].split():
                    allowed = MAY_INCLUDE[folder] or "nothing"
                    yield f"{where}: sfv/{folder} may include only itself and: {allowed}"
                elif name in private and path not in private and (suffix(path) in HEADERS or folder != other) and top != "tests":
                    yield f"{where}: it is private to the .cpp files of sfv/{other} (cmake/private_headers.txt)"


def third_party(tree):
    """Each third-party header only in its home, and in no public header (libtorch's may be); no libtorch in the torch-free folders."""
    private = tree.private_headers()
    for path in tree.sources(*CHECKED_TOPS):
        for line, name, quoted in tree.includes(path):
            if quoted or name.startswith("sfv/") or SYSTEM.fullmatch(name):
                continue
            home = next((place for header, place in HOMES if re.match(header, name)), None)
            if home is None:
                yield f"{path}:{line}: <{name}> has no home in the third-party table"
            elif not re.match(home, path):
                torch_free = " (it is torch-free)" if folder_of(path) in TORCH_FREE and re.match(r"torch|ATen|c10", name) else ""
                yield f"{path}:{line}: <{name}> does not belong here{torch_free}; its home is {home}"
            elif path.startswith("sfv/") and suffix(path) in HEADERS and path not in private and not re.match(r"(torch|ATen|c10)/", name):
                yield f"{path}:{line}: <{name}> in a public header; move it to the .cpp or list the header in cmake/private_headers.txt"
