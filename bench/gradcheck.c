/* SPDX-License-Identifier: MIT */
/*
 * rondo-bench-gradcheck -- how long rn_gradcheck takes for a 2-layer LSTM with H = 128,
 * T = 20, B = 8: by directions alone, with the default options, and when a rule is wrong,
 * so that the culprit is searched for. Medians of a few runs, of processor time.
 */
#include <math.h>
#include <rondo.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 5, T = 20, B = 8, I = 64, H = 128 };

/* ---- an identity whose rule is right or wrong by one part in 10^6 ---- */

static double factor = 1;

static void identity(int64_t n, const void *const *in, const int64_t *step, void *out,
                     const void *attributes)
{
    const double *x = (const double *)in[0];

    (void)attributes;
    for (int64_t i = 0; i < n; i++) ((double *)out)[i] = x[i * step[0]];
}

static void gradient(rn_pullback *p)
{
    p->dx[0] = rn_scale(p->dy, factor);
}

static const rn_op same = {
    .name = "same", .inputs = 1, .map = {[RN_F64] = identity}, .gradient = gradient};

/* ---- timing ---- */

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void measure(const char *what, rn_tensor loss, rn_gradcheck_options options)
{
    double seconds[RUNS];
    rn_gradcheck_report *r = NULL;

    for (int i = 0; i < RUNS; i++) {
        const double start = now();
        rn_gradcheck_free(r);
        r = rn_gradcheck(loss, options);
        seconds[i] = now() - start;
    }
    qsort(seconds, RUNS, sizeof *seconds, ascending);
    if (!r) exit(1);
    printf("%-34s %7.2f s %5lld comparisons, %s%s, largest relative error %.2g\n", what,
           seconds[RUNS / 2], (long long)r->checked,
           r->passed ? "passed" : "FAILED: ", r->culprit.op, r->largest);
    fflush(stdout);
    rn_gradcheck_free(r);
}

int main(void)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I));
    const rn_tensor in = rn_apply(&same, &x, 1, NULL, 0);
    const rn_sequence y =
        rn_recurrent(rn_root(g, model), "rnn", &rn_cell_lstm, rn_cast(in, RN_F32),
                     (rn_recurrent_options){.units = H, .layers = 2});
    const rn_tensor loss = rn_mean_all(rn_square(y.outputs));
    const rn_gradcheck_options directions = {.exhaustive = -1, .samples = -1};

    if (rn_graph_error(g)[0]) return fprintf(stderr, "%s\n", rn_graph_error(g)), 1;
    printf("rondo %s, instruction set %s, one thread; LSTM L 2 T 20 B 8 I 64 H 128\n",
           rn_version(), rn_isa());
    measure("directions alone", loss, directions);
    measure("default options", loss, (rn_gradcheck_options){0});
    factor = 1 + 1e-6;
    measure("directions, one rule is wrong", loss, directions);
    rn_graph_free(g);
    rn_model_free(model);
    return 0;
}
