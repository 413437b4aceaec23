/* SPDX-License-Identifier: MIT */
/* Building recurrent layers of all kinds and sizes, and checking their gradients. */
#include "layer_check.h"

#include "cells.h"
#include "run/driver.h"

#include <rondo/gradcheck.h>
#include <rondo/layers.h>

enum { I = 3, H = 4, FEW = 2, MANY = 64, STATES = 2 * 2 * RN_STATES_MAX };

static const int64_t steps[] = {0, 1, 2, 7, MANY}, batches[] = {0, 1, 3};
enum { STEPS = sizeof steps / sizeof *steps, BATCHES = sizeof batches / sizeof *batches };

const layer_kind layer_kinds[LAYER_KINDS] = {
    [ONE_LAYER] = {"one layer", .layers = 1},
    [REVERSED] = {"reversed", .layers = 1, .reverse = true, .initial = true},
    [RAGGED] = {"ragged", .layers = 1, .ragged = true},
    [TWO_LAYERS] = {"two layers", .layers = 2, .initial = true},
    [BOTH_DIRECTIONS] = {"both directions", .layers = 1, .bidirectional = true},
    [TWO_RAGGED_BOTH_WAYS] = {"two, ragged, both directions", .layers = 2,
                              .bidirectional = true, .ragged = true, .initial = true},
    [NORMALIZED_BETWEEN] = {"two, normalised between", .layers = 1, .initial = true,
                            .normalized = true},
};

#define RN_CELL(name, formula) &rn_cell_##name,
const rn_cell *const layer_cells[LAYER_CELLS] = {
#include "nn/cells/cells.def"
    &norm_lstm, &rn_test_cell_lstmp, &rn_test_cell_memory, &rn_test_cell_shift};
#undef RN_CELL

/* A graph to be checked. */
typedef struct layer {
    const layer_kind *kind;
    const rn_cell *cell;
    rn_type real;
    int64_t steps, batch;
    rn_tensor lengths;
} layer;

/* Adds numbers within -scale..scale to a real array. */
static void add_numbers(void *x, rn_type real, int64_t count, uint64_t seed, double scale)
{
    for (int64_t i = 0; i < count; i++) {
        const double amount = scale * rn_test_number(seed, (uint64_t)i);
        if (real == RN_F32)
            ((float *)x)[i] += (float)amount;
        else
            ((double *)x)[i] += amount;
    }
}

/* ---- the graph ---- */

/* A loss that tells every element from the others. */
static rn_tensor told_apart(rn_tensor x, uint64_t seed)
{
    if (rn_is_null(x)) return x;

    const int64_t n = rn_test_count(x);
    const rn_type real = rn_type_get(x);
    void *c = calloc((size_t)n + 1, rn_type_size(real));
    add_numbers(c, real, n, seed, 1);
    const rn_tensor constant = rn_constant(x.graph, real, rn_shape_get(x), c);
    free(c);
    return rn_sum_all(rn_mul(x, constant));
}

static rn_tensor loss_of(rn_sequence y)
{
    rn_tensor loss = rn_add(told_apart(y.outputs, 1), told_apart(y.last, 2));

    for (int i = 0; i < y.final_count; i++)
        loss = rn_add(loss, told_apart(y.final[i], 3 + (uint64_t)i));
    return loss;
}

static rn_sequence recurrent(const layer *l, rn_scope s, const char *name, rn_tensor x)
{
    const layer_kind *k = l->kind;
    rn_tensor initial[STATES];
    rn_recurrent_options o = {.units = H,
                              .layers = k->layers,
                              .bidirectional = k->bidirectional,
                              .reverse = k->reverse};

    if (k->initial) {
        const int count = k->layers * (k->bidirectional ? 2 : 1) * l->cell->states;
        if (rn_recurrent_begin(s, name, l->cell, x, initial, o))
            for (int i = 0; i < count; i++)
                initial[i] =
                    rn_input(s.graph, "initial", l->real, rn_shape_get(initial[i]));
        o.initial = initial;
        o.initial_count = count;
    }
    if (k->ragged) o.lengths = l->lengths;
    return rn_recurrent(s, name, l->cell, x, o);
}

