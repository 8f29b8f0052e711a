#!/usr/bin/env python3
"""Writes the files of this folder with the official safetensors library: what SafetensorsWriter must give byte for byte.

Element i of every tensor is the byte i % 251, tensors one after the other in the order of SPECS.
Usage: make_official.py (needs the packages safetensors and torch; prints their versions)
"""

import pathlib

import safetensors
import torch
from safetensors import TensorSpec, serialize

HERE = pathlib.Path(__file__).parent

# name, torch's word for the dtype, bytes an element, shape
SPECS = {
    "every_dtype": [
        ("z.bool", "bool", 1, [3]),
        ("u8", "uint8", 1, [2, 2]),
        ("i8", "int8", 1, [1]),
        ("f8e5", "float8_e5m2", 1, [5]),
        ("f8e4", "float8_e4m3fn", 1, [5]),
        ("i16", "int16", 2, [2]),
        ("u16", "uint16", 2, [2]),
        ("f16", "float16", 2, [1, 2, 1]),
        ("bf16", "bfloat16", 2, [2]),
        ("i32", "int32", 4, [1]),
        ("u32", "uint32", 4, [1]),
        ("f32", "float32", 4, [2, 3]),
        ("f64", "float64", 8, [1]),
        ("i64", "int64", 8, []),
        ("u64", "uint64", 8, [1]),
        ("a.f32", "float32", 4, [0, 7]),
        ("B.f32", "float32", 4, []),
        ('quote"back\\slash\n\u00e9\U0001f600\x01/', "float32", 4, [1]),
    ],
    "no_tensors": [],
    "with_metadata": [("weight", "float16", 2, [2, 2]), ("bias", "float32", 4, [2])],
}
METADATA = {"with_metadata": {"format": "pt"}}


def main():
    print("safetensors", safetensors.__version__, "torch", torch.__version__)
    for file, specs in SPECS.items():
        keep, tensors = [], {}
        for name, dtype, size, shape in specs:
            count = size
            for dimension in shape:
                count *= dimension
            data = torch.tensor([i % 251 for i in range(count)], dtype=torch.uint8)
            keep.append(data)
            tensors[name] = TensorSpec(dtype=dtype, shape=shape, data_ptr=data.data_ptr(), data_len=count)
        data = serialize(tensors, metadata=METADATA.get(file))
        (HERE / f"{file}.safetensors").write_bytes(data)
        print(file, len(data), "bytes")


if __name__ == "__main__":
    main()
