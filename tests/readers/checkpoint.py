# SPDX-License-Identifier: MIT
"""Opens a checkpoint with the package safetensors, and computes its checksums as
docs/checkpoints.md describes them.  usage: checkpoint.py FILE"""
import json
import struct
import sys

MASK = (1 << 64) - 1


def mix(x):
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & MASK
    return x ^ x >> 31


def hash_bytes(before, data):
    h = mix(before ^ len(data))
    whole = len(data) // 8 * 8
    for (word,) in struct.iter_unpack("<Q", data[:whole]):
        h = mix(h ^ word)
    for byte in data[whole:]:
        h = mix(h ^ byte)
    return h


def check_sums(path):
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    header, arrays = data[8:8 + length], data[8 + length:]
    mark = b'{"__metadata__":{"rondo.checkpoint":"1:'
    assert header.startswith(mark)
    at = len(mark)
    seal, blank = header[at:at + 16], header[:at] + b"0" * 16 + header[at + 16:]
    names = json.loads(header)
    del names["__metadata__"]
    begin, end = names["checkpoint/rondo.table"]["data_offsets"]
    table = arrays[begin:end]
    assert b"%016x" % hash_bytes(hash_bytes(0, blank), table) == seal
    rows = list(struct.iter_unpack("<qqQ", table))
    assert len(rows) == len(names)
    kinds = {}
    for (name, stored), (kind, place, checksum) in zip(names.items(), rows):
        begin, end = stored["data_offsets"]
        kinds[name] = kind
        assert (place < 0) == (kind < 0), name
        if name != "checkpoint/rondo.table":
            assert hash_bytes(0, arrays[begin:end]) == checksum, name
    assert kinds["out/w"] == 0 and kinds["optimizer/out/w/velocity"] == 4
    assert kinds["checkpoint/losses"] == -1 and kinds["optimizer/rate"] == 5


def check_values(path):
    import numpy
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        def is_array(name, dtype, values):
            got = file.get_tensor(name)
            assert got.dtype == dtype, (name, got.dtype)
            assert numpy.array_equal(got, numpy.array(values, dtype)), (name, got)

        is_array("out/w", numpy.float32, [[1, 2], [3, 4], [5, 6]])
        is_array("flags", numpy.bool_, [True, False])
        is_array("random/counter", numpy.int32, 1)
        is_array("optimizer/rate", numpy.float64, 0.25)
        is_array("checkpoint/position", numpy.int64, [-3, 2**63 - 1])
        is_array("checkpoint/losses", numpy.float64, [0.5, 0.25, 1e300])
        is_array("checkpoint/rondo.seed", numpy.int64, -1)
        assert file.get_tensor("optimizer/out/w/velocity").shape == (3, 2)
        metadata = file.metadata()
        assert metadata["checkpoint/config"] == 'units = 3\n"\u00e9"'
        assert metadata["words"] == "a\nb"


if __name__ == "__main__":
    check_sums(sys.argv[1])
    check_values(sys.argv[1])
