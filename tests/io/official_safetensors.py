#!/usr/bin/env python3
"""Compares sfv's safetensors reader with the official package on the hostile files of hostile_safetensors.h.

Runs the test binary, which writes its files and verdicts, reads every file with the official package and compares.
--update stores the official verdicts in tests/golden/safetensors/hostile_verdicts.json, which the C++ test checks.
Three differences are documented in sfv/io/safetensors.h and counted here: keys that appear twice, element types that sfv
does not know, and empty tensors with a dimension over 2^63 - 1.

Usage: official_safetensors.py TEST_BINARY [--update]   (needs the packages safetensors and numpy)
"""

import argparse
import collections
import hashlib
import itertools
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

import safetensors

GOLDEN = pathlib.Path(__file__).parent.parent / "golden/safetensors/hostile_verdicts.json"
KNOWN = set("BOOL U8 I8 I16 U16 I32 U32 I64 U64 F8_E4M3 F8_E5M2 F16 BF16 F32 F64".split())


def parts_of(packed):
    at = 0
    while at < len(packed):
        (length,) = struct.unpack_from("<Q", packed, at)
        yield packed[at + 8 : at + 8 + length]
        at += 8 + length


def metadata_of(file):
    """The official package gives metadata only for a file with a name."""
    with tempfile.NamedTemporaryFile(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as out:
        out.write(file)
        out.flush()
        with safetensors.safe_open(out.name, framework="numpy") as opened:
            return opened.metadata() or {}


def part(data):
    return struct.pack("<Q", len(data)) + data


def description_of(tensors, metadata):
    out = b"".join(part(key.encode()) + part(value.encode()) for key, value in sorted(metadata.items(), key=lambda kv: kv[0].encode()))
    for name, tensor in sorted(tensors, key=lambda entry: entry[0].encode()):
        shape = "".join(f"{size}," for size in tensor["shape"])
        out += part(name.encode()) + part(tensor["dtype"].encode()) + part(shape.encode()) + part(bytes(tensor["data"]))
    return out


def documented_difference(file, tensors):
    """Why sfv refuses a file that the official package accepts; None if it has no business to."""
    if any(tensor["dtype"] not in KNOWN for _, tensor in tensors):
        return "dtype"
    if any(size > 2**63 - 1 for _, tensor in tensors for size in tensor["shape"]):
        return "dimension"
    (length,) = struct.unpack_from("<Q", file)
    top = json.loads(file[8 : 8 + length], object_pairs_hook=lambda pairs: pairs)
    objects = [top] + [value for key, value in top if key == "__metadata__" and value]
    for pairs in objects:
        if max(collections.Counter(key for key, _ in pairs).values(), default=0) > 1:
            return "duplicate key"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()
    print("safetensors", safetensors.__version__, "python", sys.version.split()[0])

    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            [args.binary, "--gtest_filter=HostileSafetensors.GivesTheOfficialVerdictOnEveryFile"],
            env={**os.environ, "SFV_HOSTILE_OUT": folder}, capture_output=True, text=True, check=False)
        packed = pathlib.Path(folder, "files.bin").read_bytes()
        ours = pathlib.Path(folder, "verdicts.txt").read_text()

    files = list(parts_of(packed))
    letters, wrong = [], []
    counts = collections.Counter()
    accepted = hashlib.sha256()
    for index, file in enumerate(files):
        try:
            tensors = safetensors.deserialize(file)
        except safetensors.SafetensorError:
            letter = "r"
        else:
            reason = documented_difference(file, tensors)
            counts[f"accepted, but refused by sfv: {reason}" if reason else "accepted"] += 1
            letter = "d" if reason else "a"
            if not reason:
                accepted.update(description_of(tensors, metadata_of(file)))
        letters.append(letter)
        if ours[index] != ("a" if letter == "a" else "r"):
            wrong.append((index, letter, file))
    counts["refused"] = letters.count("r")
    print(len(files), "files;", dict(counts))
    for index, letter, file in wrong[:20]:
        print(f"DIFFERENT: file {index}: official {letter}, sfv {ours[index]}: {file}")

    if args.update:
        golden = {
            "made_by": f"tests/io/official_safetensors.py with safetensors {safetensors.__version__}",
            "corpus_sha256": hashlib.sha256(packed).hexdigest(),
            "accepted_sha256": accepted.hexdigest(),
            "verdicts": [[letter, len(list(run))] for letter, run in itertools.groupby(letters)],
        }
        GOLDEN.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
        print("wrote", GOLDEN)
    elif run.returncode != 0:
        print(run.stdout)
    return 1 if wrong or (run.returncode != 0 and not args.update) else 0


if __name__ == "__main__":
    sys.exit(main())
