/* SPDX-License-Identifier: MIT */
/* Ragged loops: what they compute, which loops are none, and where an infinity appears. */
#include "ragged_world.h"

/* ---- what stays as it is ---- */

static void check_plain(world *w)
{
    rn_program *p = compile(w, 0, RN_WATCH_OFF);
    rn_program *plain = compile(w, RN_PASS_ROWS, RN_WATCH_OFF);

    cr_assert_eq(count_of(p, " ragged "), 0);
    for (int k = 0; k < PATTERNS; k++) {
        feed(w, p, patterns[k], 1e300);
        feed(w, plain, patterns[k], 1e300);
        expect_equal(w, p, plain, patterns[k], 0);
    }
    rn_program_free(p);
    rn_program_free(plain);
    finish(w);
}

/* The values that padding repeats have an influence on the rows that run. */
Test(ragged, a_body_that_mixes_rows)
{
    world w = begin(RN_F64);
    rn_loop *loop = loop_begin(&w, false);
    const rn_tensor x = rn_loop_each(loop, w.x), h = rn_loop_carry(loop, w.initial);
    const rn_tensor mean = rn_mean(h, (int[]){0}, 1, true);
    const rn_tensor a = rn_matmul(x, weight(&w, "w", I, H));
    rn_loop_next(loop, h, rn_tanh(rn_add(rn_sub(a, mean), rn_scale(h, 0.5))));
    rn_loop_end(loop);
    give(&w, rn_loop_final(loop, h), false);
    give_gradient(&w);
    check_plain(&w);
}

Test(ragged, a_history_that_is_read_outside)
{
    world w = begin(RN_F64);
    rn_loop *loop = loop_begin(&w, false);
    const rn_tensor x = rn_loop_each(loop, w.x), h = rn_loop_carry(loop, w.initial);
    rn_loop_next(loop, h, rn_tanh(rn_add(rn_matmul(x, weight(&w, "w", I, H)), h)));
    rn_loop_end(loop);
    give(&w, rn_loop_history(loop, h), false);
    give_gradient(&w);
    check_plain(&w);
}

/* An operator that does not say how it may be divided. */
static bool copy_all(const rn_call *call)
{
    memcpy(call->out->data, call->in->data, B * H * sizeof(double));
    return true;
}

static const rn_op whole = {.name = "whole", .inputs = 1, .kernel[RN_F64] = copy_all};

Test(ragged, an_operator_that_cannot_be_divided)
{
    world w = begin(RN_F64);
    rn_loop *loop = loop_begin(&w, false);
    const rn_tensor x = rn_loop_each(loop, w.x), h = rn_loop_carry(loop, w.initial);
    const rn_tensor same = rn_apply(&whole, &h, 1, NULL, 0);
    rn_loop_next(loop, h, rn_tanh(rn_add(rn_matmul(x, weight(&w, "w", I, H)), same)));
    rn_loop_end(loop);
    give(&w, rn_loop_final(loop, h), false);
    check_plain(&w);
}

/* It keeps the loops with its own lengths from being ragged, and no others. */
Test(ragged, loops_with_other_lengths)
{
    world w = begin(RN_F64);
    const rn_tensor others = rn_input(w.g, "others", RN_I32, rn_shape(B));
    rn_tensor h[2];

    for (int k = 0; k < 2; k++) {
        rn_loop *loop = rn_loop_begin(w.g);
        rn_loop_lengths(loop, k ? others : w.lengths);
        const rn_tensor x = rn_loop_each(loop, w.x), s = rn_loop_carry(loop, w.initial);
        const rn_tensor a = rn_matmul(x, weight(&w, "w", I, H));
        rn_loop_next(loop, s, rn_tanh(rn_add(a, k ? rn_apply(&whole, &s, 1, NULL, 0) : s)));
        rn_loop_end(loop);
        h[k] = rn_loop_final(loop, s);
        give(&w, h[k], false);
    }
    rn_program *p = compile(&w, 0, RN_WATCH_OFF);
    cr_assert_gt(count_of(p, " ragged "), 0);
    cr_assert_eq(count_of(p, " whole f64 [5,4] @"), 1); /* not limited */
    rn_program_free(p);
    finish(&w);
}

/* ---- how much is computed ---- */

static int64_t computed; /* elements */

static void count_map(int64_t n, const void *const *x, const int64_t *step, void *y,
                      const void *attributes)
{
    (void)attributes;
    computed += n;
    for (int64_t i = 0; i < n; i++) ((double *)y)[i] = ((const double *)x[0])[i * step[0]];
}

static const rn_op counted;

static rn_tensor count(rn_tensor x)
{
    return rn_apply(&counted, &x, 1, NULL, 0);
}

static void count_gradient(rn_pullback *p)
{
    p->dx[0] = count(p->dy);
}

