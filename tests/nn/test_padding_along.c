/* SPDX-License-Identifier: MIT */
/* Operators along an axis as steps of a recurrent network, with lengths, against loops over
 * one sequence at a time. */
#include <math.h>
#include <rondo/grad.h>
#include <rondo/gradcheck.h>
#include <string.h>

#include "padding_support.h"

enum { WIDE = 7, PICKED = 3 };

/* ---- a step, for all sequences and for one ---- */

/* A memory h [B, WIDE] that is read by its sums so far at the indices n [B, PICKED],
 * written there, and keeps its largest part:
 *
 *   s  = sums of h + x from the end
 *   m  = h / 2; m[n] += tanh s[n]
 *   h' = zeros; h'[i] = m[i] / 2 for the PICKED largest m */
static rn_tensor step(rn_tensor h, rn_tensor x, rn_tensor n)
{
    const rn_tensor s = rn_cumsum(rn_add(h, x), 1, (rn_cumsum_options){.reverse = true});
    const rn_tensor m = rn_scatter_add(rn_scale(h, 0.5), n, rn_tanh(rn_gather(s, n, 1)), 1);
    const rn_tensor kept = rn_scale(rn_top_k(m, 1, PICKED, false), 0.5);

    return rn_scatter(rn_fill_like(h, 0), rn_top_k_indices(m, 1, PICKED, false), kept, 1);
}

static void step_of_one(double *h, const double *x, const int32_t *n)
{
    double s[WIDE + 1] = {0}, m[WIDE];

    for (int i = WIDE - 1; i >= 0; i--) s[i] = s[i + 1] + h[i] + x[i];
    for (int i = 0; i < WIDE; i++) m[i] = h[i] / 2;
    for (int k = 0; k < PICKED; k++) m[n[k]] += tanh(s[n[k]]);
    for (int i = 0; i < WIDE; i++) {
        int larger = 0;
        for (int j = 0; j < WIDE; j++) larger += m[j] > m[i] || (m[j] == m[i] && j < i);
        h[i] = larger < PICKED ? m[i] / 2 : 0;
    }
}

/* ---- a network ---- */

typedef struct network {
    rn_graph *g;
    rn_tensor x, n, lengths, h0, last, loss;
    double numbers[T * B * WIDE], initial[B * WIDE];
    int32_t index[T * B * PICKED];
} network;

static network begin(bool reverse)
{
    network w = {.g = rn_graph_new()};

    w.x = rn_input(w.g, "x", RN_F64, rn_shape(T, B, WIDE));
    w.n = rn_input(w.g, "n", RN_I32, rn_shape(T, B, PICKED));
    w.lengths = rn_input(w.g, "lengths", RN_I32, rn_shape(B));
    w.h0 = rn_input(w.g, "h0", RN_F64, rn_shape(B, WIDE));
    rn_loop *loop = rn_loop_begin(w.g);
    if (reverse) rn_loop_reverse(loop);
    rn_loop_lengths(loop, w.lengths);
    const rn_tensor x = rn_loop_each(loop, w.x), n = rn_loop_each(loop, w.n);
    const rn_tensor h = rn_loop_carry(loop, w.h0);
    rn_loop_next(loop, h, rn_name(step(h, x, n), "next"));
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(w.g));
    w.last = rn_loop_final(loop, h);
    w.loss = rn_sum_all(rn_square(w.last));
    rn_test_numbers(w.initial, B * WIDE, 4);
    return w;
}

/* Padding is NaN, and indices there are outside. */
static void fill_network(network *w, const int32_t *lengths)
{
    rn_test_numbers(w->numbers, T * B * WIDE, 3);
    for (int i = 0; i < T * B; i++) {
        const bool lasts = i / B < lengths[i % B];
        for (int k = 0; k < WIDE && !lasts; k++) w->numbers[i * WIDE + k] = NAN;
        for (int k = 0; k < PICKED; k++)
            w->index[i * PICKED + k] = lasts ? (i * 5 + k * k) % WIDE : k % 2 ? -1 : WIDE;
    }
}

