/* SPDX-License-Identifier: MIT */
/*
 * Random graphs of smooth operators with views, reductions, products and nested loops,
 * whose values stay moderate.
 */
#ifndef RN_TESTS_COMPILE_RANDOM_GRAPH_H
#define RN_TESTS_COMPILE_RANDOM_GRAPH_H

#include "graph/loop.h"
#include "run/driver.h"

enum { RN_TEST_INPUTS = 5, RN_TEST_VARIABLES = 4, RN_TEST_POOL = 200 };

typedef struct rn_test_dice {
    uint64_t seed, thrown;
    bool smooth; /* no steps: what finite differences can follow */
} rn_test_dice;

/* 0 .. below - 1 */
static inline int rn_test_throw(rn_test_dice *d, int below)
{
    const double u = (rn_test_number(d->seed, d->thrown++) + 1) / 2;

    return (int)(u * below) % below;
}

/* Tensors that may be mentioned: those of the graph and of all bodies around. */
typedef struct rn_test_pool {
    rn_tensor at[RN_TEST_POOL];
    int count;
} rn_test_pool;

static inline rn_tensor rn_test_pick(rn_test_dice *d, const rn_test_pool *pool)
{
    /* Rather one of the latest, so that graphs are deep. */
    const int last = pool->count < 6 ? pool->count : 6;

    if (rn_test_throw(d, 3)) return pool->at[pool->count - 1 - rn_test_throw(d, last)];
    return pool->at[rn_test_throw(d, pool->count)];
}

static inline void rn_test_put(rn_test_pool *pool, rn_tensor x)
{
    if (rn_is_null(x) || rn_test_count(x) > 600 || rn_rank(x) > 4) return;
    if (pool->count < RN_TEST_POOL) pool->at[pool->count++] = x;
}

/* ---- operators ---- */

static inline rn_tensor rn_test_unary(rn_test_dice *d, rn_tensor x)
{
    switch (rn_test_throw(d, d->smooth ? 9 : 10)) {
    case 0:
        return rn_neg(x);
    case 1:
        return rn_tanh(x);
    case 2:
        return rn_sigmoid(x);
    case 3:
        return rn_sin(x);
    case 4:
        return rn_scale(x, 0.5);
    case 5:
        return rn_offset(x, 0.25);
    case 6:
        return rn_square(rn_tanh(x));
    case 7:
        return rn_softplus(x);
    case 8:
        return rn_one_minus(x);
    default:
        return rn_cast(rn_cast(x, RN_F32), RN_F64);
    }
}

/* Two elements an axis, at indices that are the same or not for all other places. */
static inline rn_tensor rn_test_gather(rn_test_dice *d, rn_tensor x, int axis)
{
    rn_shape shape = rn_shape_get(x);
    int32_t index[1200];

    if (rn_size(x, axis) == 0) return x;
    shape.size[axis] = 2;
    for (int i = 0; i < shape.rank; i++)
        if (i != axis && rn_test_throw(d, 2)) shape.size[i] = 1;
    for (int64_t i = 0; i < rn_shape_count(shape); i++)
        index[i] = rn_test_throw(d, (int)rn_size(x, axis));
    return rn_gather(x, rn_constant(x.graph, RN_I32, shape, index), axis);
}

static inline rn_tensor rn_test_cumsum(rn_test_dice *d, rn_tensor x, int axis)
{
    const bool exclusive = rn_test_throw(d, 2), reverse = rn_test_throw(d, 2);

    return rn_scale(rn_cumsum(x, axis, (rn_cumsum_options){exclusive, reverse}), 0.3);
}

static inline rn_tensor rn_test_view(rn_test_dice *d, rn_tensor x)
{
    const int rank = rn_rank(x), axis = rank ? rn_test_throw(d, rank) : 0;
    const int64_t n = rank ? rn_size(x, axis) : 0;
    int order[RN_RANK_MAX];
    int32_t rows[3];

    if (rank == 0) return rn_broadcast(x, rn_shape(rn_test_throw(d, 4), 2));
    switch (rn_test_throw(d, 12)) {
    case 0:
        for (int i = 0; i < rank; i++) order[i] = (i + 1) % rank;
        return rn_permute(x, order);
    case 1:
        return rank > 1 ? rn_transpose(x) : rn_reverse(x, 0);
    case 2:
        return rn_reverse(x, axis);
    case 3:
        return rn_slice(x, axis, rn_test_throw(d, (int)n + 1), n, 1 + rn_test_throw(d, 2));
    case 4:
        return n > 0 ? rn_index(x, axis, rn_test_throw(d, (int)n)) : x;
    case 5:
        return rn_reshape(x, rn_shape(rn_test_count(x)));
    case 6:
        return rn_expand(x, axis);
    case 7:
        return rn_pad(x, axis, rn_test_throw(d, 2), 1, rn_test_throw(d, 2));
    case 8:
        if (rn_size(x, 0) == 0) return x;
        for (int i = 0; i < 3; i++) rows[i] = rn_test_throw(d, (int)rn_size(x, 0));
        return rn_take(x, rn_constant(x.graph, RN_I32, rn_shape(3), rows));
    case 9:
        return rn_test_gather(d, x, axis);
    case 10:
        return rn_test_cumsum(d, x, axis);
    default:
        return rn_expand(rn_broadcast(x, rn_shape_get(x)), -1);
    }
}