static const rn_op counted = {
    .name = "counted", .inputs = 1, .map[RN_F64] = count_map, .gradient = count_gradient};

static int64_t sum_of(const int32_t *lengths)
{
    int64_t sum = 0;

    for (int b = 0; b < B; b++) sum += lengths[b];
    return sum;
}

/* What runs in the loop, forward and backward: as many rows as the batch has steps. */
Test(ragged, no_row_runs_past_its_length)
{
    for (int back = 0; back < 2; back++) {
        world w = begin(RN_F64);
        rn_loop *loop = loop_begin(&w, back);
        const rn_tensor x = rn_loop_each(loop, w.x), h = rn_loop_carry(loop, w.initial);
        const rn_tensor a = rn_matmul(count(h), weight(&w, "u", H, H));
        rn_loop_next(loop, h, rn_tanh(rn_add(a, rn_matmul(x, weight(&w, "w", I, H)))));
        rn_loop_end(loop);
        give(&w, rn_loop_final(loop, h), false);
        rn_program *forward = compile(&w, 0, RN_WATCH_OFF);
        give_gradient(&w);
        rn_program *both = compile(&w, 0, RN_WATCH_OFF);
        for (int k = 0; k < PATTERNS; k++) {
            computed = 0;
            feed(&w, forward, patterns[k], NAN);
            cr_assert_eq(computed, sum_of(patterns[k]) * H);
            feed(&w, both, patterns[k], NAN);
            cr_assert_eq(computed, 3 * sum_of(patterns[k]) * H);
        }
        rn_program_free(forward);
        rn_program_free(both);
        finish(&w);
    }
}

/* What runs for all steps at once, before and after the loop: less than a slot more. */
Test(ragged, what_leaves_the_loop_has_no_padding)
{
    world w = begin(RN_F64);
    rn_loop *loop = loop_begin(&w, false);
    const rn_tensor x = rn_loop_each(loop, w.x), h = rn_loop_carry(loop, w.initial);
    const rn_tensor a = count(rn_matmul(x, weight(&w, "w", I, H)));
    rn_loop_next(loop, h, rn_tanh(rn_add(a, h)));
    const rn_tensor y = count(rn_matmul(h, weight(&w, "u", H, H)));
    rn_loop_end(loop);
    give(&w, rn_loop_collect(loop, y), false);
    rn_program *p = compile(&w, 0, RN_WATCH_OFF);
    for (int k = 0; k < PATTERNS; k++) {
        const int64_t rows = sum_of(patterns[k]);
        computed = 0;
        feed(&w, p, patterns[k], NAN);
        cr_assert(computed >= 2 * rows * H && computed <= 2 * (rows + B - 1) * H,
                  "%d elements for %d rows", (int)computed, (int)rows);
    }
    rn_program_free(p);
    finish(&w);
}

/* ---- values that are not finite ---- */

/* In the loop and outside it, with the element that the user knows. */
Test(ragged, where_an_infinity_appears)
{
    for (int outside = 0; outside < 2; outside++) {
        world w = begin(RN_F64);
        rn_loop *loop = loop_begin(&w, false);
        const rn_tensor x = rn_loop_each(loop, w.x), h = rn_loop_carry(loop, w.initial);
        const rn_tensor eye = rn_constant(w.g, RN_F64, rn_shape(I, I),
                                          (double[I * I]){1, 0, 0, 0, 1, 0, 0, 0, 1});
        const rn_tensor y = outside ? rn_matmul(x, eye) : x;
        const rn_tensor part = rn_log(rn_abs(y));
        rn_loop_next(loop, h, rn_tanh(rn_add(h, rn_matmul(part, weight(&w, "w", I, H)))));
        const rn_tensor twice = rn_scale(part, 2);
        rn_loop_end(loop);
        give(&w, rn_loop_final(loop, h), false);
        give(&w, rn_loop_collect(loop, twice), false);
        rn_program *p = compile(&w, 0, RN_WATCH_ON);
        double data[T * B * I], initial[B * H];
        rn_test_numbers(data, T * B * I, 5);
        data[(2 * B + 1) * I + 2] = 0; /* step 2 of sequence 1 */
        rn_test_feed(p, w.x, data);
        rn_test_feed(p, w.initial, rn_test_numbers(initial, B * H, 6));
        rn_test_feed_i32(p, w.lengths, patterns[8]);
        rn_test_run(p);
        const rn_nonfinite f = found_at(p, 0);
        cr_assert_str_eq(f.op, "log", "%s", f.text);
        cr_assert_eq(f.element, f.loops ? 1 * I + 2 : (2 * B + 1) * I + 2, "%s", f.text);
        cr_assert_eq(f.operand[0].element, f.element, "%s", f.text);
        rn_program_free(p);
        finish(&w);
    }
}
