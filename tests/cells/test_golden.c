/* SPDX-License-Identifier: MIT */
/*
 * Cells of examples/cells against published code: outputs and all gradients. The gated
 * delta rule there computes in f32.
 */
#include "nn/nn_support.h"

#include <stdlib.h>
#include <string.h>

#include "examples/cells/cells.h"
#include "golden/authors_cells.h"

enum { MOST = 20 };

typedef struct published {
    const rn_test_golden *golden;
    const rn_cell *cell;
    const char *weights[MOST]; /* in the order of the numbers */
    double tolerance;
} published;

/* The next numbers of the case. */
static const double *next(const double **at, int64_t count)
{
    const double *now = *at;

    *at += count;
    return now;
}

static int64_t count_of(rn_tensor x)
{
    return rn_shape_count(rn_shape_get(x));
}

static void agrees(rn_program *p, rn_tensor x, const double **at, double tolerance,
                   const char *what)
{
    double *got = (double *)calloc((size_t)count_of(x), sizeof *got);

    rn_test_read_f64(p, x, got);
    rn_test_close(got, next(at, count_of(x)), count_of(x), tolerance, what);
    free(got);
}

static void reproduce(published c)
{
    const rn_test_golden *q = c.golden;
    const double *at = q->at;
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(q->steps, q->batch, q->inputs));
    rn_tensor y = rn_recurrent(rn_root(g, model), "net", c.cell, x,
                               (rn_recurrent_options){.units = q->units})
                      .outputs;
    rn_tensor dy = rn_input(g, "dy", RN_F64, rn_shape_get(y)), of[MOST + 1] = {x};
    rn_tensor out[MOST + 2] = {y};
    int n = 1;

    for (int i = 0; i < MOST && c.weights[i]; i++) {
        char name[60] = "net/layer0/";
        rn_variable *v = rn_model_find(model, strcat(name, c.weights[i]));
        cr_assert(v, "%s: no weight %s", q->name, name);
        of[n] = rn_read_variable(g, v);
        memcpy(rn_variable_data(v), next(&at, count_of(of[n])),
               (size_t)count_of(of[n]) * sizeof *at);
        n++;
    }
    cr_assert_eq(n - 1, rn_model_count(model), "%s: all weights are set", q->name);
    cr_assert(rn_grad(y, dy, of, n, out + 1), "%s", rn_graph_error(g));
    rn_program *p =
        rn_compile(g, (rn_compile_options){.outputs = out, .output_count = n + 1});
    cr_assert(p, "%s", rn_graph_error(g));
    rn_test_feed_f64(p, dy, next(&at, count_of(dy)));
    rn_test_feed_f64(p, x, next(&at, count_of(x)));
    rn_test_run_once(p);
    for (int i = 0; i <= n; i++) agrees(p, out[i], &at, c.tolerance, q->name);
    cr_assert_eq(at - q->at, (ptrdiff_t)q->count);
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(golden, xlstm)
{
    const rn_cell heads = cell_mlstm_heads(2, 2);

    reproduce((published){&authors_slstm,
                          &cell_slstm,
                          {"z/w", "z/u", "z/b", "i/w", "i/u", "i/b", "f/w", "f/u", "f/b",
                           "o/w", "o/u", "o/b"},
                          1e-12});
    reproduce((published){&authors_mlstm,
                          &heads,
                          {"q/w", "q/b", "v/w", "v/b", "k/w", "k/b", "i/w", "i/b", "f/w",
                           "f/b", "o/w", "o/b"},
                          1e-12});
}

Test(golden, mamba)
{
    const cell_mamba_options sizes = {.states = 2, .rank = 2};
    const rn_cell cell = cell_mamba_sizes(&sizes);

    reproduce((published){&authors_mamba,
                          &cell,
                          {"v/w", "low/w", "d/w", "d/b", "b/w", "c/w", "a", "skip"},
                          1e-12});
}

Test(golden, gated_deltanet)
{
    const rn_cell cell = cell_gated_deltanet_heads(2, 2);

    reproduce((published){&authors_gated_deltanet,
                          &cell,
                          {"q/w", "k/w", "v/w", "decay", "a/w", "a/b", "b/w", "b/b"},
                          2e-6});
}
