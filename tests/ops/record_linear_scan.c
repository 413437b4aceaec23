/* SPDX-License-Identifier: MIT */
/* Record of linear recurrences over time. */
#include "record_move.h"

#include <criterion/criterion.h>
#include <string.h>

#include "ops/linear_scan.h"
#include "ops/ragged.h"

static const bool forward = false, backward = true;

BUILD(linear_scan)
{
    const rn_linear_scan_options options = {.reverse = *(const bool *)with};

    return rn_linear_scan(x[0], x[1], x[2], options);
}

/* The element of a or b that belongs to an index of the states. */
static double of_step(const rn_test_array *x, rn_shape states, const int64_t *index,
                      int64_t t)
{
    int64_t own[RN_RANK_MAX] = {0};

    for (int i = 1; i < x->shape.rank; i++) {
        const int k = x->shape.rank - i;
        own[k] = x->shape.size[k] == 1 ? 0 : index[states.rank - i];
    }
    own[0] = x->shape.size[0] == 1 ? 0 : t;
    return *at(x, own);
}

/* Each state on its own: the terms that decay until then. */
REFERENCE(linear_scan)
{
    const bool reverse = *(const bool *)with;
    const int64_t T = x[0].shape.size[0] == 1 ? x[1].shape.size[0] : x[0].shape.size[0];
    rn_shape a = x[0].shape, b = x[1].shape, states;
    int64_t index[RN_RANK_MAX] = {0};

    a.size[0] = b.size[0] = 1;
    cr_assert(rn_shape_broadcast(a, b, &states));
    cr_assert(rn_shape_broadcast(states, x[2].shape, &states));
    states.size[0] = T + 1;
    *y = rn_test_array_new(x->type, states);
    if (rn_test_array_count(y) > 0) do {
            const int64_t steps = reverse ? T - index[0] : index[0];
            double sum = 0, decay = 1;
            for (int64_t k = steps - 1; k >= 0; k--) {
                const int64_t t = reverse ? T - 1 - k : k;
                sum += decay * of_step(&x[1], states, index, t);
                decay *= of_step(&x[0], states, index, t);
            }
            const rn_shape slot = rn_shape_of(states.rank - 1, states.size + 1);
            *at(y, index) = sum + decay * at_broadcast(&x[2], slot, index + 1);
        } while (next_index(states, index));
}

#define WAY(way) .with = &way
/* The gradient of an a that all steps share is not linear in it. */
#define MANY(way) WAY(way), .values_only = true

static const sample scans[] = {
    {.x = {REAL(odd, 4, 3), REAL(odd, 4, 3), REAL(odd, 3)}, WAY(forward)},
    {.x = {REAL(odd, 4, 3), REAL(odd, 4, 3), REAL(odd, 3)}, WAY(backward)},
    {.x = {REAL(odd, 1, 3), REAL(odd, 1, 3), REAL(odd, 3)}, WAY(forward)},
    {.x = {REAL(odd, 0, 3), REAL(odd, 0, 3), REAL(odd, 3)}, WAY(forward)},
    {.x = {REAL(odd, 0, 3), REAL(odd, 0, 3), REAL(odd, 3)}, WAY(backward)},
    {.x = {REAL(odd, 3, 0), REAL(odd, 3, 0), REAL(odd, 0)}, WAY(forward)},
    {.x = {REAL(odd, 4), REAL(odd, 4), REAL_SCALAR(odd)}, WAY(forward)},
    {.x = {REAL(odd, 4), REAL(odd, 4), REAL_SCALAR(odd)}, WAY(backward)},
    {.x = {REAL(odd, 1), REAL(odd, 4, 3), REAL_SCALAR(odd)}, MANY(forward)},
    {.x = {REAL(odd, 1, 3), REAL(odd, 4, 2, 3), REAL(odd, 2, 1)}, MANY(backward)},
    {.x = {REAL(odd, 3, 2, 1), REAL(odd, 1, 1, 3), REAL(odd, 3)}, WAY(forward)},
    {.x = {REAL(odd, 3, 2, 3), REAL(odd, 3, 3), REAL(odd, 1, 3)}, WAY(backward)},
    {.x = {REAL(odd, 3, 2, 3, 2), REAL(odd, 3, 2, 1, 2), REAL(odd, 2)}, WAY(forward)},
    {.x = {REAL(odd, 3, 5, 133), REAL(odd, 3, 1, 133), REAL(odd, 5, 133)}, MANY(backward)},
    {.x = {REAL(odd, 2, 5000), REAL(odd, 2, 5000), REAL(odd, 5000)}, MANY(forward)},
    {.x = {REAL(odd, 3, 2100, 2), REAL(odd, 3, 2100, 1), REAL(odd, 2)}, MANY(forward)},
};

