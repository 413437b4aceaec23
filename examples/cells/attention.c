/* SPDX-License-Identifier: MIT */
/*
 * attention -- any cell with attention over a memory of S vectors of M units, which are the
 * outputs of an encoder or the cell's own last states; Bahdanau, Cho and Bengio 2015,
 * arXiv:1409.0473; Luong, Pham and Manning 2015, arXiv:1508.04025; Vaswani et al. 2017,
 * arXiv:1706.03762; over its own states: Cheng, Dong and Lapata 2016, arXiv:1601.06733.
 *
 *   x  [B, I]    m  [B, S, M]    query q  [B, H]    context a  [B, M], of heads [B, A]
 *
 *   a(q) = sum over j of p_j m_j              p = softmax over j of score(q, m_j)
 *     additive:  score = v . tanh(W q + U m_j + b)          Bahdanau
 *     dot:       score = q . W m_j                          Luong's "general"
 *     heads:     score = (W q) . (U m_j) / sqrt(A / N) for each of N parts of A, whose
 *                contexts are of V m_j and not of m_j
 *   before the step (Bahdanau):  a = a(h)     h' = cell([x; a], h)    y = h'
 *   after it (Luong):   h' = cell([x; y of the step before], h)       y = tanh(Wc [h';
 * a(h')])
 *
 * States: those of the cell, whose state 0 is h; the context of this step, or after it y;
 * and, if the memory is the cell's own states, these, [B, S, H], and which exist, [B, S].
 */
#include "cells.h"

#include <math.h>

typedef struct memory {
    rn_tensor m;     /* [B, S, M] */
    rn_tensor valid; /* bool [B, S]; null: all */
} memory;

/* Softmax over S of scores [B, N, S], of valid elements only: zeros if there are none. */
static rn_tensor weights(rn_tensor scores, const memory *m)
{
    if (rn_is_null(m->valid)) return rn_softmax(scores, -1);

    rn_tensor valid = rn_expand(m->valid, 1), none = rn_constant_like(scores, 0);
    rn_tensor p = rn_softmax(rn_where(valid, scores, rn_constant_like(scores, -1e30)), -1);
    return rn_where(valid, p, none);
}

/* [B, S, A] as [B, N, S, A / N]. */
static rn_tensor split(rn_tensor x, int64_t N)
{
    const int64_t B = rn_size(x, 0), S = rn_size(x, 1), A = rn_size(x, 2);

    return rn_permute(rn_reshape(x, rn_shape(B, S, N, A / N)), (int[]){0, 2, 1, 3});
}

static rn_tensor heads(rn_scope s, const cell_attention_options *o, rn_tensor q,
                       const memory *m, int64_t A)
{
    const int64_t N = o->heads ? o->heads : 1, B = rn_size(q, 0);

    if (A % N)
        return rn_fail(q.graph,
                       "attention: heads must divide units: %lld heads, %lld units",
                       (long long)N, (long long)A);
    rn_tensor k = split(rn_linear(s, "key", m->m, A), N);
    rn_tensor v = split(rn_linear(s, "value", m->m, A), N);
    rn_tensor one = rn_scale(rn_linear(s, "query", q, A), 1 / sqrt((double)A / (double)N));
    rn_tensor scores = rn_sum_axis(rn_mul(k, rn_reshape(one, rn_shape(B, N, 1, A / N))),
                                   -1); /* [B, N, S] */
    rn_tensor p = rn_expand(weights(scores, m), -1);
    return rn_reshape(rn_sum_axis(rn_mul(p, v), 2), rn_shape(B, A));
}

static rn_tensor context(rn_scope s, const cell_attention_options *o, rn_tensor q,
                         const memory *m)
{
    const int64_t H = rn_size(q, -1), A = o->units ? o->units : H;
    rn_tensor scores; /* [B, S] */

    if (o->score == CELL_SCORE_HEADS) return heads(s, o, q, m, A);
    if (o->score == CELL_SCORE_ADDITIVE) {
        const rn_init init = {RN_INIT_GLOROT_UNIFORM, 1};
        rn_tensor key = rn_linear(s, "key", m->m, A);
        rn_tensor query = rn_gate_input(s, "query", q, A);
        rn_tensor sum = rn_add(key, rn_expand(query, 1));
        rn_tensor v = rn_weight(s, "score", rn_shape(A), init);
        scores = rn_sum_axis(rn_mul(v, rn_tanh(sum)), -1);
    } else {
        rn_tensor w =
            rn_weight(rn_scope_in(s, "query"), "w", rn_shape(H, rn_size(m->m, -1)),
                      (rn_init){RN_INIT_GLOROT_UNIFORM, 1});
        scores = rn_sum_axis(rn_mul(m->m, rn_expand(rn_matmul(q, w), 1)), -1);
    }
    rn_tensor p = rn_squeeze(weights(rn_expand(scores, 1), m), 1);
    return rn_sum_axis(rn_mul(rn_expand(p, -1), m->m), 1);
}

