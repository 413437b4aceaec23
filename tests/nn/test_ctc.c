/* SPDX-License-Identifier: MIT */
/* CTC against the sum over all readings of all steps, and its refusals. */
#include "nn_support.h"

#include <math.h>
#include <string.h>

#include "rondo/gradcheck.h"
#include "rondo/losses.h"
#include "rondo/ops.h"

enum { T = 4, B = 3, S = 2, V = 3 };

/* ---- by enumeration ---- */

/* Whether the labels of n steps read as the targets: no repetitions, then no blanks. */
static bool reads_as(const int *label, int n, const int32_t *target, int count, int blank)
{
    int found = 0;

    for (int t = 0; t < n; t++) {
        if (label[t] == blank || (t > 0 && label[t] == label[t - 1])) continue;
        if (found == count || label[t] != target[found]) return false;
        found++;
    }
    return found == count;
}

/* The probability of all readings of sequence b; logits [T, B, V]. */
static double probability(const double *logits, int b, int n, const int32_t *target,
                          int count, int blank)
{
    int label[T], ways = 1;
    double sum = 0;

    for (int t = 0; t < n; t++) ways *= V;
    for (int way = 0; way < ways; way++) {
        double p = 1;
        for (int t = 0, rest = way; t < n; t++, rest /= V) {
            const double *x = logits + (t * B + b) * V;
            label[t] = rest % V;
            p *= exp(x[label[t]]) / (exp(x[0]) + exp(x[1]) + exp(x[2]));
        }
        if (reads_as(label, n, target, count, blank)) sum += p;
    }
    return sum;
}

typedef struct sequences {
    rn_graph *g;
    rn_tensor x, t, steps, counts;
} sequences;

static sequences make(void)
{
    rn_graph *g = rn_graph_new();

    return (sequences){g, rn_input(g, "x", RN_F64, rn_shape(T, B, V)),
                       rn_input(g, "t", RN_I32, rn_shape(B, S)),
                       rn_input(g, "steps", RN_I32, rn_shape(B)),
                       rn_input(g, "counts", RN_I32, rn_shape(B))};
}

/* The terms [B], and the gradient of their sum. */
static rn_status run(const sequences *s, rn_ctc_options o, const double *x,
                     const int32_t *t, const int32_t *steps, const int32_t *counts,
                     double *terms, double *dx, char *error)
{
    o.all.reduction = RN_REDUCE_NONE;
    rn_tensor loss = rn_ctc(s->x, s->t, s->steps, s->counts, o), grad;

    cr_assert_str_eq(rn_graph_error(s->g), "");
    cr_assert(rn_grad(rn_sum_all(loss), rn_null(), &s->x, 1, &grad));
    rn_program *p = rn_compile(s->g, (rn_compile_options){RN_OUTPUTS(loss, grad)});
    cr_assert(p, "%s", rn_graph_error(s->g));
    rn_feed_f64(p, s->x, x, T * B * V);
    rn_feed_i32(p, s->t, t, B * S);
    rn_feed_i32(p, s->steps, steps, B);
    rn_feed_i32(p, s->counts, counts, B);
    const rn_status status = rn_run(p);
    if (status == RN_OK) {
        rn_read_f64(p, loss, terms, B);
        rn_read_f64(p, grad, dx, T * B * V);
    } else {
        strncpy(error, rn_program_error(p), 199);
    }
    rn_program_free(p);
    return status;
}

static void check(int blank, const int32_t *t, const int32_t *steps, const int32_t *counts)
{
    const sequences s = make();
    double x[T * B * V], dx[T * B * V], terms[B];

    rn_test_numbers(x, T * B * V, 3);
    cr_assert_eq(
        run(&s, (rn_ctc_options){.blank = blank}, x, t, steps, counts, terms, dx, NULL),
        RN_OK);
    for (int b = 0; b < B; b++)
        rn_test_near(terms[b],
                     -log(probability(x, b, steps[b], t + b * S, counts[b], blank)), 1e-13);
    for (int i = 0; i < T * B * V; i++) {
        cr_assert(isfinite(dx[i]));
        if (i / (B * V) >= steps[i / V % B]) cr_assert(dx[i] == 0);
    }
    rn_graph_free(s.g);
}

Test(ctc, is_the_sum_over_all_readings)
{
    check(0, (const int32_t[]){1, 2, 1, 1, 2, 9}, (const int32_t[]){4, 3, 2},
          (const int32_t[]){2, 2, 1});
    check(2, (const int32_t[]){0, 1, 1, 0, 2, 2}, (const int32_t[]){4, 2, 3},
          (const int32_t[]){2, 1, 0});
    /* Too short, no steps with a target, no steps without. */
    check(1, (const int32_t[]){2, 2, 0, 5, -7, 5}, (const int32_t[]){2, 0, 0},
          (const int32_t[]){2, 1, 0});
}