static void feed_network(const network *w, rn_program *p, const int32_t *lengths)
{
    rn_test_feed_f64(p, w->x, w->numbers);
    rn_test_feed_f64(p, w->h0, w->initial);
    rn_test_feed_i32(p, w->n, w->index);
    rn_test_feed_i32(p, w->lengths, lengths);
}

static void expected(const network *w, const int32_t *lengths, bool reverse, double *h)
{
    memcpy(h, w->initial, sizeof w->initial);
    for (int b = 0; b < B; b++)
        for (int k = 0; k < lengths[b]; k++) {
            const int t = reverse ? lengths[b] - 1 - k : k;
            step_of_one(h + b * WIDE, w->numbers + (t * B + b) * WIDE,
                        w->index + (t * B + b) * PICKED);
        }
}

Test(padding_along, a_recurrent_step)
{
    for (int way = 0; way < 6; way++) {
        const bool reverse = way % 2;
        const int threads = way < 2 ? 1 : 3;
        network w = begin(reverse);
        double got[B * WIDE], want[B * WIDE], dx[T * B * WIDE];
        rn_tensor out[2] = {w.last};
        cr_assert(rn_grad(w.loss, rn_null(), &w.x, 1, &out[1]));
        rn_program *p =
            rn_compile(w.g, (rn_compile_options){.outputs = out,
                                                 .output_count = 2,
                                                 .threads = threads,
                                                 .without = way < 4 ? 0 : RN_PASS_HOIST});
        cr_assert(p, "%s", rn_graph_error(w.g));
        for (int i = 0; i < PATTERNS; i++) {
            fill_network(&w, patterns[i]);
            feed_network(&w, p, patterns[i]);
            rn_test_run_once(p);
            expected(&w, patterns[i], reverse, want);
            rn_test_read_f64(p, out[0], got);
            rn_test_close(got, want, B * WIDE, 1e-14, "final");
            rn_test_read_f64(p, out[1], dx);
            for (int k = 0; k < T * B * WIDE; k++)
                cr_assert(!isnan(dx[k]) && (dx[k] == 0 || !isnan(w.numbers[k])), "%d", k);
        }
        rn_program_free(p);
        rn_graph_free(w.g);
    }
}

Test(padding_along, gradients)
{
    for (int i = 0; i < PATTERNS; i++) {
        network w = begin(i % 2);
        fill_network(&w, patterns[i]);
        for (int k = 0; k < T * B * WIDE; k++)
            if (isnan(w.numbers[k])) w.numbers[k] = 0;
        const rn_value values[] = {
            {w.x, w.numbers}, {w.n, w.index}, {w.lengths, patterns[i]}, {w.h0, w.initial}};
        rn_gradcheck_report *r = rn_gradcheck(
            w.loss, (rn_gradcheck_options){.values = values, .value_count = 4});
        cr_assert(r && r->passed, "%s", r ? r->text : "no report");
        rn_gradcheck_free(r);
        rn_graph_free(w.g);
    }
}

/* An index of a step that counts. */
Test(padding_along, a_wrong_index)
{
    static const int32_t lengths[B] = {5, 5, 5, 5};
    network w = begin(false);
    rn_program *p =
        rn_compile(w.g, (rn_compile_options){.outputs = &w.last, .output_count = 1});

    fill_network(&w, lengths);
    w.index[(2 * B + 1) * PICKED + 2] = WIDE;
    feed_network(&w, p, lengths);
    cr_assert_eq(rn_run(p), RN_BAD_VALUE);
    cr_assert_str_eq(
        rn_program_error(p),
        "gather: index 7 is outside 0..6 at element 5: result [4,3] at step 2");
    rn_program_free(p);
    rn_graph_free(w.g);
}