/* ---- the bits of a loop ---- */

static void expect_equal(rn_tensor y, rn_tensor expected, const rn_test_feed *feeds, int n)
{
    rn_test_array want = rn_test_eval(expected, feeds, n);
    rn_test_array have = rn_test_eval(y, feeds, n);

    rn_test_compare(&have, &want, 0, 0, "the bits of a loop");
    rn_test_array_free(&have);
    rn_test_array_free(&want);
}

/* All states, or those after the steps and the sums, of n columns. */
static void expect_bits_of_loop(rn_type type, int64_t n, bool reverse, bool after)
{
    enum { T = 9 };
    rn_graph *g = rn_graph_new();
    const rn_tensor a = rn_input(g, "a", type, rn_shape(T, n));
    const rn_tensor b = rn_input(g, "b", type, rn_shape(T, n));
    const rn_tensor h = rn_input(g, "h", type, rn_shape(n));
    rn_test_array value[3] = {rn_test_array_new(type, rn_shape(T, n)),
                              rn_test_array_new(type, rn_shape(T, n)),
                              rn_test_array_new(type, rn_shape(n))};
    const rn_test_feed feeds[3] = {{a, &value[0]}, {b, &value[1]}, {h, &value[2]}};
    rn_test_random random = {5};
    rn_tensor states = h, all[T + 1];

    for (int i = 0; i < 3; i++) rn_test_fill_open(&value[i], &random);
    all[reverse ? T : 0] = h;
    for (int k = 0; k < T; k++) {
        const int t = reverse ? T - 1 - k : k;
        states = rn_add(rn_mul(rn_index(a, 0, t), states), rn_index(b, 0, t));
        all[reverse ? t : t + 1] = states;
    }
    const rn_tensor y = after ? rn__linear_scan_after(a, b, h, reverse)
                              : rn_linear_scan(a, b, h, (rn_linear_scan_options){reverse});
    rn_tensor *first = &all[after && !reverse], sums[T];
    expect_equal(y, rn_stack(first, T + !after, 0), feeds, 3);
    states = h;
    for (int k = 0; k < T && after; k++) {
        const int t = reverse ? T - 1 - k : k;
        sums[t] = rn_add(states, rn_index(b, 0, t));
        states = rn_mul(sums[t], rn_index(a, 0, t));
    }
    if (after) {
        const rn_tensor have = rn__linear_scan_after(a, b, h, RN__SCAN_SUMS | reverse);
        expect_equal(have, rn_stack(sums, T, 0), feeds, 3);
    }
    for (int i = 0; i < 3; i++) rn_test_array_free(&value[i]);
    rn_graph_free(g);
}

/* Columns that stay in registers, in all ways in which vectors divide them, and others. */
static void expect_columns(void)
{
    for (int64_t n = 15; n < 512; n = 2 * n + 1)
        for (int way = 0; way < 8; way++)
            expect_bits_of_loop(way & 1 ? RN_F32 : RN_F64, n, way & 2, way & 4);
}

/* ---- pairs ---- */

