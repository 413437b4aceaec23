#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/golden/data_tables.h: what Python makes of text, CSV and .npy files.

    pip install numpy==2.4.6 pandas==3.1.1
    python3 scripts/golden_tables.py

Characters are those of bytes.decode, words those of a regular expression, CSV is written and
read by csv, numbers are read by pandas, and arrays are written by numpy. A tool of the tests
alone; another run gives the same file.
"""
import csv
import io
import random
import re

import numpy as np
import pandas as pd


def escaped(byte):
    return chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"


def literal(data):
    """A C string literal of bytes, in pieces of a line each."""
    pieces = [data[i : i + 72] for i in range(0, len(data), 72)] or [b""]
    return "\n    ".join('"' + "".join(map(escaped, p)) + '"' for p in pieces)


class Header:
    def __init__(self):
        self.lines = [
            "/* SPDX-License-Identifier: MIT */",
            "/* Written by scripts/golden_tables.py with Python's csv and re, "
            f"numpy {np.__version__}, pandas {pd.__version__}. */",
            "#include <math.h>",
        ]

    def bytes(self, name, data):
        self.lines += ["", f"static const char {name}[] =", "    " + literal(data) + ";",
                       f"enum {{ {name}_bytes = {len(data)} }};"]

    def strings(self, name, texts):
        """Texts, each with its length in two bytes before it."""
        self.bytes(name, b"".join(len(t).to_bytes(2, "little") + t for t in texts))
        self.lines.append(f"enum {{ {name}_count = {len(texts)} }};")

    def numbers(self, name, values):
        text = ", ".join("NAN" if v != v else float(v).hex() for v in values)
        self.lines += ["", f"static const double {name}[] = {{{text}}};"]


# ---- text ----

TEXT = """The quick brown fox doesn't stop: 3.5 times, "again" -- it's the dogs' turn.
Fünf große Äpfel, straße; l’été «très» chaud… déjà-vu!
Съешь же ещё этих мягких булок, да выпей чаю?
Ξεσκεπάζω τὴν ψυχοφθόρα βδελυγμία. ١٢٣ देवनागरी
漢字 and 中文字x 100€ a_b tab\there ½ ok☂ok 'quoted' rock'n'roll O''Neil x'
"""
IDEOGRAPH = "\u3400-\u4dbf\u4e00-\u9fff"
LETTER = rf"(?:[^\W_{IDEOGRAPH}½]|[\u0900-\u097f])"
WORD = rf"{LETTER}+(?:['’]{LETTER}+)*|[^\s]"

BAD = [b"a\xffb", b"\xc0\x80", b"\xe2\x82", b"\xe2\x82x", b"\xf0\x9f\x98", b"\xf0\x9f\x98\x80",
       b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xe0\x80\x80",
       b"\xc3\xa9\x80", b"\xf0\x80\x80\x80", b"x\xc3", b"\xe1\x80\xe2\x82\xac"]


def text(h):
    h.bytes("golden_text", TEXT.encode())
    h.strings("golden_words", [w.encode() for w in re.findall(WORD, TEXT)])
    bad = b"|".join(BAD)
    h.bytes("golden_bad", bad)
    h.strings("golden_replaced", [c.encode() for c in bad.decode("utf-8", "replace")])


# ---- CSV ----

def cells(rng, rows, columns):
    pieces = ["", "a", "b,c", 'say "hi"', "two\nlines", "two\r\nlines", "é", "漢", " pad ", '"', ",", "x;y", "\n"]
    return [["".join(rng.choice(pieces) for _ in range(rng.randint(0, 3))) for _ in range(columns)]
            for _ in range(rows)]


def table(h):
    rng = random.Random(1)
    rows = cells(rng, 25, 4)
    for name, options in {"comma": {}, "semicolon": {"delimiter": ";", "lineterminator": "\n"},
                          "quoted": {"quoting": csv.QUOTE_ALL}}.items():
        out = io.StringIO(newline="")
        csv.writer(out, **options).writerows(rows)
        data = out.getvalue().encode()
        again = list(csv.reader(io.StringIO(data.decode(), newline=""),
                                delimiter=options.get("delimiter", ",")))
        assert again == rows
        h.bytes(f"golden_{name}", data)
    h.strings("golden_cells", [c.encode() for row in rows for c in row])


def number(rng):
    kind = rng.randrange(7)
    if kind == 0:
        return repr(rng.random())
    if kind == 1:
        return repr(rng.uniform(-1, 1) * 10 ** rng.randint(-300, 300))
    if kind == 2:
        return f"{rng.uniform(-1000, 1000):.2f}"
    if kind == 3:
        return str(rng.randint(-10**6, 10**6))
    if kind == 4:
        return f"{rng.uniform(0, 1):.25e}"
    if kind == 5:
        return rng.choice(["0", "-0.0", "1e22", "1e23", "9007199254740993", "4.9e-324", "5e-325",
                           "1.7976931348623157e308", ".5", "5.", "+7", "1E3", "0.1e-5"])
    return f"{rng.randint(0, 2**64 - 1)}e-{rng.randint(1, 19)}"


def numbers(h):
    rng = random.Random(2)
    rows = [[number(rng) if rng.random() < 0.8 else rng.choice(["", "NA", "nan"]) for _ in range(3)]
            for _ in range(30)]
    rows[0] = ["1.5", "2.5", "3.5"]
    data = "a,b,c\n" + "".join(",".join(r) + "\n" for r in rows)
    h.bytes("golden_numbers", data.encode())
    frame = pd.read_csv(io.StringIO(data))
    assert all(float(t) == v for row, values in zip(rows, frame.to_numpy())
               for t, v in zip(row, values) if v == v)
    h.numbers("golden_values", frame.to_numpy().ravel())
    small = frame.where(frame.abs() < 1e9)
    short = "a,b,c\n" + "".join(
        ",".join("" if v != v else repr(float(v)) for v in row) + "\n" for row in small.to_numpy())
    h.bytes("golden_gaps", short.encode())
    h.numbers("golden_previous", small.ffill().to_numpy().ravel())
    h.numbers("golden_mean", small.mean().to_numpy())


# ---- .npy ----

def saved(array, version=(1, 0)):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version)
    return out.getvalue()


def arrays(h):
    base = np.array([[0, 1, -2], [3, 100, -7]])
    names = []
    for t in ["<f4", ">f4", "<f8", ">f8", "<i4", ">i4", "<i8", ">i8", "<i2", ">u2", "<u4", ">u8", "i1", "u1", "?"]:
        data = (np.abs(base) if "u" in t else base).astype(t)
        for order in "CF":
            name = f"golden_npy_{len(names)}"
            h.bytes(name, saved(np.asarray(data, order=order), (1 + len(names) % 3, 0)))
            names.append((name, t))
    for name, array in {"scalar": np.float32(2.5), "vector": np.arange(5, dtype="<i4"),
                        "empty": np.zeros((0, 3)), "deep": np.arange(24, dtype=">f8").reshape(2, 3, 4).T}.items():
        h.bytes(f"golden_npy_{name}", saved(np.asarray(array)))
    h.lines += ["", "static const struct {", "    const char *data;", "    int bytes;", "    const char *type;",
                "} golden_npy[] = {"]
    h.lines += [f'    {{{n}, {n}_bytes, "{t}"}},' for n, t in names]
    h.lines.append("};")


def main():
    h = Header()
    text(h)
    table(h)
    numbers(h)
    arrays(h)
    with open("tests/golden/data_tables.h", "w", encoding="utf-8") as file:
        file.write("\n".join(h.lines) + "\n")


main()
