#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/train/golden_metrics.h: metrics of other libraries, in f64.

    pip install numpy torch==2.13.0 scikit-learn==1.9.1 seqeval==1.2.2 sacrebleu==2.6.0 \\
        jiwer==4.0.0
    python3 scripts/golden_metrics.py

A tool of the tests alone; neither the library nor its tests need any of these. Another run
gives the same file. The other libraries get what counts, without padding; whole sequences
of weight 2 are given to them twice.
"""
import math
import os
import warnings

import jiwer
import numpy as np
import torch
from sacrebleu.metrics import BLEU
from seqeval import metrics as seqeval
from seqeval.scheme import IOB2
from sklearn import metrics as sk

warnings.filterwarnings("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "tests", "train", "golden_metrics.h")
T, B = 6, 5
LENGTHS = np.array([6, 4, 0, 5, 2])
WEIGHTS = np.array([1, 2, 1, 0, 1])
IGNORED = -7
random = np.random.RandomState(1)
lines = []


def wrap(label, kind, numbers):
    text = ", ".join(repr(float(x)) if kind == "double" else str(int(x)) for x in numbers)
    lines.append(f"\nstatic const {kind} {label}[] = {{")
    while text:
        cut = len(text) if len(text) <= 86 else text.rindex(",", 0, 87) + 1
        lines.append("    " + text[:cut].strip())
        text = text[cut:]
    lines.append("};")


def array(name, label, x):
    real = x.dtype == np.float64
    wrap(f"{name}_{label}", "double" if real else "int32_t", x.reshape(-1))


def cases(name, rows):
    lines.append(f"\nstatic const golden_case {name}_cases[] = {{")
    for value, options in rows:
        lines.append(f"    {{{float(value)!r}, {{{options}}}}},")
    lines.append("};")


def real(*shape, digits=3):
    return np.round(random.randn(*shape), digits)


def counted(*arrays, steps=None, targets=None):
    """What counts of arrays [T, B, ..], as rows, and their weights."""
    weights = np.broadcast_to(WEIGHTS, (T, B)) * (1.0 if steps is None else steps)
    use = (np.arange(T)[:, None] < LENGTHS) & (weights > 0)
    if targets is not None:
        use &= targets != IGNORED
    return [x[use] for x in arrays] + [weights[use]]


def averages(kind, f, y, p, w, classes):
    """Precision, recall and F1 with each average."""
    for label in ["macro", "micro", "weighted"]:
        average = f", .average = RN_{label.upper()}_AVERAGE"
        yield f(y, p, sample_weight=w, average=label, zero_division=0), kind + average
    one = f(y, p, sample_weight=w, average=None, labels=range(classes), zero_division=0)
    yield one[2], kind + ", .average = RN_ONE_CLASS, .of_class = 2"


def classes():
    C = 5
    scores, steps = real(T, B, C), random.randint(1, 9, (T, B)) / 8
    targets = random.randint(0, C - 1, (T, B))  # the last one is no target
    scores += 0.75 * np.eye(C)[targets]
    targets[1, 0] = targets[0, 4] = IGNORED
    steps[2, 1] = 0
    x, y, w = counted(scores, targets, steps=steps, targets=targets)
    p, log_p = x.argmax(-1), torch.log_softmax(torch.tensor(x), -1)
    loss = torch.nn.functional.nll_loss(log_p, torch.tensor(y), reduction="none").numpy()
    loss = np.average(loss, weights=w)
    top = sk.top_k_accuracy_score(y, x, k=2, sample_weight=w, labels=range(C))
    accuracy = sk.accuracy_score(y, p, sample_weight=w)
    rows = [(accuracy, ".kind = RN_METRIC_ACCURACY"),
            (accuracy, ".kind = RN_METRIC_CONFUSION, .classes = 5"),
            (top, ".kind = RN_METRIC_TOP, .top = 2"),
            (loss, ".kind = RN_METRIC_CROSS_ENTROPY"),
            (math.exp(loss), ".kind = RN_METRIC_PERPLEXITY"),
            (loss / math.log(2), ".kind = RN_METRIC_BITS")]
    for label, f in [("PRECISION", sk.precision_score), ("RECALL", sk.recall_score),
                     ("F1", sk.f1_score)]:
        rows += averages(f".kind = RN_METRIC_{label}", f, y, p, w, C)
    for label, x in [("scores", scores), ("steps", steps), ("targets", targets)]:
        array("classes", label, x)
    array("classes", "confusion",
          sk.confusion_matrix(y, p, sample_weight=w, labels=range(C)).astype(np.float64))
    cases("classes", rows)


def binary():
    scores, targets = real(T, B, 2, digits=1), random.randint(0, 2, (T, B, 2))
    scores = np.round(scores + 0.5 * targets, 1)
    targets[1, 0, 1] = targets[0, 4, 0] = IGNORED
    rows = []
    x, y, w = counted(scores, targets)
    use = (y != IGNORED).reshape(-1)
    x, y, w = x.reshape(-1)[use], y.reshape(-1)[use], w.repeat(2)[use]
    rows.append((sk.roc_auc_score(y, x, sample_weight=w), ".kind = RN_METRIC_AUC"))
    for threshold in [0, 0.25]:
        rows.append((sk.accuracy_score(y, x > threshold, sample_weight=w),
                     f".kind = RN_METRIC_BINARY_ACCURACY, .threshold = {threshold}"))
    array("binary", "scores", scores)
    array("binary", "targets", targets)
    cases("binary", rows)


def errors():
    scores, values, steps = real(T, B, 2), real(T, B, 2), random.randint(1, 9, (T, B)) / 8
    values[..., 1] += 1e6
    scores[..., 1] += 1e6
    x, y, w = counted(scores, values, steps=steps)
    names = [("ABSOLUTE_ERROR", sk.mean_absolute_error), ("SQUARED_ERROR",
             sk.mean_squared_error), ("R2", sk.r2_score)]
    rows = [(f(y, x, sample_weight=w), f".kind = RN_METRIC_{name}") for name, f in names]
    rows.append((math.sqrt(rows[1][0]), ".kind = RN_METRIC_ROOT_SQUARED_ERROR"))
    rows.append((np.average(x.mean(-1), weights=w), ".kind = RN_METRIC_MEAN"))
    parts = [f(y, x, sample_weight=w, multioutput="raw_values") for _, f in names]
    parts.append(np.sqrt(parts[1]))
    for label, x in [("scores", scores), ("values", values), ("steps", steps)]:
        array("errors", label, x)
    array("errors", "parts", np.array(parts))
    cases("errors", rows)


def sequences(x, lengths, ignored=None):
    """Lists, those of weight 2 twice."""
    lists = []
    for b in range(x.shape[1]):
        keep = [t for t in range(lengths[b]) if ignored is None or ignored[t, b] != IGNORED]
        lists += [x[keep, b].tolist()] * int(WEIGHTS[b % B])
    return lists


def spans():
    tags = ["O", "B-x", "I-x", "B-y", "I-y", "I-z"]
    steps, n = 14, 10
    targets = random.choice(6, (steps, n), p=[0.25, 0.2, 0.3, 0.1, 0.1, 0.05])
    classes = np.where(random.rand(steps, n) < 0.7, targets, random.randint(0, 6, (steps, n)))
    lengths = random.randint(0, steps + 1, n)
    lengths[0] = steps
    targets[3, 0] = IGNORED
    y = [[tags[i] for i in s] for s in sequences(targets, lengths, targets)]
    p = [[tags[i] for i in s] for s in sequences(classes, lengths, targets)]
    rows = []
    for name in ["precision", "recall", "f1"]:
        kind = f".kind = RN_METRIC_SPAN_{name.upper()}"
        for average in ["micro", "macro", "weighted"]:
            options = f"{kind}, .average = RN_{average.upper()}_AVERAGE"
            score = getattr(seqeval, name + "_score")
            rows.append((score(y, p, average=average), options))
            rows.append((score(y, p, average=average, mode="strict", scheme=IOB2),
                         options + ", .strict = true"))
    array("spans", "targets", targets)
    array("spans", "classes", classes)
    array("spans", "lengths", lengths)
    _, _, f1, support = seqeval.sequence_labeling.precision_recall_fscore_support(y, p, average=None)
    array("spans", "f1", np.array([f1, support], np.float64))
    cases("spans", rows)


def tokens():
    """Characters 0..3, of which 0 is a separator of words."""
    steps, n = 24, 10
    p = np.array([0.25, 0.25, 0.25, 0.25])
    targets = random.choice(4, (steps, n), p=p)
    noise = random.rand(steps, n)
    classes = np.where(noise < 0.85, targets, random.choice(4, (steps, n), p=p))
    for b in range(0, n, 3):
        classes[:, b] = np.roll(classes[:, b], 2)
    lengths, target_lengths = random.randint(0, steps + 1, n), random.randint(3, steps + 1, n)
    targets[0, :] = 1 + random.randint(0, 3, n)
    y, q = sequences(targets, target_lengths), sequences(classes, lengths)
    text = lambda s: "".join(" abc"[i] for i in s)
    words = [" ".join(text(s).split()) for s in y], [" ".join(text(s).split()) for s in q]
    y = ["".join("xabc"[i] for i in s) for s in y]
    q = ["".join("xabc"[i] for i in s) for s in q]
    character = jiwer.process_characters(y, q)
    edits = character.substitutions + character.insertions + character.deletions
    rows = [(character.cer, ".kind = RN_METRIC_ERROR_RATE"),
            (edits / len(y), ".kind = RN_METRIC_EDIT_DISTANCE"),
            (jiwer.wer(*words), ".kind = RN_METRIC_ERROR_RATE, .separates = true")]
    for order, method, effective in [(4, "none", False), (2, "exp", False),
                                     (3, "add-k", False), (4, "exp", True)]:
        options = ".kind = RN_METRIC_BLEU, .order = %d, .smoothing = RN_BLEU_%s%s" % (
            order, {"none": "NONE", "exp": "EXP", "add-k": "ADD"}[method],
            ", .effective_order = true" if effective else "")
        bleu = BLEU(max_ngram_order=order, smooth_method=method, tokenize="none", force=True,
                    smooth_value=1 if method == "add-k" else None,
                    effective_order=effective)
        spaced = [" ".join(s) for s in q], [[" ".join(s) for s in y]]
        rows.append((bleu.corpus_score(*spaced).score / 100, options))
    array("tokens", "targets", targets)
    array("tokens", "classes", classes)
    array("tokens", "lengths", lengths)
    array("tokens", "target_lengths", target_lengths)
    cases("tokens", rows)
    short_bleu()
    several_bleu()


def several_bleu():
    """Texts with up to three references; the first text counts twice. That of the second
    is as far from a shorter reference as from a longer one."""
    texts = [("1 2 3 4 5 6", "1 2 3 9 5 6 7", "1 2 3 4 8", "3 4 5 6"),
             ("2 2 2 7", "2 7 2 7 2", "2 2 9", None), ("5 6 7 8", "9 5 6 7 8", None, None)]
    twice = [texts[0], *texts]
    rows = []
    for order, method in [(4, "none"), (2, "exp"), (3, "add-k")]:
        bleu = BLEU(max_ngram_order=order, smooth_method=method, tokenize="none", force=True,
                    smooth_value=1 if method == "add-k" else None)
        score = bleu.corpus_score([t[0] for t in twice],
                                  [[t[r] for t in twice] for r in (1, 2, 3)])
        name = {"none": "NONE", "exp": "EXP", "add-k": "ADD"}[method]
        rows.append((score.score / 100, f".kind = RN_METRIC_BLEU, .order = {order}, "
                                        f".smoothing = RN_BLEU_{name}"))
    lines.append(f"\nstatic const double several_length = {score.ref_len};")
    lines.append("\nstatic const char *const several_texts[][4] = {")
    for text in texts:
        lines.append("    {%s}," % ", ".join('"%s"' % t if t else "NULL" for t in text))
    lines.append("};")
    cases("several", rows)


def short_bleu():
    """One pair that is too short for 4-grams, without some matches, or too long."""
    rows = []
    for p, y in [("1 2 3", "1 2 4 5"), ("1 2 9 4 5", "1 2 3 4 5"), ("5 1", "1 5 1"),
                 ("1 2 3 4 5 6 7", "1 2 3 4 5")]:
        for method in ["none", "exp", "add-k"]:
            for effective in [False, True]:
                bleu = BLEU(smooth_method=method, tokenize="none", force=True,
                            smooth_value=1 if method == "add-k" else None,
                            effective_order=effective)
                value = bleu.corpus_score([p], [[y]]).score / 100
                name = {"none": "NONE", "exp": "EXP", "add-k": "ADD"}[method]
                rows.append(f'    {{"{p}", "{y}", RN_BLEU_{name}, '
                            f'{"true" if effective else "false"}, {value!r}}},')
    lines.append("\nstatic const golden_bleu short_bleu[] = {")
    lines.extend(rows)
    lines.append("};")


HEAD = """/* SPDX-License-Identifier: MIT */
/*
 * Metrics of scikit-learn 1.9.1, PyTorch 2.13.0, seqeval 1.2.2, sacrebleu 2.6.0 and jiwer
 * 4.0.0. Made by scripts/golden_metrics.py; not to be edited.
 */
#ifndef RN_TESTS_GOLDEN_METRICS_H
#define RN_TESTS_GOLDEN_METRICS_H

#include "rondo/metrics.h"

/* clang-format off */

typedef struct golden_case {
    double value;
    rn_metric_options options;
} golden_case;

/* Texts of tokens. */
typedef struct golden_bleu {
    const char *prediction, *target;
    rn_bleu_smoothing smoothing;
    bool effective;
    double value;
} golden_bleu;

enum { T = 6, B = 5, IGNORED = -7, SPAN_STEPS = 14, TOKEN_STEPS = 24, TEXTS = 10 };"""

lines.append(HEAD)
array("all", "lengths", LENGTHS)
wrap("all_weights", "float", np.tile(WEIGHTS, 2))
classes()
binary()
errors()
spans()
tokens()
lines.append("\n#endif")
with open(OUT, "w") as file:
    file.write("\n".join(lines) + "\n")