static inline rn_tensor rn_test_reduction(rn_test_dice *d, rn_tensor x)
{
    const int rank = rn_rank(x), axis = rank ? rn_test_throw(d, rank) : 0;

    if (rank == 0) return rn_neg(x);
    switch (rn_test_throw(d, 4)) {
    case 0:
        return rn_scale(rn_sum_axis(x, axis), 0.3);
    case 1:
        return rn_scale(rn_sum_all(x), 0.1);
    case 2:
        return rn_scale(rn_sum(x, &axis, 1, true), 0.3);
    default:
        return rn_size(x, axis) > 0 ? rn_softmax(x, axis) : rn_neg(x);
    }
}

/* Operands are made to fit, or the first one is the answer. */
static inline rn_tensor rn_test_binary(rn_test_dice *d, rn_tensor x, rn_tensor y)
{
    rn_shape z;

    if (rn_rank(x) >= 2 && rn_rank(y) == 2 && rn_test_throw(d, 2)) {
        if (rn_size(x, -1) == rn_size(y, 0)) return rn_tanh(rn_matmul(x, y));
        if (rn_size(x, -1) == rn_size(y, 1))
            return rn_tanh(rn_matmul_transposed(x, y, RN_TRANSPOSE_Y));
    }
    if (rn_rank(x) > 0 && rn_shape_equal(rn_shape_get(x), rn_shape_get(y)) &&
        rn_test_throw(d, 4) == 0)
        return rn_concat((rn_tensor[]){x, y}, 2, rn_test_throw(d, rn_rank(x)));
    if (!rn_shape_broadcast(rn_shape_get(x), rn_shape_get(y), &z)) return rn_null();
    switch (rn_test_throw(d, d->smooth ? 3 : 4)) {
    case 0:
        return rn_add(x, y);
    case 1:
        return rn_sub(x, y);
    case 2:
        return rn_mul(rn_tanh(x), y);
    default:
        return rn_where(rn_less(rn_constant_like(x, 0.1), rn_stop_gradient(x)), y, x);
    }
}

static inline void rn_test_grow(rn_test_dice *d, rn_graph *g, rn_test_pool *pool, int nodes,
                                int depth);

/* ---- loops ---- */

/* Something of the body in the carry's shape. */
static inline rn_tensor rn_test_next(rn_test_dice *d, const rn_test_pool *pool, rn_tensor h)
{
    const rn_shape shape = rn_shape_get(h);

    for (int tries = 0; tries < 6; tries++) {
        const rn_tensor x = rn_test_pick(d, pool);
        rn_shape both;
        if (rn_shape_equal(rn_shape_get(x), shape))
            return rn_test_throw(d, 3) ? x : rn_tanh(x);
        if (rn_shape_broadcast(rn_shape_get(x), shape, &both) &&
            rn_shape_equal(both, shape))
            return rn_tanh(rn_add(h, x));
    }
    return rn_sin(h);
}

/* i32 [batch], each in 0 .. steps */
static inline rn_tensor rn_test_lengths(rn_test_dice *d, rn_graph *g, int64_t batch,
                                        int64_t steps)
{
    int32_t lengths[600];

    for (int64_t i = 0; i < batch; i++) lengths[i] = rn_test_throw(d, (int)steps + 1);
    return rn_constant(g, RN_I32, rn_shape(batch), lengths);
}

/* A carry that only adds up products or sums over the steps, from something that is not
 * 0. */
static inline rn_tensor rn_test_accumulate(rn_test_dice *d, rn_loop *loop,
                                           const rn_test_pool *outer,
                                           const rn_test_pool *body)
{
    const rn_tensor x = rn_test_pick(d, body), y = rn_test_pick(d, body);
    rn_tensor z = rn_null();

    if (rn_rank(x) == 2 && rn_rank(y) == 2 && rn_size(x, 0) == rn_size(y, 0))
        z = rn_matmul_transposed(rn_tanh(x), rn_sin(y), RN_TRANSPOSE_X);
    else if (rn_rank(x) > 0)
        z = rn_sum_axis(rn_sin(x), 0);
    if (rn_is_null(z) || z.graph != rn_loop_body(loop)) return rn_null();
    const rn_tensor s = rn_loop_carry(
        loop, rn_broadcast(rn_sum_all(rn_test_pick(d, outer)), rn_shape_get(z)));
    rn_loop_next(loop, s, rn_add(s, z));
    return s;
}

/* Lets a loop stop early, at a step that in a loop within a loop is another one each
 * time. */
static inline void rn_test_limit(rn_test_dice *d, rn_graph *g, rn_loop *loop)
{
    rn_tensor limit = rn_constant_scalar(g, RN_I32, rn_test_throw(d, (int)loop->steps + 1));

    if (g->loop && !g->loop->ended && rn_test_throw(d, 2))
        limit = rn_minimum(limit, rn_loop_index(g->loop));
    rn__loop_limit(loop, limit);
}

