"""Reads float32 tensors of a safetensors file."""
import json
import struct

import numpy


def read(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    values = numpy.memmap(path, "<f4", "r", offset=8 + length)
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (offset // 4 for offset in entry["data_offsets"])
        tensors[name] = numpy.array(values[begin:end]).reshape(entry["shape"])
    return tensors
