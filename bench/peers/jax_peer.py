# SPDX-License-Identifier: MIT
"""JAX as a system of the benchmark: lax.scan under jit; see serve.py."""
import jax
import jax.numpy as jnp

import jax_cells
import serve
import weights


class Layer:
    def __init__(self, c):
        self.c, both = c, c.cell == "bilstm"
        self.cell = cell = "lstm" if both else c.cell
        count = len(weights.CELLS[cell])
        self.x = jnp.asarray(weights.number(1000, c.T * c.B * c.I).reshape(c.T, c.B, c.I))
        D = 2 if both else 1
        self.dy = jnp.asarray(weights.number(1001, c.T * c.B * c.H * D).reshape(c.T, c.B, D * c.H))
        self.p = [[jnp.asarray(a) for a in weights.join(cell, weights.weights(cell, c.I, c.H, d * count))]
                  for d in range(D)]
        self.got = None

        def forward(x, p):
            y = [jax_cells.layer(cell, c.H, x, p[d], d == 1) for d in range(D)]
            return jnp.concatenate(y, -1) if both else y[0]

        def train(x, p, dy):
            y, back = jax.vjp(forward, x, p)
            return y, back(dy)

        self.forward, self.train = jax.jit(forward), jax.jit(train)

    def run(self):
        if self.c.mode == "forward":
            self.y = jax.block_until_ready(self.forward(self.x, self.p))
        else:
            self.y, self.got = jax.block_until_ready(self.train(self.x, self.p, self.dy))

    def values(self):
        if not self.got:
            return [self.y]
        dx, dp = self.got
        return [self.y, dx] + [g for one in dp for g in weights.split(self.cell, one)]


def load(c):
    if c.mode not in ("forward", "train") or c.cell.startswith("lm"):
        return None, "not this case"
    made = Layer(c)
    made.run()  # compiles it
    return made, ""


serve.serve(load)
