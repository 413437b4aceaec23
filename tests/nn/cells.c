/* SPDX-License-Identifier: MIT */
/* Cells as users write them. */
#include "cells.h"

#include <math.h>
#include <rondo/layers.h>
#include <rondo/ops.h>

/* ---- options, and an output of another size than the state's ---- */

typedef struct lstmp_options {
    int64_t projection;
    double forget; /* what the forget gate's bias begins as */
} lstmp_options;

/* W x + U h + b of `units` units, for h of another size. */
static rn_tensor gate(rn_scope s, const char *name, rn_tensor x, rn_tensor h, int64_t units,
                      double bias)
{
    rn_tensor sum =
        rn_add(rn_gate_input(s, name, x, units), rn_gate_state(s, name, h, units));

    return rn_bias(rn_scope_in(s, name), "b", sum, bias);
}

static rn_tensor lstmp(rn_scope s, rn_tensor x, rn_tensor *state, const void *options)
{
    const lstmp_options *own = (const lstmp_options *)options;
    rn_tensor h = state[0], c = state[1];
    const int64_t H = rn_size(c, -1);
    rn_tensor f = rn_sigmoid(gate(s, "f", x, h, H, own->forget));
    rn_tensor i = rn_sigmoid(gate(s, "i", x, h, H, 0));
    rn_tensor g = rn_tanh(gate(s, "c", x, h, H, 0));
    rn_tensor o = rn_sigmoid(gate(s, "o", x, h, H, 0));

    state[1] = rn_add(rn_mul(f, c), rn_mul(i, g));
    return state[0] = rn_gate_input(s, "p", rn_mul(o, rn_tanh(state[1])), own->projection);
}

static const lstmp_options settings = {.projection = RN_TEST_PROJECTION, .forget = 1.5};

const rn_cell rn_test_cell_lstmp = {
    .name = "lstmp",
    .states = 2,
    .step_with = lstmp,
    .options = &settings,
    .output = RN_TEST_PROJECTION,
    .state = {{.shape = {1, {RN_TEST_PROJECTION}}}, {.value = 0.5}},
};

/* ---- a matrix as state ---- */

static rn_tensor memory(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor C = state[0], n = state[1];
    const int64_t M = rn_size(C, 1), H = rn_size(C, 2);
    rn_tensor q = rn_gate_input(s, "q", x, H), v = rn_gate_input(s, "v", x, M);
    rn_tensor k = rn_scale(rn_gate_input(s, "k", x, H), 1 / sqrt((double)H));
    rn_tensor i = rn_sigmoid(rn_linear(s, "i", x, 1)),
              f = rn_sigmoid(rn_linear(s, "f", x, 1));
    rn_tensor o = rn_sigmoid(rn_linear(s, "o", x, M));
    rn_tensor vk = rn_mul(rn_expand(rn_mul(i, v), -1), rn_expand(k, 1));

    state[0] = C = rn_add(rn_mul(rn_expand(f, -1), C), vk);
    state[1] = n = rn_add(rn_mul(f, n), rn_mul(i, k));

    rn_tensor Cq = rn_sum(rn_mul(C, rn_expand(q, 1)), (int[]){-1}, 1, false);
    rn_tensor nq = rn_sum(rn_mul(n, q), (int[]){-1}, 1, true);
    return rn_div(rn_mul(o, Cq), rn_sqrt(rn_offset(rn_square(nq), 1)));
}

const rn_cell rn_test_cell_memory = {
    .name = "memory",
    .states = 2,
    .step = memory,
    .output = 2 * RN_UNITS,
    .state = {{.shape = {2, {2 * RN_UNITS, RN_UNITS}}, .value = 0.1, .learned = true}},
};

/* ---- a beginning of its own, and a state of the input's size ---- */

static void shift_begin(rn_scope s, rn_tensor *state, const void *options)
{
    const rn_shape shape = rn_shape_get(state[0]);
    rn_tensor h0 =
        rn_weight(s, "h0", rn_shape(shape.size[1]), (rn_init){RN_INIT_UNIFORM, 0.5});

    (void)options;
    state[0] = rn_broadcast(rn_tanh(h0), shape);
}

static rn_tensor shift(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor a =
        rn_weight(s, "a", rn_shape(rn_size(x, -1)), (rn_init){RN_INIT_CONSTANT, 0.5});
    rn_tensor mixed = rn_add(rn_mul(a, x), rn_mul(rn_one_minus(a), state[1]));

    state[0] = rn_tanh(rn_gate(s, "h", mixed, state[0]));
    state[1] = x;
    return rn_concat(state, 2, -1);
}

const rn_cell rn_test_cell_shift = {
    .name = "shift",
    .states = 2,
    .step = shift,
    .output = RN_UNITS + RN_INPUTS,
    .state = {{.value = 0}, {.shape = {1, {RN_INPUTS}}}},
    .begin = shift_begin,
};
