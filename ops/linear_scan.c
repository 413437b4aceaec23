/* SPDX-License-Identifier: MIT */
/*
 * linear_scan -- a linear recurrence over the first axis, element by element.
 *
 *   a, b  [T, ..]      f32 or f64
 *   h     [..]         the initial state
 *   y     [T + 1, ..]  all states
 *
 *   y[0] = h, y[t + 1] = a[t] y[t] + b[t]
 *   g = the scan of a, dy in the other direction
 *   da = g[1..] y[..T], db = g[1..], dh = g[0]
 *
 *   if reverse  y[T] = h, y[t] = a[t] y[t + 1] + b[t]
 *   da = g[..T] y[1..], db = g[..T], dh = g[T]
 *
 * The product is rounded, and then the sum, as by mul and add. Steps are never combined, so
 * the bits are those of a loop.
 *
 * The compiler also makes scans without the initial state: y [T, ..] is the state after
 * each step. And of h = a[t] (h + b[t]) those that make the sums.
 *
 * And it scans pairs of states (linear_scan.h), with eight operands, and states whose next
 * value other operators compute (linear_scan_maps.c).
 *
 * Of packed rows (ops/ragged.h), which the compiler scans, two more operands: where each
 * step begins, i32 [T], and the lengths in order, i32 [B]. Row j of step t of a and b is
 * packed row offset[t] + j. The states are in slots of B rows, which keep their value past
 * their length.
 */
#include "ops/linear_scan.h"

#if RN_IS_REAL
#include "kernel/simd.h"
#include "ops/linear_scan_pairs.h"

enum { TOGETHER = 4 }; /* vectors of states that stay in registers */

/* One step of n columns. */
static void step(int64_t n, const rn__scan_lines *l, const real *a, const real *b,
                 const real *h, real *y)
{
    const int64_t by_a = l->by_a, by_b = l->by_b;
    int64_t i = 0;

    for (; by_a == 1 && by_b == 1 && n - i >= LANES; i += LANES)
        store(y + i, load(a + i) * load(h + i) + load(b + i));
    RN_LEFT(k, i, n, y[k] = a[k * by_a] * h[k] + b[k * by_b])
}

/* All steps of adjacent columns. */
static void steps_of(int64_t n, const rn__scan_lines *l, int64_t at)
{
    const real *a = (const real *)l->a + at * l->by_a, *h = (const real *)l->h + at;
    const real *b = (const real *)l->b + at * l->by_b;
    real *y = (real *)l->y + at;

    for (int64_t k = 0; k < l->steps; k++, h = y, y += l->next_y) {
        step(n, l, a, b, h, y);
        a += l->next_a;
        b += l->next_b;
    }
}

/* The same of a constant number of vectors. */
RN_INLINE void steps_of_vectors(int vectors, const rn__scan_lines *l, int64_t at)
{
    const real *a = (const real *)l->a + at, *b = (const real *)l->b + at;
    real *y = (real *)l->y + at;
    vec h[TOGETHER];

    UNROLL
    for (int i = 0; i < vectors; i++) h[i] = load((const real *)l->h + at + i * LANES);
    for (int64_t k = 0; k < l->steps; k++) {
        UNROLL
        for (int i = 0; i < vectors; i++) {
            h[i] = load(a + i * LANES) * h[i] + load(b + i * LANES);
            store(y + i * LANES, h[i]);
        }
        a += l->next_a;
        b += l->next_b;
        y += l->next_y;
    }
}

/* A wide row goes through its caches once, step by step; a narrow one stays in registers.
 */
static void scan_lines(int64_t n, const rn__scan_lines *l)
{
    int64_t at = 0;

    if (n <= 2 * TOGETHER * LANES && l->by_a == 1 && l->by_b == 1) {
        for (; n - at >= TOGETHER * LANES; at += TOGETHER * LANES)
            steps_of_vectors(TOGETHER, l, at);
        for (; n - at >= LANES; at += LANES) steps_of_vectors(1, l, at);
    }
    if (n > at) steps_of(n - at, l, at);
}

RN_KERNEL(linear_scan)
{
    if (rn__scan_is_mapped(call->attributes)) return rn__scan_by_maps(call);
    if (call->inputs == RN__PAIR_OPERANDS) return rn__pair_scan(call, scan_pairs);
    return rn__linear_scan(call, scan_lines);
}
#endif

#if RN_ONCE

