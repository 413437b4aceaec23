/* SPDX-License-Identifier: MIT */
/* Random loops with lengths, one after the other, and their gradients. */
#ifndef RN_TESTS_COMPILE_RAGGED_RANDOM_H
#define RN_TESTS_COMPILE_RAGGED_RANDOM_H

#include "compile/ragged_world.h"

enum { NODES = 14, VALUES = 64, LOOPS = 3 };

typedef struct dice {
    uint64_t seed, thrown;
} dice;

static inline int throw_dice(dice *d, int sides)
{
    return (int)((rn_test_number(d->seed, d->thrown++) + 1) / 2 * sides) % sides;
}

/* Values [B, H] of a body, and weights. */
typedef struct body {
    dice *d;
    rn_loop *loop;
    rn_tensor value[VALUES], w[4], wide, bias;
    int values;
} body;

static inline void put(body *b, rn_tensor x)
{
    b->value[b->values++] = x;
}

static inline rn_tensor any(const body *b)
{
    return b->value[throw_dice(b->d, b->values)];
}

static inline rn_tensor any_weight(const body *b)
{
    return b->w[throw_dice(b->d, 4)];
}

/* Parts of a product, of which some are read. */
static inline rn_tensor gates(const body *b)
{
    const rn_tensor z = rn_matmul_transposed(any(b), b->wide, RN_TRANSPOSE_Y);
    const rn_tensor i = rn_sigmoid(rn_slice(z, 1, 0, H, 1));
    const rn_tensor n = rn_tanh(rn_add(rn_slice(z, 1, H, 2 * H, 1), b->bias));

    return throw_dice(b->d, 3) ? rn_mul(i, n) : i;
}

static inline rn_tensor both(const body *b)
{
    const rn_tensor x[2] = {any(b), any(b)};

    return rn_tanh(rn_matmul(rn_concat(x, 2, 1), b->wide));
}

static inline rn_tensor normal(const body *b)
{
    const rn_tensor x = any(b);

    return rn_mul(rn_sub(x, rn_mean(x, (int[]){1}, 1, true)), b->bias);
}

static inline rn_tensor views(const body *b)
{
    const rn_tensor x = rn_reshape(any(b), rn_shape(B, 2, H / 2));

    return rn_reshape(rn_transpose(rn_transpose(rn_sin(x))), rn_shape(B, H));
}

/* Along the units: sums so far, other units of each row, and its largest ones. */
static inline rn_tensor along(const body *b)
{
    const rn_tensor x = any(b), index = rn_argmax(any(b), 1, true);
    int32_t at[B * H];

    switch (throw_dice(b->d, 4)) {
    case 0:
        return rn_mul(rn_cumsum(x, 1, (rn_cumsum_options){.reverse = true}), b->bias);
    case 1:
        for (int i = 0; i < B * H; i++) at[i] = throw_dice(b->d, H);
        return rn_gather(x, rn_constant(x.graph, RN_I32, rn_shape(B, H), at), 1);
    case 2:
        return rn_scatter_add(x, index, rn_gather(rn_sin(x), index, 1), 1);
    default:
        return rn_scatter(rn_sort(x, 1, true), index, rn_top_k(rn_cos(x), 1, 1, false), 1);
    }
}

static inline rn_tensor next(const body *b)
{
    switch (throw_dice(b->d, 12)) {
    case 0:
        return rn_tanh(any(b));
    case 1:
        return rn_mul(any(b), any(b));
    case 2:
        return rn_add(any(b), any(b));
    case 3:
    case 4:
        return rn_matmul(any(b), any_weight(b));
    case 5:
        return rn_tanh(
            rn_add(rn_matmul(any(b), any_weight(b)), rn_matmul(any(b), any_weight(b))));
    case 6:
        return gates(b);
    case 7:
        return both(b);
    case 8:
        return normal(b);
    case 9:
        return views(b);
    case 10:
        return along(b);
    default:
        return rn_mul(any(b), rn_cos(rn_cast(rn_loop_index(b->loop), RN_F64)));
    }
}

/* A loop over xs [T, B, H]; returns one of its stacks. */
static inline rn_tensor random_loop(world *w, dice *d, body *weights, rn_tensor xs)
{
    body b = *weights;
    rn_tensor carry[2];
    const int carries = 1 + throw_dice(d, 2);

    b.loop = loop_begin(w, throw_dice(d, 2) == 1);
    put(&b, rn_loop_each(b.loop, xs));
    for (int i = 0; i < carries; i++) put(&b, carry[i] = rn_loop_carry(b.loop, w->initial));
    for (int i = 0; i < NODES; i++) put(&b, next(&b));
    for (int i = 0; i < carries; i++)
        rn_loop_next(b.loop, carry[i], rn_tanh(b.value[b.values - 1 - throw_dice(d, 5)]));
    rn_tensor of[3] = {b.value[b.values - 1], any(&b), any(&b)};
    rn_loop_end(b.loop);
    for (int i = 0; i < carries; i++) give(w, rn_loop_final(b.loop, carry[i]), false);
    for (int i = 0; i < 3; i++) of[i] = rn_loop_collect(b.loop, of[i]);
    give(w, of[1 + throw_dice(d, 2)], false);
    return rn_tanh(of[throw_dice(d, 3)]);
}

static inline world random_world(uint64_t seed)
{
    world w = begin(RN_F64);
    dice d = {.seed = w.seed = seed};
    body b = {.d = &d};
    const rn_scope s = rn_root(w.g, w.model);
    const rn_init init = {RN_INIT_NORMAL, 0.5};
    static const char *const names[] = {"a", "b", "c", "d"};
    const int loops = 1 + throw_dice(&d, LOOPS);

    for (int i = 0; i < 4; i++) b.w[i] = rn_weight(s, names[i], rn_shape(H, H), init);
    b.wide = rn_weight(s, "wide", rn_shape(2 * H, H), init);
    b.bias = rn_weight(s, "bias", rn_shape(H), init);
    rn_tensor xs =
        rn_matmul(w.x, rn_constant(w.g, RN_F64, rn_shape(I, H),
                                   rn_test_numbers((double[I *H]){0}, I * H, seed)));
    for (int i = 0; i < loops; i++) {
        const rn_tensor ys = random_loop(&w, &d, &b, xs);
        xs = throw_dice(&d, 2) ? ys : rn_add(xs, ys);
    }
    const int values = w.outs;
    give_gradient(&w);
    /* Other products of a gradient may be joined. */
    for (int i = values; i < w.outs; i++) w.sum[i] = true;
    return w;
}

#endif
