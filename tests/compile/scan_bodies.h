/* SPDX-License-Identifier: MIT */
/* Bodies of loops: affine ones in many forms, and others. */
#ifndef RN_TESTS_COMPILE_SCAN_BODIES_H
#define RN_TESTS_COMPILE_SCAN_BODIES_H

#include <rondo/loop.h>
#include <rondo/ops.h>

/* ---- bodies ---- */

/* What a body has: slices of x, z and m of the step, its index, a vector of no step. */
typedef struct body {
    rn_loop *loop;
    rn_tensor x, z, m, v, h, h0;
    int64_t units;
} body;

/* Sets the next value of b->h and returns what is collected. */
typedef rn_tensor rule(const body *b);

static inline rn_tensor next(const body *b, rn_tensor y)
{
    rn_loop_next(b->loop, b->h, y);
    return y;
}

/* h = (1 - z) h + z x: minGRU, QRNN */
static inline rn_tensor gated(const body *b)
{
    return next(b, rn_add(rn_mul(rn_one_minus(b->z), b->h), rn_mul(b->z, b->x)));
}

/* h = x + h v: a decay for each unit */
static inline rn_tensor decay(const body *b)
{
    return rn_tanh(next(b, rn_add(b->x, rn_mul(b->h, rn_sigmoid(b->v)))));
}

/* h = 0.9 h + 0.1 x */
static inline rn_tensor average(const body *b)
{
    return next(b, rn_add(rn_scale(b->h, 0.9), rn_scale(b->x, 0.1)));
}

static inline rn_tensor sum_so_far(const body *b)
{
    return rn_square(next(b, rn_add(b->h, b->x)));
}

/* h = x - z h, h = -(z h) - x, collected with the value before the step. */
static inline rn_tensor minus(const body *b)
{
    return rn_mul(b->h, next(b, rn_sub(b->x, rn_mul(b->z, b->h))));
}

static inline rn_tensor negated(const body *b)
{
    return rn_sub(next(b, rn_sub(rn_neg(rn_mul(b->z, b->h)), b->x)), b->h);
}

/* A step that is skipped keeps the state. */
static inline rn_tensor skipping(const body *b)
{
    return next(b, rn_where(b->m, rn_add(rn_mul(b->z, b->h), b->x), b->h));
}

/* A product by the index of the step. */
static inline rn_tensor by_index(const body *b)
{
    const rn_tensor t = rn_cast(rn_loop_index(b->loop), rn_type_get(b->x));

    return next(b, rn_add(rn_mul(rn_reciprocal(rn_offset(t, 2)), b->h), b->x));
}

/* The value of the step before. */
static inline rn_tensor delayed(const body *b)
{
    const rn_tensor before = rn_mul(b->h, b->z);

    next(b, b->x);
    return before;
}

/* Two carries, of which the second needs the first: an average of averages. */
static inline rn_tensor two(const body *b)
{
    const rn_tensor c = rn_loop_carry(b->loop, b->h0);
    const rn_tensor h = next(b, rn_add(rn_mul(b->z, b->h), b->x));

    rn_loop_next(b->loop, c, rn_add(rn_mul(rn_sigmoid(h), c), rn_mul(b->h, b->x)));
    return rn_add(c, h);
}

/* A simple recurrent unit: the carry without its output in the gates. */
static inline rn_tensor sru(const body *b)
{
    const rn_tensor c = gated(b);

    return rn_add(rn_mul(b->z, rn_tanh(c)), rn_mul(rn_one_minus(b->z), b->x));
}

/* Two gates that are ranges of a product and its bias. */
static inline rn_tensor gates(const body *b)
{
    const rn_tensor v[2] = {b->v, b->v}, bias = rn_concat(v, 2, 0);
    const rn_tensor weight = rn_mul(rn_expand(b->v, 1), bias);
    const rn_tensor all = rn_add(rn_matmul(b->x, weight), bias);
    const rn_tensor z = rn_sigmoid(rn_slice(all, 1, 0, b->units, 1));
    const rn_tensor g = rn_slice(all, 1, b->units, 2 * b->units, 1);

    return next(b, rn_add(rn_mul(rn_one_minus(z), b->h), rn_mul(z, g)));
}

