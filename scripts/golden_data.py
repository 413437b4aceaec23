#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/golden_data.h: orders of shuffled data, which must never change, from
Philox as published; class weights and scaling of scikit-learn.

    pip install numpy scikit-learn==1.9.1
    python3 scripts/golden_data.py

A tool of the tests alone. Another run gives the same file.
"""
import pathlib

import numpy as np
import sklearn
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.class_weight import compute_class_weight

M32, M64 = (1 << 32) - 1, (1 << 64) - 1


def philox(counter, key):
    """Philox4x32-10 of Salmon et al. 2011."""
    x, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [b >> 32 ^ x[1] ^ k[0], b & M32, a >> 32 ^ x[3] ^ k[1], a & M32]
        k = [k[0] + 0x9E3779B9 & M32, k[1] + 0xBB67AE85 & M32]
    return x


def mix(x):
    """The last step of SplitMix64."""
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & M64
    x = (x ^ x >> 27) * 0x94D049BB133111EB & M64
    return x ^ x >> 31


def shuffled(count, seed, epoch, part=0):
    """Fisher and Yates, from the last item to the first; 64 bits a draw."""
    key = [mix(seed) & M32, mix(seed) >> 32]
    draws = []
    for block in range((count + 1) // 2):
        w = philox([block, part, epoch & M32, epoch >> 32], key)
        draws += [w[0] | w[1] << 32, w[2] | w[3] << 32]
    item = list(range(count))
    for i, u in zip(range(count - 1, 0, -1), draws):
        j = u * (i + 1) >> 64
        item[i], item[j] = item[j], item[i]
    return item


def array(name, kind, numbers):
    return f"static const {kind} {name}[] = {{{', '.join(str(n) for n in numbers)}}};\n"


def main():
    classes = [0, 1, 1, 3, 1, 0, 3, 1, 1, 1, 4, 4]
    weights = compute_class_weight("balanced", classes=np.unique(classes), y=classes)
    series = np.sin(np.arange(36) ** 2).reshape(12, 3) * [1, 10, 1e4] + [0, 5, 1e6]
    standard, minmax = StandardScaler().fit(series[:9]), MinMaxScaler().fit(series[:9])
    text = "/* SPDX-License-Identifier: MIT */\n"
    text += f"/* By scripts/golden_data.py, with scikit-learn {sklearn.__version__}. */\n"
    text += array("golden_first", "int32_t", shuffled(20, 42, 0))
    text += array("golden_second", "int32_t", shuffled(20, 42, 1))
    text += array("golden_late", "int32_t", shuffled(20, 2**63 + 5, 2**32 + 7))
    text += array("golden_classes", "int32_t", classes)
    text += array("golden_weights", "double", map(float, weights))
    text += array("golden_series", "double", map(float, series.ravel()))
    text += array("golden_mean", "double", map(float, standard.mean_))
    text += array("golden_deviation", "double", map(float, standard.scale_))
    text += array("golden_least", "double", map(float, minmax.data_min_))
    text += array("golden_range", "double", map(float, minmax.data_range_))
    root = pathlib.Path(__file__).parent.parent
    (root / "tests" / "data").mkdir(exist_ok=True)
    (root / "tests" / "data" / "golden_data.h").write_text(text)


main()