/* What is too short has the gradient 0, even beside others. */
Test(ctc, infeasible)
{
    static const int32_t t[] = {1, 1, 1, 2, 2, 1}, steps[] = {2, 4, 1},
                         counts[] = {2, 2, 2};
    const sequences s = make();
    double x[T * B * V], dx[T * B * V], terms[B];

    rn_test_numbers(x, T * B * V, 3);
    cr_assert_eq(
        run(&s, (rn_ctc_options){.blank = 0}, x, t, steps, counts, terms, dx, NULL), RN_OK);
    cr_assert(terms[0] == HUGE_VAL && isfinite(terms[1]) && terms[2] == HUGE_VAL);
    for (int i = 0; i < T * B * V; i++)
        cr_assert(i / V % B == 1 ? dx[i] != 0 : dx[i] == 0, "%d: %g", i, dx[i]);
    rn_graph_free(s.g);
}

/* NaN and targets out of range in the padding, and in masked sequences, change no bit. */
Test(ctc, padding)
{
    static const int32_t steps[] = {3, 4, 2}, counts[] = {1, 2, 1};
    static const uint8_t mask[B] = {1, 0, 1};
    double x[T * B * V], dx[2][T * B * V], terms[2][B];

    for (int k = 0; k < 2; k++) {
        const sequences s = make();
        const int32_t pad = k ? -99 : 0, t[] = {1, pad, k ? 77 : 1, pad, 2, pad};
        rn_ctc_options o = {.all = {.mask = rn_constant(s.g, RN_BOOL, rn_shape(B), mask)}};
        rn_test_numbers(x, T * B * V, 3);
        for (int i = 0; i < T * B * V; i++) {
            const int b = i / V % B;
            if (k && (i / (B * V) >= steps[b] || !mask[b])) x[i] = i % 2 ? NAN : HUGE_VAL;
        }
        cr_assert_eq(run(&s, o, x, t, steps, counts, terms[k], dx[k], NULL), RN_OK);
        rn_graph_free(s.g);
    }
    cr_assert(!memcmp(terms[0], terms[1], sizeof terms[0]));
    cr_assert(!memcmp(dx[0], dx[1], sizeof dx[0]));
    cr_assert(terms[0][1] == 0);
}

Test(ctc, gradients)
{
    static const int32_t t[] = {1, 2, 1, 1, 2, 0}, steps[] = {4, 3, 2},
                         counts[] = {2, 2, 1};
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    rn_tensor x =
        rn_weight(rn_root(g, model), "x", rn_shape(T, B, V), (rn_init){RN_INIT_NORMAL, 1});
    rn_tensor loss = rn_ctc(x, rn_constant(g, RN_I32, rn_shape(B, S), t),
                            rn_constant(g, RN_I32, rn_shape(B), steps),
                            rn_constant(g, RN_I32, rn_shape(B), counts),
                            (rn_ctc_options){.by_length = true});
    rn_gradcheck_report *r = rn_gradcheck(loss, (rn_gradcheck_options){.exhaustive = -1});

    cr_assert(r && r->passed, "%s", r ? r->text : rn_graph_error(g));
    rn_gradcheck_free(r);
    rn_graph_free(g);
    rn_model_free(model);
}

/* ---- refusals ---- */

static void fails(const int32_t *t, const int32_t *steps, const int32_t *counts,
                  const char *part)
{
    const sequences s = make();
    double x[T * B * V] = {0}, dx[T * B * V], terms[B];
    char error[200] = "";

    cr_assert_eq(
        run(&s, (rn_ctc_options){.blank = 0}, x, t, steps, counts, terms, dx, error),
        RN_BAD_VALUE);
    cr_assert(strstr(error, part) && strstr(error, "ctc"), "%s", error);
    rn_graph_free(s.g);
}

Test(ctc, runs_that_are_refused)
{
    static const int32_t steps[] = {4, 4, 4}, counts[] = {2, 2, 2},
                         good[] = {1, 2, 1, 2, 1, 2};

    fails((const int32_t[]){1, 2, 3, 2, 1, 2}, steps, counts, "3");
    fails((const int32_t[]){1, 2, 0, 2, 1, 2}, steps, counts, "-1");
    fails(good, (const int32_t[]){4, 5, 4}, counts, "5");
    fails(good, steps, (const int32_t[]){2, 3, 2}, "3");
}

Test(ctc, shapes_that_are_refused)
{
    const sequences s = make();

    cr_assert(
        rn_is_null(rn_ctc(s.x, s.steps, s.steps, s.counts, (rn_ctc_options){.blank = 0})));
    rn_test_error_is(s.g,
                     "ctc: shapes are not [T,B,V] and [B,S]: logits x [4,3,3], targets "
                     "steps [3], blank 0");
    rn_graph_free(s.g);
}

Test(ctc, blank_that_is_refused)
{
    const sequences s = make();

    cr_assert(
        rn_is_null(rn_ctc(s.x, s.t, s.steps, s.counts, (rn_ctc_options){.blank = 3})));
    rn_test_error_is(s.g,
                     "ctc: blank is no class: logits x [4,3,3], targets t [3,2], blank 3");
    rn_graph_free(s.g);
}
