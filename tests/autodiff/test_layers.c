/* SPDX-License-Identifier: MIT */
/* The numerical check of the recurrent layers, for every number of steps and sequences. */
#include "run/driver.h"

#include <rondo/gradcheck.h>
#include <rondo/recurrent.h>

static const rn_cell *const cells[] = {&rn_cell_rnn, &rn_cell_lstm, &rn_cell_gru,
                                       &rn_cell_gru_reset_after};
enum { CELLS = sizeof cells / sizeof *cells, I = 3, H = 3 };

/* A loss that tells every element from the others. */
static rn_tensor told_apart(rn_tensor x, uint64_t seed)
{
    const int64_t n = rn_test_count(x);
    double *c = (double *)malloc((size_t)(n + 1) * sizeof *c);
    const rn_tensor constant =
        rn_test_constant_f64(x.graph, rn_shape_get(x), rn_test_numbers(c, n, seed));

    free(c);
    return rn_sum_all(rn_mul(x, constant));
}

typedef struct layer {
    const rn_cell *cell;
    int64_t steps, batch;
    int layers;
    bool bidirectional, reverse, ragged, initial;
} layer;

/* Checks a layer with respect to its input, its weights and its initial states; returns the
 * largest error. */
static double check(layer l)
{
    rn_model *model = rn_model_new_using(3, RN_F64, (rn_allocator){0});
    rn_graph *g = rn_graph_new();
    const rn_scope s = rn_root(g, model);
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(l.steps, l.batch, I));
    const rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(l.batch));
    rn_tensor initial[16];
    const int count = l.initial ? l.layers * (l.bidirectional ? 2 : 1) * l.cell->states : 0;
    int32_t n[4];

    for (int i = 0; i < count; i++) initial[i] = rn_test_f64(g, "h", rn_shape(l.batch, H));
    for (int i = 0; i < 4; i++) n[i] = (int32_t)((i * 2 + 1) % (l.steps + 1));
    const rn_sequence y =
        rn_recurrent(s, "rnn", l.cell, x,
                     (rn_recurrent_options){.units = H,
                                            .layers = l.layers,
                                            .bidirectional = l.bidirectional,
                                            .reverse = l.reverse,
                                            .lengths = l.ragged ? lengths : rn_null(),
                                            .initial = initial,
                                            .initial_count = count});
    cr_assert_str_eq(rn_graph_error(g), "");
    rn_tensor loss = rn_add(told_apart(y.outputs, 1), told_apart(y.last, 2));
    for (int i = 0; i < y.final_count; i++)
        loss = rn_add(loss, told_apart(y.final[i], 3 + (uint64_t)i));
    const rn_value values[] = {{lengths, n}};
    rn_gradcheck_report *r = rn_gradcheck(
        loss,
        (rn_gradcheck_options){.values = values, .value_count = 1, .exhaustive = 100});
    cr_assert(r->status == RN_OK && r->passed && r->largest <= 1e-7,
              "%s, T %d, B %d, %d layers%s%s%s: %s", l.cell->name, (int)l.steps,
              (int)l.batch, l.layers, l.bidirectional ? ", both directions" : "",
              l.reverse ? ", reversed" : "", l.ragged ? ", ragged" : "", r->text);
    const double largest = r->largest;
    rn_gradcheck_free(r);
    rn_graph_free(g);
    rn_model_free(model);
    return largest;
}

static void every_size(layer l, const char *what)
{
    static const int64_t steps[] = {0, 1, 2, 7}, batch[] = {0, 1, 3};

    for (int c = 0; c < CELLS; c++) {
        double largest = 0;
        l.cell = cells[c];
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 3; j++) {
                l.steps = steps[i], l.batch = batch[j];
                largest = fmax(largest, check(l));
            }
        cr_log_info("%s, %s: largest error %.3g", l.cell->name, what, largest);
    }
}

Test(layers, one_layer)
{
    every_size((layer){.layers = 1}, "one layer");
}

Test(layers, reversed)
{
    every_size((layer){.layers = 1, .reverse = true, .initial = true}, "reversed");
}

Test(layers, ragged)
{
    every_size((layer){.layers = 1, .ragged = true}, "ragged");
}

Test(layers, two_layers_with_initial_states)
{
    every_size((layer){.layers = 2, .initial = true}, "two layers");
}

Test(layers, both_directions)
{
    every_size((layer){.layers = 1, .bidirectional = true}, "both directions");
}

Test(layers, two_ragged_layers_in_both_directions)
{
    every_size((layer){.layers = 2, .bidirectional = true, .ragged = true, .initial = true},
               "two ragged layers in both directions");
}