static const char *shape_of_pair(rn_typing *t)
{
    rn_shape y = t->in_shape[0];

    if (y.rank < 2 || y.rank == RN_RANK_MAX) return "no axis of pairs";
    for (int i = 1; i < t->inputs; i++) {
        const rn_shape want = i < RN__PAIR_STEPS ? y : rn_shape_of(y.rank - 1, y.size + 1);
        if (t->in_type[i] != t->in_type[0]) return "types differ";
        if (!rn_shape_equal(t->in_shape[i], want)) return "shapes differ";
    }
    y.size[y.rank] = y.size[y.rank - 1];
    y.size[y.rank++ - 1] = 2;
    y.size[0] += !(*(const int64_t *)t->attributes & RN__SCAN_AFTER);
    t->shape = y;
    return NULL;
}

/* The compiler makes these alone. */
static const char *shape_of_mapped(rn_typing *t)
{
    const rn__scan_program *p = (const rn__scan_program *)t->attributes;

    t->type = t->in_type[t->inputs - 1];
    t->shape = t->in_shape[t->inputs - 1];
    if (p->states > 1) t->shape = rn__stack_shape(p->states, t->shape);
    t->shape = rn__stack_shape(p->steps + !(p->attribute & RN__SCAN_AFTER), t->shape);
    return NULL;
}

static const char *shape(rn_typing *t)
{
    if (rn__scan_is_mapped(t->attributes)) return shape_of_mapped(t);
    const rn_shape a = t->in_shape[0], h = t->in_shape[2];
    const bool rows = t->inputs == 5;

    if (t->inputs == RN__PAIR_OPERANDS) return shape_of_pair(t);
    if (t->inputs != 3 && !rows) return "not three operands";
    for (int i = 1; i < 3; i++)
        if (t->in_type[i] != t->in_type[0]) return "types differ";
    if (a.rank < (rows ? 2 : 1)) return "no axis of steps";
    if (!rn_shape_equal(a, t->in_shape[1]) ||
        !rn_shape_equal(h, rn_shape_of(a.rank - 1, a.size + 1)))
        return "shapes differ";
    for (int i = 3; i < t->inputs; i++)
        if (t->in_type[i] != RN_I32 || t->in_shape[i].rank != 1 ||
            t->in_shape[i].size[0] != a.size[i - 3])
            return "not the arrays of packed rows";
    t->shape = a;
    t->shape.size[0] += !(*(const int64_t *)t->attributes & RN__SCAN_AFTER);
    return NULL;
}

static rn_tensor scan(rn_tensor a, rn_tensor b, rn_tensor h, int64_t attribute)
{
    const rn_tensor in[3] = {a, b, h};

    return rn_apply(&rn__op_linear_scan, in, 3, &attribute, sizeof attribute);
}

rn_tensor rn__linear_scan_after(rn_tensor a, rn_tensor b, rn_tensor h, int64_t attribute)
{
    return scan(a, b, h, RN__SCAN_AFTER | attribute);
}

rn_tensor rn__linear_scan_pair(const rn_tensor *in, bool reverse, bool after)
{
    const int64_t attribute =
        (reverse ? RN__SCAN_REVERSE : 0) | (after ? RN__SCAN_AFTER : 0);

    return rn_apply(&rn__op_linear_scan, in, RN__PAIR_OPERANDS, &attribute,
                    sizeof attribute);
}

rn_tensor rn__linear_scan_rows(rn_tensor a, rn_tensor b, rn_tensor h, rn_tensor offsets,
                               rn_tensor ends, bool reverse)
{
    const rn_tensor in[5] = {a, b, h, offsets, ends};
    const int64_t attribute = reverse;

    return rn_apply(&rn__op_linear_scan, in, 5, &attribute, sizeof attribute);
}

static void gradient(rn_pullback *p)
{
    const int64_t attribute = *(const int64_t *)p->attributes;
    const bool reverse = attribute & RN__SCAN_REVERSE;
    const int64_t T = rn_size(p->x[0], 0), last = reverse ? 0 : T;
    const int64_t before = reverse ? 1 : 0, after = 1 - before;

    if (p->inputs > 3 || (attribute & ~RN__SCAN_REVERSE)) return;
    const rn_tensor g = scan(p->x[0], rn_slice(p->dy, 0, before, before + T, 1),
                             rn_index(p->dy, 0, last), !reverse);
    p->dx[1] = rn_slice(g, 0, after, after + T, 1);
    p->dx[0] = rn_mul(p->dx[1], rn_slice(p->y, 0, before, before + T, 1));
    p->dx[2] = rn_index(g, 0, T - last);
}