static inline void rn_test_random_loop(rn_test_dice *d, rn_graph *g, rn_test_pool *pool,
                                       int nodes, int depth)
{
    rn_test_pool body = *pool;
    rn_tensor carry[3];
    const int outside = pool->count, carries = rn_test_throw(d, 4);
    const rn_tensor xs = rn_test_pick(d, pool);
    const bool ragged = rn_rank(xs) > 1 && rn_test_throw(d, 3) == 0;
    const int64_t batch = rn_size(xs, 1);
    rn_loop *loop = rn_loop_begin(g);

    if (rn_test_throw(d, 2)) rn_loop_reverse(loop);
    if (ragged) rn_loop_lengths(loop, rn_test_lengths(d, g, batch, rn_size(xs, 0)));
    if (rn_rank(xs) > 0) {
        rn_test_put(&body, rn_loop_each(loop, xs));
        const rn_tensor ys = rn_test_pick(d, pool);
        if (rn_size(ys, 0) == rn_size(xs, 0) && (!ragged || rn_size(ys, 1) == batch))
            rn_test_put(&body, rn_loop_each(loop, ys));
    } else {
        rn_loop_steps(loop, rn_test_throw(d, 5));
    }
    if (!ragged && rn_test_throw(d, 3) == 0) rn_test_limit(d, g, loop);
    for (int i = 0; i < carries; i++) {
        rn_tensor h0 = rn_test_pick(d, pool);
        if (ragged && rn_size(h0, 0) != batch)
            h0 = rn_broadcast(rn_tanh(rn_sum_all(h0)), rn_shape(batch, 2));
        rn_test_put(&body, carry[i] = rn_loop_carry(loop, h0));
    }
    if (rn_test_throw(d, 4) == 0)
        rn_test_put(&body, rn_scale(rn_cast(rn_loop_index(loop), RN_F64), 0.1));
    rn_test_grow(d, rn_loop_body(loop), &body, nodes, depth);
    for (int i = 0; i < carries; i++)
        rn_loop_next(loop, carry[i], rn_test_next(d, &body, carry[i]));
    const rn_tensor sum = ragged ? rn_null() : rn_test_accumulate(d, loop, pool, &body);
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(g));
    for (int i = 0; i < 3; i++) {
        const rn_tensor x = body.at[outside + rn_test_throw(d, body.count - outside + 1) -
                                    (body.count > outside)];
        if (body.count > outside && x.graph == rn_loop_body(loop) &&
            (!ragged || rn_size(x, 0) == batch))
            rn_test_put(pool, rn_loop_collect(loop, x));
    }
    if (!rn_is_null(sum)) rn_test_put(pool, rn_loop_final(loop, sum));
    for (int i = 0; i < carries; i++) {
        if (rn_test_throw(d, 2)) rn_test_put(pool, rn_loop_final(loop, carry[i]));
        if (rn_test_throw(d, 3) == 0) rn_test_put(pool, rn_loop_history(loop, carry[i]));
    }
}

static inline void rn_test_grow(rn_test_dice *d, rn_graph *g, rn_test_pool *pool, int nodes,
                                int depth)
{
    for (int i = 0; i < nodes; i++) {
        const rn_tensor x = rn_test_pick(d, pool);
        const int kind = rn_test_throw(d, 10);
        if (kind < 3)
            rn_test_put(pool, rn_test_unary(d, x));
        else if (kind < 5)
            rn_test_put(pool, rn_test_view(d, x));
        else if (kind < 6)
            rn_test_put(pool, rn_test_reduction(d, x));
        else if (kind < 9 || depth == 0)
            rn_test_put(pool, rn_test_binary(d, x, rn_test_pick(d, pool)));
        else
            rn_test_random_loop(d, g, pool, 2 + rn_test_throw(d, 8), depth - 1);
        cr_assert_str_eq(rn_graph_error(g), "", "seed %d: %s", (int)d->seed,
                         rn_graph_error(g));
    }
}

/* Inputs x0.. of several shapes and readings of the variables, which may be NULL, and up to
 * `nodes` tensors made of them. */
static inline rn_graph *rn_test_random_graph(rn_test_dice *d, int nodes, rn_test_pool *pool,
                                             rn_variable **variables)
{
    rn_graph *g = rn_graph_new();
    const rn_shape shapes[RN_TEST_INPUTS] = {rn_shape(3, 4), rn_shape(4), rn_shape(4, 4),
                                             rn_shape(2, 3, 4), rn_shape()};
    char name[8] = "x0";

    pool->count = 0;
    for (int i = 0; i < RN_TEST_INPUTS; i++, name[1]++)
        rn_test_put(pool, rn_test_f64(g, name, shapes[i]));
    for (int i = 0; variables && i < RN_TEST_VARIABLES; i++)
        rn_test_put(pool, rn_read_variable(g, variables[i]));
    rn_test_grow(d, g, pool, nodes, 3);
    return g;
}

#endif
