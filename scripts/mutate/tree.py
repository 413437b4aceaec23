# SPDX-License-Identifier: MIT
"""A copy of the sources in which every mistake is written down and none is made.

Where the text of a mutant in mutants.txt stands, the copy chooses by rn__mutant between it
and its replacement; in the sweep, rules are called through mutant.c. So one build serves
all mutants.
"""
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
COPIED = ["examples", "include", "ops", "src", "tests", "meson.build", "meson_options.txt"]
DECLARATION = "#include <stdbool.h>\nbool rn__mutant(const char *name);\n"

# The calls of a rule and of what adds its result, and where the build learns of new files.
HOOKS = [
    ("src/autodiff/sweep.c", "    op->gradient(p);", "    rn__mutant_rule(op, p);"),
    ("src/autodiff/sweep.c", "rn__mask_add(s, node->in[i], fit(node->op, i, dx[i], x[i], p.y), mask)",
     "rn__mutant_add(s, node, i, fit(node->op, i, dx[i], x[i], p.y), mask)"),
    ("src/check/alone.c", "node->op->gradient(&p);", "rn__mutant_rule(node->op, &p);"),
    ("src/check/alone.c", '#include "check/culprit.h"',
     '#include "check/culprit.h"\n#include "autodiff/mutant.h"'),
    ("src/autodiff/sweep.c", '#include "autodiff/sweep.h"',
     '#include "autodiff/sweep.h"\n#include "autodiff/mutant.h"'),
    ("src/meson.build", "'autodiff/sweep.c',",
     "'autodiff/sweep.c', 'autodiff/mutant.c', 'autodiff/census.c',"),
]
SMALL = """
executable('small', 'small.c', op_records, link_with: support,
           dependencies: [criterion, rondo_inside])
"""


class Problem(Exception):
    pass


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def mutants():
    """(name, file, text, replacement) of each in mutants.txt."""
    found = []
    for line in read(os.path.join(HERE, "mutants.txt")).splitlines():
        head = re.fullmatch(r"\[(\S+/\S+)\] (\S+)", line)
        if head:
            found.append([head[1], head[2], "", ""])
        elif line.startswith(("< ", "> ")):
            found[-1][2 if line[0] == "<" else 3] += line[2:]
        elif line and line[0] != "#":
            raise Problem(f"mutants.txt: what is this: {line}")
    return [tuple(m) for m in found]


def place(source, text, what):
    """Where the text stands; it must stand there once."""
    pattern = r"\s+".join(re.escape(word) for word in text.split())
    spots = list(re.finditer(pattern, source))
    if len(spots) != 1:
        raise Problem(f"{what}: stands there {len(spots)} times, not once: {text}")
    return spots[0].span()


def choice(original, options):
    """The text that is one of the options, or the original."""
    raw = [(name, new) for name, new in options if "@" in new]
    if raw:
        if len(options) > 1:
            raise Problem(f"{raw[0][0]}: another mutant has the same place")
        return raw[0][1].replace("@", f'rn__mutant("{raw[0][0]}")')
    if original.rstrip().endswith(";"):
        text = f"{{ {original} }}"
        for name, new in reversed(options):
            text = f'if (rn__mutant("{name}")) {{ {new} }} else {text}'
        return f"{{ {text} }}"
    text = f"({original})"
    for name, new in reversed(options):
        text = f'(rn__mutant("{name}") ? ({new}) : {text})'
    return text


def mutated(path, source, edits):
    spans = {}
    for name, _, text, new in edits:
        spans.setdefault(place(source, text, f"{name} in {path}"), []).append((name, new))
    last = len(source)
    for (start, end), options in sorted(spans.items(), reverse=True):
        if end > last:
            raise Problem(f"{options[0][0]} in {path}: overlaps another")
        source = source[:start] + choice(source[start:end], options) + source[end:]
        last = start
    return DECLARATION + source if edits else source


def hooked(path, source):
    for file, text, new in HOOKS:
        if file == path:
            start, end = place(source, text, f"the hook in {path}")
            source = source[:start] + new + source[end:]
    if path == "tests/meson.build":
        source += SMALL
    return source


def files():
    for part in COPIED:
        if os.path.isfile(os.path.join(ROOT, part)):
            yield part
        for folder, _, names in os.walk(os.path.join(ROOT, part)):
            for name in names:
                yield os.path.relpath(os.path.join(folder, name), ROOT)


def write(path, data, mode=None):
    """Leaves a file alone that is already so: the build looks at its age."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.exists(path):
        with open(path, "rb") as file:
            if file.read() == data:
                return
    with open(path, "wb") as file:
        file.write(data)
    if mode:
        shutil.copymode(mode, path)


def make(target):
    table = mutants()
    names = [name for name, _, _, _ in table]
    if len(set(names)) < len(names):
        raise Problem("mutants.txt: a name is used twice")
    for path in files():
        whole = os.path.join(ROOT, path)
        edits = [m for m in table if m[1] == path]
        hooks = [h for h in HOOKS if h[0] == path] or path == "tests/meson.build"
        if edits or hooks:
            data = hooked(path, mutated(path, read(whole), edits)).encode()
        else:
            with open(whole, "rb") as file:
                data = file.read()
        write(os.path.join(target, path), data, whole)
    for name, where in [("mutant.c", "src/autodiff"), ("mutant.h", "src/autodiff"),
                        ("census.c", "src/autodiff"), ("small.c", "tests")]:
        write(os.path.join(target, where, name),
              read(os.path.join(HERE, name)).encode())
    missing = {m[1] for m in table} - set(files())
    if missing:
        raise Problem(f"mutants.txt: no such file: {', '.join(sorted(missing))}")
    return names


if __name__ == "__main__":
    try:
        make(sys.argv[1])
    except Problem as problem:
        sys.exit(f"mutate: {problem}")