/* Steps of the scan stay the first axis; those of the loop become the second. */
static rn_tensor batch(const rn_batching *b)
{
    int axes[RN_RANK_MAX];
    const bool mapped = rn__scan_is_mapped(b->attributes);
    const bool pair = mapped ? ((const rn__scan_program *)b->attributes)->states > 1
                             : b->inputs == RN__PAIR_OPERANDS;
    const int steps = b->inputs - 1 - pair;
    rn_tensor x[RN__SCAN_OPERANDS];

    if (b->inputs == 5 && !mapped) return rn_null();
    for (int i = 0; i < RN_RANK_MAX; i++) axes[i] = i < 2 ? 1 - i : i;
    for (int i = 0; i < b->inputs; i++) {
        const rn_shape shape = rn__stack_shape(b->steps, b->in_shape[i]);
        x[i] = b->stacked[i] ? b->x[i] : rn_broadcast(b->x[i], shape);
        if (i < steps) x[i] = rn_permute(x[i], axes);
    }
    return rn_permute(rn_apply(b->op, x, b->inputs, b->attributes, b->attribute_size),
                      axes);
}

/* Of pairs: columns, but not the axis of the two. */
static bool divide_pairs(const rn_call *call, int axis, int *cut)
{
    const int pair = call->out->rank - 2;

    for (int i = 0; i < RN__PAIR_OPERANDS; i++)
        cut[i] = axis - (axis > pair) - (i >= RN__PAIR_STEPS);
    return axis > 0 && axis != pair;
}

/* Columns. Of packed rows: rows; what is before them, `first` says. */
static bool divide(const rn_call *call, int axis, int *cut)
{
    if (rn__scan_is_mapped(call->attributes)) {
        const int states = (int)((const rn__scan_program *)call->attributes)->states;
        for (int i = 0; i < call->inputs; i++)
            cut[i] = axis - (states > 1) - (i >= call->inputs - states);
        return axis > (states > 1);
    }
    if (call->inputs == RN__PAIR_OPERANDS) return divide_pairs(call, axis, cut);
    cut[0] = cut[1] = call->inputs > 3 ? -1 : axis;
    cut[2] = axis - 1;
    if (call->inputs > 3) cut[3] = -1, cut[4] = 0;
    return axis > 0 && (call->inputs == 3 || axis == 1);
}

const rn_op rn__op_linear_scan = {RN_NAMED(linear_scan),
                                  .inputs = -1,
                                  .flags = RN_OP_STRIDED | RN_OP_APART,
                                  .shape = shape,
                                  .divide = divide,
                                  .batch = batch,
                                  .gradient = gradient,
                                  .scratch = rn__scan_scratch};

/* x [T or 1, ..] repeated to [T, shape]. */
static rn_tensor repeated(rn_tensor x, int64_t T, rn_shape shape)
{
    const rn_shape of_x = rn_shape_get(x);
    rn_shape whole = rn__stack_shape(T, shape), aligned = whole;

    for (int i = 0; i < aligned.rank; i++) aligned.size[i] = 1;
    aligned.size[0] = of_x.size[0];
    for (int i = 1; i < of_x.rank; i++)
        aligned.size[whole.rank - i] = of_x.size[of_x.rank - i];
    return rn_broadcast(rn_reshape(x, aligned), whole);
}

rn_tensor rn_linear_scan(rn_tensor a, rn_tensor b, rn_tensor initial,
                         rn_linear_scan_options options)
{
    const rn_tensor in[3] = {a, b, initial};
    const rn_shape of_a = rn_shape_get(a), of_b = rn_shape_get(b);
    rn_shape shape = rn_shape_get(initial);

    if (rn_is_null(a) || rn_is_null(b) || rn_is_null(initial))
        return rn_apply(&rn__op_linear_scan, in, 3, NULL, 0);
    if (of_a.rank < 1 || of_b.rank < 1)
        return rn__op_refuse(&rn__op_linear_scan, in, 3, "no axis of steps");
    const int64_t T = of_a.size[0] == 1 ? of_b.size[0] : of_a.size[0];
    if (of_b.size[0] != T && of_b.size[0] != 1)
        return rn__op_refuse(&rn__op_linear_scan, in, 3, "numbers of steps differ");
    if (!rn_shape_broadcast(shape, rn_shape_of(of_a.rank - 1, of_a.size + 1), &shape) ||
        !rn_shape_broadcast(shape, rn_shape_of(of_b.rank - 1, of_b.size + 1), &shape) ||
        shape.rank == RN_RANK_MAX)
        return rn__op_refuse(&rn__op_linear_scan, in, 3, "shapes do not broadcast");
    return scan(repeated(a, T, shape), repeated(b, T, shape), rn_broadcast(initial, shape),
                options.reverse);
}

#endif