static const rn_cell *inner(const cell_attention_options *o)
{
    return o->cell ? o->cell : &rn_cell_gru;
}

/* The memory in this step; `own` are the states that keep the cell's past. */
static memory remembered(const cell_attention_options *o, const rn_tensor *own)
{
    memory m = {o->memory, rn_null()};

    if (rn_is_null(o->memory))
        m = (memory){own[0], rn_greater(own[1], rn_constant_like(own[1], 0.5))};
    else if (!rn_is_null(o->lengths))
        m.valid = rn_less(rn_range(o->memory.graph, rn_size(o->memory, 1)),
                          rn_expand(o->lengths, -1));
    return m;
}

/* x [B, S, ..] without its first element along S and with another at its end. */
static rn_tensor shifted(rn_tensor x, rn_tensor last)
{
    rn_tensor both[2] = {rn_slice(x, 1, 1, INT64_MAX, 1), rn_expand(last, 1)};

    return rn_concat(both, 2, 1);
}

static rn_tensor run_cell(rn_scope s, const rn_cell *cell, rn_tensor x, rn_tensor y,
                          rn_tensor *state)
{
    rn_tensor both[2] = {x, y}, in = rn_concat(both, 2, -1);

    return cell->step ? cell->step(s, in, state)
                      : cell->step_with(s, in, state, cell->options);
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state, const void *options)
{
    const cell_attention_options *o = (const cell_attention_options *)options;
    const rn_cell *cell = inner(o);
    const rn_scope in = rn_scope_in(s, "cell"), at = rn_scope_in(s, "attention");
    rn_tensor *kept = state + cell->states, *own = kept + 1, y[2];
    const memory m = remembered(o, own);

    if (o->after) {
        y[0] = run_cell(in, cell, x, *kept, state);
        y[1] = context(at, o, y[0], &m);
        y[0] = *kept =
            rn_tanh(rn_gate_input(s, "out", rn_concat(y, 2, -1), rn_size(*kept, -1)));
    } else {
        *kept = context(at, o, state[0], &m);
        y[0] = run_cell(in, cell, x, *kept, state);
    }
    if (rn_is_null(o->memory)) {
        own[0] = shifted(own[0], state[0]);
        own[1] =
            shifted(own[1], rn_broadcast(rn_constant_like(x, 1), rn_shape(rn_size(x, 0))));
    }
    return y[0];
}

static void begin(rn_scope s, rn_tensor *state, const void *options)
{
    const rn_cell *cell = inner((const cell_attention_options *)options);

    if (cell->begin) cell->begin(rn_scope_in(s, "cell"), state, cell->options);
}

const rn_cell cell_attention = {
    .name = "attention",
    .states = 4,
    .step_with = step,
    .options = &(const cell_attention_options){0},
    .state = {[2] = {.shape = {2, {16, RN_UNITS}}}, [3] = {.shape = {1, {16}}}},
};

rn_cell cell_attention_of(const cell_attention_options *o)
{
    const int64_t S = o->window ? o->window : 16, A = o->units ? o->units : RN_UNITS;
    const bool own = rn_is_null(o->memory);
    const int64_t M = own ? RN_UNITS : rn_size(o->memory, -1);
    rn_cell cell = *inner(o);

    cell.name = "attention";
    cell.step = NULL, cell.step_with = step, cell.begin = begin, cell.options = o;
    if (o->after) cell.output = RN_UNITS;
    if (cell.states + 3 > RN_STATES_MAX) return cell.states = RN_STATES_MAX + 1, cell;

    rn_cell_state *kept = &cell.state[cell.states++];
    *kept = (rn_cell_state){.shape = {1, {o->score == CELL_SCORE_HEADS ? A : M}}};
    if (o->after) kept->shape.size[0] = RN_UNITS;
    if (own) {
        cell.state[cell.states++] = (rn_cell_state){.shape = {2, {S, RN_UNITS}}};
        cell.state[cell.states++] = (rn_cell_state){.shape = rn_shape(S)};
    }
    return cell;
}
