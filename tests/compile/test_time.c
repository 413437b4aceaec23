/* SPDX-License-Identifier: MIT */
/*
 * The time to compile a training step of a two-layer LSTM does not grow with the number of
 * its time steps. The fastest of many compilations are compared, with generous bounds: a
 * busy machine slows most of them, and so does the system when it clears a large workspace.
 */
#include "run/driver.h"

#include <rondo/recurrent.h>
#include <time.h>

enum { B = 2, I = 4, H = 8, MANY = 31, WEIGHTS = 64 };

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The loss, with assignments of every weight. */
static rn_tensor training_step(rn_graph *g, rn_model *model, int64_t steps)
{
    const rn_scope s = rn_root(g, model);
    const rn_tensor xs = rn_input(g, "xs", RN_F32, rn_shape(steps, B, I));
    const rn_sequence y =
        rn_lstm(s, "lstm", xs, (rn_recurrent_options){.units = H, .layers = 2});
    const rn_tensor loss = rn_mean_all(rn_square(y.outputs));
    rn_tensor w[WEIGHTS], dw[WEIGHTS];
    const int n = rn_model_count(model);

    cr_assert_eq(n, 24);
    for (int i = 0; i < n; i++) w[i] = rn_read_variable(g, rn_model_at(model, i));
    cr_assert(rn_grad(loss, rn_null(), w, n, dw), "%s", rn_graph_error(g));
    for (int i = 0; i < n; i++) rn_assign(w[i], rn_sub(w[i], rn_scale(dw[i], 0.01)));
    return loss;
}

static int by_size(const void *x, const void *y)
{
    const double a = *(const double *)x, b = *(const double *)y;

    return (a > b) - (a < b);
}

typedef struct timing {
    double median, fastest;
} timing;

static timing time_of(int64_t steps)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    const rn_tensor loss = training_step(g, model, steps);
    double times[MANY];
    int calls = 0;

    for (int i = 0; i < MANY; i++) {
        const double start = seconds();
        rn_program *p = rn_test_compile(g, loss);
        times[i] = seconds() - start;
        calls = rn_program_calls(p);
        rn_program_free(p);
    }
    qsort(times, MANY, sizeof *times, by_size);
    cr_log_info("T = %lld: %.3g ms to compile %d calls (fastest %.3g, slowest %.3g)",
                (long long)steps, times[MANY / 2] * 1e3, calls, times[0] * 1e3,
                times[MANY - 1] * 1e3);
    rn_graph_free(g);
    rn_model_free(model);
    return (timing){times[MANY / 2], times[0]};
}

Test(time, compiling_does_not_depend_on_the_number_of_steps)
{
    const timing few = time_of(10), many = time_of(10000);

    cr_log_info("ratio of medians %.3g, of the fastest %.3g", many.median / few.median,
                many.fastest / few.fastest);
    cr_assert_lt(many.fastest, 30 * few.fastest, "%g s for 10 steps, %g s for 10000",
                 few.fastest, many.fastest);
    cr_assert_lt(many.fastest, 1, "%g s", many.fastest);
}