/* A complex state, such as the LRU's: each part needs the other one. */
static inline rn_tensor rotated(const body *b)
{
    const rn_tensor p = b->h, q = rn_loop_carry(b->loop, rn_neg(b->h0));
    const rn_tensor re = rn_scale(b->z, 0.6), im = rn_scale(rn_sigmoid(b->v), 0.3);
    const rn_tensor rp = rn_sub(rn_mul(re, p), rn_mul(im, q));
    const rn_tensor rq = rn_add(rn_mul(q, re), rn_mul(im, p));

    rn_loop_next(b->loop, q, rn_add(b->z, rq));
    return rn_mul(next(b, rn_add(rp, b->x)), q);
}

/* What is scanned are the sums. */
static inline rn_tensor added_first(const body *b)
{
    const rn_tensor sum = rn_add(b->x, b->h);

    next(b, rn_mul(sum, b->z));
    return rn_tanh(sum);
}

/* The same where the state itself is read too. */
static inline rn_tensor added_and_read(const body *b)
{
    return rn_mul(next(b, rn_mul(rn_add(b->h, b->x), b->z)), b->h);
}

static inline rn_tensor added_and_kept(const body *b)
{
    next(b, rn_mul(rn_add(b->h, b->x), b->z));
    return b->h;
}

/* Sums without a product, and of which only values after the steps are read. */
static inline rn_tensor exchanged(const body *b)
{
    const rn_tensor p = b->h, q = rn_loop_carry(b->loop, b->h0);
    const rn_tensor difference = rn_sub(q, rn_mul(b->z, p));

    rn_loop_next(b->loop, q, rn_where(b->m, rn_sub(difference, b->x), difference));
    return next(b, rn_add(rn_mul(rn_sigmoid(b->v), q), rn_neg(rn_mul(b->z, p))));
}

/* ---- other affine forms, whose rounding stays ---- */

static inline rn_tensor interpolated(const body *b)
{
    return next(b, rn_add(b->h, rn_mul(b->z, rn_sub(b->x, b->h))));
}

static inline rn_tensor interpolated_down(const body *b)
{
    return next(b, rn_sub(b->h, rn_mul(rn_sub(b->h, b->x), b->v)));
}

/* The difference is read too, z is one number of each row. */
static inline rn_tensor interpolated_back(const body *b)
{
    const rn_tensor z = rn_slice(b->z, 1, 0, 1, 1), d = rn_sub(b->h, b->x);

    return rn_mul(d, next(b, rn_add(rn_mul(d, z), b->x)));
}

static inline rn_tensor twice(const body *b)
{
    return next(b, rn_mul(rn_add(rn_mul(b->h, b->z), b->x), b->z));
}

static inline rn_tensor nested(const body *b)
{
    const rn_tensor p = rn_div(rn_sub(b->x, rn_neg(b->h)), rn_offset(b->z, 1));
    const rn_tensor q = rn_where(b->m, rn_mul(b->v, p), rn_sub(b->h, rn_scale(p, 0.5)));

    return next(b, rn_add(rn_mul(rn_sub(q, b->h), b->z), rn_scale(b->h, 0.25)));
}

/* Without any other operand. */
static inline rn_tensor doubled(const body *b)
{
    return rn_mul(next(b, rn_neg(rn_add(b->h, b->h))), rn_scale(b->x, 1e-3));
}

/* Packed sequences: the state begins again where m. */
static inline rn_tensor restarted(const body *b)
{
    const rn_tensor h = rn_where(b->m, b->h0, b->h);

    return next(b, rn_add(rn_mul(rn_one_minus(b->z), h), rn_mul(b->z, b->x)));
}

