/* SPDX-License-Identifier: MIT */
/* What the tests of dropout share: a model with a graph, and whether masks are
 * independent. */
#ifndef RN_TESTS_DROPOUT_SUPPORT_H
#define RN_TESTS_DROPOUT_SUPPORT_H

#include "nn_support.h"

#include <math.h>

typedef struct fixture {
    rn_model *model;
    rn_graph *graph;
    rn_scope scope;
} fixture;

static inline fixture begin(void)
{
    fixture f = {rn_test_model(1), rn_graph_new(), {0}};

    f.scope = rn_root(f.graph, f.model);
    return f;
}

static inline void end(fixture *f)
{
    rn_graph_free(f->graph);
    rn_model_free(f->model);
}

static inline rn_tensor ones(rn_graph *g, rn_shape shape)
{
    return rn_fill(g, RN_F64, shape, 1);
}

/* Compiles for these outputs, runs, and reads each into a row of `size` numbers. */
static inline void values_of(const rn_tensor *y, int count, int64_t size, double *values)
{
    rn_program *p =
        rn_compile(y[0].graph, (rn_compile_options){.outputs = y, .output_count = count});

    cr_assert(p, "%s", rn_graph_error(y[0].graph));
    rn_test_run_once(p);
    for (int i = 0; i < count; i++) rn_test_read_f64(p, y[i], values + i * size);
    rn_program_free(p);
}

/* Chi-square of the table: dropped here, dropped there. With all four shares given it has
 * three degrees of freedom and is beyond 30 once in 700 thousand. */
static inline double chi_square(const double *a, const double *b, int64_t n, double rate)
{
    double table[2][2] = {{0, 0}, {0, 0}}, sum = 0;

    for (int64_t i = 0; i < n; i++) table[a[i] == 0][b[i] == 0]++;
    for (int x = 0; x < 2; x++)
        for (int y = 0; y < 2; y++) {
            const double p = (x ? rate : 1 - rate) * (y ? rate : 1 - rate);
            sum += pow(table[x][y] - (double)n * p, 2) / ((double)n * p);
        }
    return sum;
}

/* Fails unless the zeros of each two of the `count` rows of n values are independent. */
static inline void expect_independent(const double *rows, int count, int64_t n, double rate)
{
    for (int a = 0; a < count; a++)
        for (int b = 0; b < a; b++) {
            const double x = chi_square(rows + a * n, rows + b * n, n, rate);
            cr_assert(x < 30, "draws %d and %d: chi-square %g", b, a, x);
        }
}

static inline void expect_right_gradient(fixture *f, rn_tensor y)
{
    rn_gradcheck_report *report =
        rn_gradcheck(rn_sum_all(rn_square(y)), (rn_gradcheck_options){0});

    cr_assert(report && report->passed, "%s",
              report ? report->text : rn_graph_error(f->graph));
    rn_gradcheck_free(report);
    end(f);
}

#endif