static rn_tensor build(const layer *l, rn_scope s)
{
    const rn_tensor x = rn_input(s.graph, "x", l->real, rn_shape(l->steps, l->batch, I));
    const rn_sequence y = recurrent(l, s, "rnn", x);

    if (!l->kind->normalized) return loss_of(y);
    const rn_tensor normal = rn_layer_norm(s, "norm", y.outputs);
    return rn_add(loss_of(y), loss_of(recurrent(l, s, "next", normal)));
}

/* A bias of 0 or a gain of 1 would hide that a gradient forgets it. */
static void move_weights(rn_model *model)
{
    for (int i = 0; i < rn_model_count(model); i++) {
        rn_variable *v = rn_model_at(model, i);
        if (rn_model_is_weight(model, i))
            add_numbers(rn_variable_data(v), rn_variable_type(v),
                        rn_shape_count(rn_variable_shape(v)), 100 + (uint64_t)i, 0.2);
    }
}

/* ---- the check ---- */

/* Every element, but that there are too many in an input of many steps; or a direction of
 * each tensor and a few elements. */
static rn_gradcheck_options how(const layer *l, bool whole)
{
    if (l->real == RN_F64 && (whole || l->steps <= FEW))
        return (rn_gradcheck_options){.exhaustive = 128, .samples = 32};
    return (rn_gradcheck_options){
        .directions = 2, .exhaustive = -1, .samples = l->steps < MANY ? 1 : -1};
}

/* Of a graph that could not be built the error is the graph's. */
static void add(layer_result *sum, const layer *l, const rn_gradcheck_report *r,
                const char *error)
{
    const bool good = r->status == RN_OK && r->passed && r->largest < layer_limit;

    sum->graphs++;
    sum->comparisons += r->checked;
    sum->kinks += r->kinks;
    if (isnan(r->largest) || r->largest > sum->largest) sum->largest = r->largest;
    if (isnan(r->excess) || r->excess > sum->excess) sum->excess = r->excess;
    if (good || sum->failed++) return;
    snprintf(sum->text, sizeof sum->text, "%s, %s, %s, T %d, B %d: %s%s", l->kind->name,
             l->cell->name, l->real == RN_F32 ? "f32" : "f64", (int)l->steps, (int)l->batch,
             error, r->text);
}

static void check(layer *l, bool whole, layer_result *sum)
{
    rn_model *model = l->real == RN_F32 ? rn_model_new(3)
                                        : rn_model_new_using(3, RN_F64, (rn_allocator){0});
    rn_graph *g = rn_graph_new();
    /* A sequence that ends in between, an empty and a whole one. */
    const int32_t n[] = {(int32_t)((l->steps + 1) / 2), 0, (int32_t)l->steps};
    rn_gradcheck_options options = how(l, whole);

    l->lengths = rn_input(g, "lengths", RN_I32, rn_shape(l->batch));
    const rn_tensor loss = build(l, rn_root(g, model));
    move_weights(model);
    options.values = &(rn_value){l->lengths, n};
    options.value_count = 1;
    rn_gradcheck_report *report = rn_gradcheck(loss, options);
    add(sum, l, report, rn_graph_error(g));
    rn_gradcheck_free(report);
    rn_graph_free(g);
    rn_model_free(model);
}

layer_result layer_check(const layer_kind *kind, const rn_cell *cell, rn_type real,
                         bool whole)
{
    layer_result sum = {0};

    for (int i = 0; i < STEPS; i++)
        for (int k = 0; k < BATCHES; k++) {
            layer l = {kind, cell, real, steps[i], batches[k], rn_null()};
            check(&l, whole, &sum);
        }
    return sum;
}