/* And steps that are skipped. */
static inline rn_tensor restarted_and_skipped(const body *b)
{
    const rn_tensor h = rn_where(b->m, b->h0, b->h), gate = rn_slice(b->z, 1, 0, 1, 1);
    const rn_tensor y = rn_add(h, rn_mul(b->z, rn_sub(b->x, h)));

    return next(b, rn_where(rn_less(gate, rn_constant_like(gate, 0.5)), y, h));
}

/* ---- bodies that stay loops ---- */

/* Not affine, for all that each operator is. */
static inline rn_tensor product_of_two(const body *b)
{
    return next(b, rn_mul(rn_sub(b->h, b->x), rn_sub(b->h, b->z)));
}

static inline rn_tensor gate_of_state(const body *b)
{
    return next(b, rn_add(rn_mul(rn_tanh(b->h), b->h), b->x));
}

static inline rn_tensor divided_by(const body *b)
{
    return next(b, rn_div(b->x, rn_offset(rn_mul(b->h, b->h), 1)));
}

/* Which value is next depends on the state. */
static inline rn_tensor chosen_by(const body *b)
{
    return next(b, rn_where(rn_less(b->h, b->x), rn_mul(b->z, b->h), b->x));
}

/* A pair whose parts are not added first. */
static inline rn_tensor added_late(const body *b)
{
    const rn_tensor p = b->h, q = rn_loop_carry(b->loop, b->h0);

    rn_loop_next(b->loop, q, rn_add(rn_add(rn_mul(b->z, q), b->x), rn_scale(p, 0.1)));
    return next(b, rn_sub(rn_mul(b->z, p), rn_scale(q, 0.2)));
}

static inline rn_tensor with_tanh(const body *b)
{
    return next(b, rn_tanh(rn_add(rn_mul(b->z, b->h), b->x)));
}

static inline rn_tensor squared(const body *b)
{
    return next(b, rn_add(rn_mul(b->h, rn_mul(b->h, b->z)), rn_scale(b->x, 0.1)));
}

/* The sum over the units is no matter of one element. */
static inline rn_tensor mixed(const body *b)
{
    const rn_tensor mean = rn_mean(b->h, (int[]){1}, 1, true);

    return next(b, rn_add(rn_mul(b->z, mean), b->x));
}

/* The decay depends on a carry that is not affine. */
static inline rn_tensor needs_other(const body *b)
{
    const rn_tensor c = rn_loop_carry(b->loop, b->h0);

    rn_loop_next(b->loop, c, rn_tanh(rn_add(c, b->x)));
    return next(b, rn_add(rn_mul(c, b->h), b->x));
}

/* ---- all of them ---- */

typedef struct form {
    const char *name;
    rule *rule;
    bool scans; /* and so does its gradient */
} form;

static const form forms[] = {
    {"gated", gated, true},
    {"decay", decay, true},
    {"average", average, true},
    {"sum", sum_so_far, true},
    {"minus", minus, true},
    {"negated", negated, true},
    {"skipping", skipping, true},
    {"by index", by_index, true},
    {"delayed", delayed, true},
    {"two", two, true},
    {"sru", sru, true},
    {"gates", gates, true},
    {"rotated", rotated, true},
    {"exchanged", exchanged, true},
    {"added first", added_first, true},
    {"added late", added_late, true},
    {"added and read", added_and_read, true},
    {"added and kept", added_and_kept, true},
    {"tanh", with_tanh, false},
    {"squared", squared, false},
    {"mixed", mixed, false},
    {"other", needs_other, false},
    {"product of two", product_of_two, false},
    {"gate of state", gate_of_state, false},
    {"divided by", divided_by, false},
    {"chosen by", chosen_by, false},
    {"interpolated", interpolated, true},
    {"interpolated down", interpolated_down, true},
    {"interpolated back", interpolated_back, true},
    {"twice", twice, true},
    {"nested", nested, true},
    {"doubled", doubled, true},
    {"restarted", restarted, true},
    {"restarted and skipped", restarted_and_skipped, true},
};

#endif