/* a h + b g + c of step t of three stacks */
static rn_tensor mixed(const rn_tensor *x, int t, rn_tensor h, rn_tensor g)
{
    const rn_tensor sum =
        rn_add(rn_mul(rn_index(x[0], 0, t), h), rn_mul(rn_index(x[1], 0, t), g));

    return rn_add(sum, rn_index(x[2], 0, t));
}

/* Pairs of [2, n]; the last stack has the same values in all steps and rows. */
static void expect_pairs(rn_type type, int64_t n, bool reverse, bool after)
{
    enum { T = 4, B = 2 };
    rn_graph *g = rn_graph_new();
    rn_tensor in[8], h[2], both[2 * (T + 1)];
    rn_test_array value[8];
    rn_test_feed feeds[8];
    rn_test_random random = {7};

    for (int i = 0; i < 8; i++) {
        const rn_shape shape = i == 5  ? rn_shape(n)
                               : i < 6 ? rn_shape(T, B, n)
                                       : rn_shape(B, n);
        feeds[i].input = in[i] = rn_input(g, "x", type, shape);
        value[i] = rn_test_array_new(type, shape);
        rn_test_fill_open(&value[i], &random);
        feeds[i].value = &value[i];
        if (i == 5) in[i] = rn_broadcast(in[i], rn_shape(T, B, n));
        if (i >= 6) h[i - 6] = in[i];
    }
    for (int k = 0; k <= T; k++) {
        const int t = reverse ? T - k : k, step = reverse ? t : t - 1;
        const rn_tensor next = k ? mixed(in, step, h[0], h[1]) : h[0];
        if (k) h[1] = mixed(in + 3, step, h[0], h[1]);
        h[0] = next;
        for (int i = 0; i < 2; i++) both[2 * t + i] = h[i];
    }
    rn_tensor pairs[T + 1];
    for (int t = 0; t <= T; t++) pairs[t] = rn_stack(both + 2 * t, 2, 1);
    const rn_tensor want = rn_stack(&pairs[after && !reverse], T + !after, 0);
    expect_equal(rn__linear_scan_pair(in, reverse, after), want, feeds, 8);
    for (int i = 0; i < 8; i++) rn_test_array_free(&value[i]);
    rn_graph_free(g);
}

/* ---- packed rows ---- */

enum { STEPS = 6, ROWS = 4, UNITS = 3 };

static rn_tensor one(rn_test_feed *feed, rn_test_array *value, rn_graph *g, rn_type type,
                     rn_shape shape, rn_test_random *random)
{
    *value = rn_test_array_new(type, shape);
    if (type == RN_F32) rn_test_fill_open(value, random);
    feed->input = rn_input(g, "x", type, shape);
    feed->value = value;
    return feed->input;
}

/* The states of rows of several lengths, longest first, each in slots of its own. `as` says
 * how a varies: in all axes, not with the step, not with the row. */
