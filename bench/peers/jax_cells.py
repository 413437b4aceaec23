# SPDX-License-Identifier: MIT
"""The cells in JAX: step(a, s, p) -> the next states, of which the first is the output.
a [B, G H] is x W (+ b), computed for all steps at once; p are the parameters of
weights.JOINED."""
import jax
import jax.numpy as jnp
from jax.nn import sigmoid
from jax.numpy import tanh


def rnn(a, s, p):
    return (tanh(a + s[0] @ p[1]),)


def lstm(a, s, p):
    h, c = s
    f, i, o, g = jnp.split(a + h @ p[1], 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(c), c


def gru(a, s, p):
    (h,) = s
    ar, az, ag = jnp.split(a, 3, axis=1)
    ur, uz, ug = jnp.split(h @ p[1], 3, axis=1)
    r, z = sigmoid(ar + ur), sigmoid(az + uz)
    g = tanh(ag + r * (ug + p[3]))
    return ((1 - z) * h + z * g,)


def gru_before(a, s, p):
    (h,) = s
    ar, az, ag = jnp.split(a, 3, axis=1)
    ur, uz = jnp.split(h @ p[1], 2, axis=1)
    r, z = sigmoid(ar + ur), sigmoid(az + uz)
    g = tanh(ag + (r * h) @ p[3])
    return ((1 - z) * h + z * g,)


def peephole(a, s, p):
    h, c = s
    f, i, o, g = jnp.split(a + h @ p[1], 4, axis=1)
    pf, pi = jnp.split(p[3], 2)
    c = sigmoid(f + pf * c) * c + sigmoid(i + pi * c) * tanh(g)
    return sigmoid(o + p[4] * c) * tanh(c), c


def norm(x, gain, bias):
    x = x - x.mean(-1, keepdims=True)
    return gain * x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5) + bias


def norm_lstm(a, s, p):
    h, c = s
    f, i, o, g = jnp.split(a + norm(h @ p[1], p[5], p[6]), 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(norm(c, p[7], p[8])), c


def mgu(a, s, p):
    (h,) = s
    af, ag = jnp.split(a, 2, axis=1)
    f = sigmoid(af + h @ p[1])
    g = tanh(ag + (f * h) @ p[3])
    return ((1 - f) * h + f * g,)


def slstm(a, s, p):
    h, c, n, m = s
    z, i, f, o = jnp.split(a + h @ p[1], 4, axis=1)
    f = jax.nn.log_sigmoid(f) + m
    m = jnp.maximum(f, i)
    keep, add = jnp.exp(f - m), jnp.exp(i - m)
    c, n = keep * c + add * tanh(z), keep * n + add
    return sigmoid(o) * c / n, c, n, m


STEPS = {"rnn": (rnn, 1), "lstm": (lstm, 2), "gru": (gru, 1), "gru_before": (gru_before, 1),
         "peephole": (peephole, 2), "norm_lstm": (norm_lstm, 2), "mgu": (mgu, 1),
         "slstm": (slstm, 4)}


def projection(cell, x, p):
    a = x @ p[0]
    return norm(a, p[3], p[4]) + p[2] if cell == "norm_lstm" else a + p[2]


def layer(cell, units, x, p, reverse=False):
    step, states = STEPS[cell]

    def body(s, a):
        s = step(a, s, p)
        return s, s[0]

    begin = (jnp.zeros((x.shape[1], units), x.dtype),) * states
    return jax.lax.scan(body, begin, projection(cell, x, p), reverse=reverse)[1]
