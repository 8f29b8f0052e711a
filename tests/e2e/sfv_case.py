"""What the end-to-end tests share: running the built program on a tiny random model, in a folder of the test's own.

Environment: SFV_BINARY the program, SFV_E2E_MODEL the model's folder, SFV_SOURCE_DIR the checkout."""

import json
import os
import pathlib
import pty
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib

BINARY = os.environ["SFV_BINARY"]
MODEL = os.environ["SFV_E2E_MODEL"]
SOURCE = pathlib.Path(os.environ["SFV_SOURCE_DIR"])
PHOTO = SOURCE / "examples/photos/cat.png"
# Small enough for a fraction of a second, with two levels of odd latents.
SMALL = ["--size", "72x40", "--frames", "3", "--steps", "2", "--threads", "1"]


class SfvCase(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="sfv-e2e-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        # Nothing of the caller's settings; no terminal's either.
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("SFV_", "SLURM_"))}
        self.environment["SFV_MODEL"] = MODEL

    def sfv(self, *words, expect=0, timeout=300, **options):
        """Runs the program in the test's folder. Gives the finished process, whose exit code is checked."""
        done = subprocess.run([BINARY, *map(str, words)], cwd=self.folder, env=self.environment, capture_output=True,
                              text=True, timeout=timeout, **options)
        if expect is not None:
            self.assertEqual(done.returncode, expect, f"{words}\nstdout: {done.stdout}\nstderr: {done.stderr}")
        return done

    def drawn_on_terminal(self, *words, columns=80, **environment):
        """What the program draws on a terminal of so many columns while it runs to its end."""
        master, slave = pty.openpty()
        subprocess.run(["stty", "cols", str(columns)], stdin=slave, check=True)
        process = subprocess.Popen([BINARY, *map(str, words)], cwd=self.folder, env={**self.environment, **environment},
                                   stdout=subprocess.DEVNULL, stderr=slave)
        os.close(slave)
        drawn = b""
        try:
            while data := os.read(master, 65536):
                drawn += data
        except OSError:  # the other end is closed
            pass
        os.close(master)
        self.assertEqual(process.wait(timeout=300), 0)
        return drawn.decode()

    def generate(self, *words, expect=0, small=SMALL, **options):
        return self.sfv("generate", *words, *small, expect=expect, **options)

    def generate_json(self, *words, expect=0, **options):
        return json.loads(self.generate(*words, "--json", expect=expect, **options).stdout)

    def photo(self, name="cat.png", side=48, shade=0):
        """A small photo of the test's own, each shade another picture."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_png(path, side, side, lambda x, y: ((x * 5 + shade) % 256, (y * 5) % 256, (x * y + shade) % 256))
        return path

    def files(self, folder=None):
        folder = folder or self.folder
        return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())

    def assert_one_error(self, done, *parts):
        """One line on stderr that names every part, and no trace of a crash."""
        errors = [line for line in done.stderr.splitlines() if line.startswith("sfv: error: ")]
        self.assertEqual(len(errors), 1, done.stderr)
        for part in parts:
            self.assertIn(str(part), errors[0])


def write_png(path, width, height, color):
    rows = b"".join(b"\0" + bytes(v for x in range(width) for v in color(x, y)) for y in range(height))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def read_safetensors(path):
    """name -> (dtype, shape, list of floats) of a file with F32 tensors."""
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, info in header.items():
        begin, end = info["data_offsets"]
        raw = data[8 + length + begin:8 + length + end]
        tensors[name] = (info["dtype"], info["shape"], struct.unpack(f"<{len(raw) // 4}f", raw))
    return tensors


def write_safetensors(path, tensors):
    """tensors: name -> (shape, list of floats)."""
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        raw = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def probe(path):
    """ffprobe's first video stream, and the container's tags."""
    if not shutil.which("ffprobe"):
        raise unittest.SkipTest("ffprobe is not installed")
    done = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", str(path)],
                          capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    return result["streams"][0], result["format"].get("tags", {})