static void expect_rows(bool reverse, int as)
{
    static const int length[ROWS] = {6, 4, 4, 0}, count[STEPS] = {3, 3, 3, 3, 1, 1};
    const rn_shape shapes[] = {rn_shape(STEPS, ROWS, UNITS), rn_shape(1, ROWS, UNITS),
                               rn_shape(STEPS, 1, UNITS)};
    const rn_shape all = rn_shape(STEPS, ROWS, UNITS);
    rn_graph *g = rn_graph_new();
    rn_test_random random = {9};
    rn_test_array v[5];
    rn_test_feed f[5];
    const rn_tensor a = one(&f[0], &v[0], g, RN_F32, shapes[as], &random);
    const rn_tensor b = one(&f[1], &v[1], g, RN_F32, all, &random);
    const rn_tensor h = one(&f[2], &v[2], g, RN_F32, rn_shape(ROWS, UNITS), &random);
    const rn_tensor offsets = one(&f[3], &v[3], g, RN_I32, rn_shape(STEPS), &random);
    const rn_tensor ends = one(&f[4], &v[4], g, RN_I32, rn_shape(ROWS), &random);

    for (int t = 1; t < STEPS; t++) v[3].at[t] = v[3].at[t - 1] + count[t - 1];
    for (int j = 0; j < ROWS; j++) v[4].at[j] = length[j];
    const rn_tensor y =
        rn__linear_scan_rows(rn_broadcast(a, all), b, h, offsets, ends, reverse);
    rn_test_array have = rn_test_eval(y, f, 5);

    for (int j = 0; j < ROWS; j++)
        for (int u = 0; u < UNITS; u++) {
            float s = (float)v[2].at[j * UNITS + u];
            for (int t = reverse ? length[j] : 0; t <= STEPS; t++)
                if (reverse || t == 0)
                    cr_assert(have.at[(t * ROWS + j) * UNITS + u] == (double)s);
            for (int k = 0; k < length[j]; k++) {
                const int t = reverse ? length[j] - 1 - k : k;
                const int p = (int)v[3].at[t] + j, q = as == 0 ? p : as == 1 ? j : t;
                const float product = (float)v[0].at[q * UNITS + u] * s;
                s = product + (float)v[1].at[p * UNITS + u];
                const int slot = reverse ? t : t + 1;
                cr_assert(have.at[(slot * ROWS + j) * UNITS + u] == (double)s, "%d %d", t,
                          j);
            }
            cr_assert(have.at[((reverse ? 0 : STEPS) * ROWS + j) * UNITS + u] == (double)s);
        }
    rn_test_array_free(&have);
    for (int i = 0; i < 5; i++) rn_test_array_free(&v[i]);
    rn_graph_free(g);
}

static void more_linear_scan(void)
{
    expect_columns();
    for (int way = 0; way < 8; way++)
        expect_pairs(way & 1 ? RN_F32 : RN_F64, 35, way & 2, way & 4);
    for (int as = 0; as < 3; as++) {
        expect_rows(false, as);
        expect_rows(true, as);
    }
}

static rn_tensor scan_of(rn_tensor a, rn_tensor b, rn_tensor h)
{
    return rn_linear_scan(a, b, h, (rn_linear_scan_options){0});
}

REFUSES(scan_steps, scan_of(x_of(g, RN_F32), rn_input(g, "b", RN_F32, rn_shape(4, 3)),
                            rn_input(g, "h", RN_F32, rn_shape(3))))
REFUSES(scan_shapes,
        scan_of(x_of(g, RN_F32), x_of(g, RN_F32), rn_input(g, "h", RN_F32, rn_shape(4))))
REFUSES(scan_scalar, scan_of(rn_input(g, "a", RN_F32, (rn_shape)SCALAR), x_of(g, RN_F32),
                             rn_input(g, "h", RN_F32, rn_shape(3))))
REFUSES(scan_types,
        scan_of(x_of(g, RN_F32), x_of(g, RN_F64), rn_input(g, "h", RN_F32, rn_shape(3))))
REFUSES(scan_integers,
        scan_of(x_of(g, RN_I32), x_of(g, RN_I32), rn_input(g, "h", RN_I32, rn_shape(3))))
static const refusal refusals_scan[] = {
    {scan_steps, "linear_scan: numbers of steps differ: x [2,3], b [4,3], h [3]"},
    {scan_shapes, "linear_scan: shapes do not broadcast: x [2,3], x [2,3], h [4]"},
    {scan_scalar, "linear_scan: no axis of steps: a [], x [2,3], h [3]"},
    {scan_types, "linear_scan: types differ (f32, f64, f32): x [2,3], x [2,3], h [3]"},
    {scan_integers,
     "linear_scan: not defined for this type (i32, i32, i32): x [2,3], x [2,3], h [3]"},
};
const record record_linear_scan = {.name = "linear_scan",
                                   .inputs = 3,
                                   .build = build_linear_scan,
                                   .reference = reference_linear_scan,
                                   SAMPLES(scans),
                                   .flags = EXACT,
                                   REFUSALS(refusals_scan),
                                   .more = more_linear_scan};
