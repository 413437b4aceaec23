/* SPDX-License-Identifier: MIT */
/* The options of recurrent layers against plain loops over numbers, alone and together. */
#include "layer_support.h"

#include <math.h>

#include "rondo/ops.h"

#define CASE(...)                                                                          \
    (example)                                                                              \
    {                                                                                      \
        .T = 6, .B = 4, .I = 3, __VA_ARGS__                                                \
    }

Test(recurrent_options, masks)
{
    check(CASE(.options = {.units = 3}, .mask = true));
    check(CASE(.options = {.units = 3, .bidirectional = true}, .mask = true));
    check(CASE(.options = {.units = 3, .layers = 2, .reverse = true}, .mask = true,
               .initial = true));
    check(CASE(.options = {.units = 3, .layers = 2}, .mask = true, .lengths = true));
}

Test(recurrent_options, held_outputs)
{
    check(CASE(.options = {.units = 3, .hold = true}, .mask = true));
    check(CASE(.options = {.units = 3, .hold = true, .bidirectional = true, .layers = 2},
               .mask = true, .lengths = true));
}

Test(recurrent_options, restarts)
{
    check(CASE(.options = {.units = 3}, .restarts = true));
    check(CASE(.options = {.units = 3, .bidirectional = true}, .restarts = true));
    check(CASE(.options = {.units = 3, .layers = 2}, .restarts = true, .initial = true));
    check(CASE(.options = {.units = 3, .hold = true}, .restarts = true, .mask = true));
    check(
        CASE(.options = {.units = 3, .reverse = true}, .restarts = true, .lengths = true));
}

Test(recurrent_options, merges)
{
    for (int merge = RN_MERGE_CONCAT; merge <= RN_MERGE_PRODUCT; merge++)
        check(CASE(.options = {.units = 3,
                               .layers = 2,
                               .bidirectional = true,
                               .merge = (rn_merge)merge},
                   .lengths = true));
}

Test(recurrent_options, batch_major)
{
    check(CASE(.options = {.units = 3, .layers = 2, .batch_major = true}));
    check(CASE(.options = {.units = 3, .bidirectional = true, .batch_major = true},
               .mask = true, .restarts = true, .lengths = true, .initial = true));
}

Test(recurrent_options, residual)
{
    const rn_recurrent_options o = {.layers = 3, .connect = RN_CONNECT_RESIDUAL};

    /* The first layer adds its input only if the sizes are equal. */
    for (int units = 3; units <= 5; units++)
        for (int i = 0; i < RN_TEST_LISTED; i++) {
            example e = CASE(.options = o, .lengths = units == 4, .mask = units == 3);
            e.options.units = units;
            check_cell(rn_test_cell_at(i), e);
        }
}

/* Each direction adds the part of the input that stands where its output will. */
Test(recurrent_options, residual_in_both_directions)
{
    const example e = {.T = 6,
                       .B = 4,
                       .I = 6,
                       .options = {.units = 3,
                                   .layers = 2,
                                   .bidirectional = true,
                                   .connect = RN_CONNECT_RESIDUAL},
                       .lengths = true};

    check_cell(rn_test_cell_of(&rn_cell_lstm), e);
    check_cell(rn_test_cell_of(&rn_cell_gru), e);
}

Test(recurrent_options, skip)
{
    check(CASE(.options = {.units = 3, .layers = 3, .connect = RN_CONNECT_SKIP}));
    check(CASE(.options = {.units = 3,
                           .layers = 2,
                           .bidirectional = true,
                           .merge = RN_MERGE_SUM,
                           .connect = RN_CONNECT_SKIP}));
}

Test(recurrent_options, zoneout_in_inference)
{
    check(CASE(.options = {.units = 3, .layers = 2, .zoneout = {0.25, 0.5, 0.125}}));
    check(CASE(.options = {.units = 3, .bidirectional = true, .zoneout = {0, 0.5}},
               .mask = true, .lengths = true));
}

/* Layers and directions of different cells and units. */
Test(recurrent_options, own_cells)
{
    const rn_recurrent_layer own[3] = {
        {.units = 5}, {.cell = &rn_cell_gru, .units = 2}, {.backward = &rn_cell_rnn}};

    check_cell(rn_test_cell_of(&rn_cell_lstm),
               CASE(.options = {.units = 3, .layers = 3, .own = own}, .lengths = true,
                    .initial = true));
    check_cell(rn_test_cell_of(&rn_cell_lstm),
               CASE(.options = {.units = 3,
                                .layers = 3,
                                .bidirectional = true,
                                .backward = &rn_cell_gru_reset_after,
                                .own = own},
                    .lengths = true, .mask = true, .initial = true));
}

/* The states begin with weights of their own, which the loops read from the model. */
Test(recurrent_options, learned_initial_states)
{
    enum { T = 3, B = 2, I = 2, H = 3 };
    rn_model *model = rn_test_model(3);
    rn_graph *g = rn_graph_new();
    const rn_recurrent_options o = {
        .units = H, .bidirectional = true, .learn_initial = true};
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I));
    rn_sequence y = rn_lstm(rn_root(g, model), "net", x, o);
    double data[T * B * I], outputs[T * B * RN_TEST_UNITS], last[B * RN_TEST_UNITS],
        final[4 * B * H];

    cr_assert_str_eq(rn_graph_error(g), "");
    rn_test_scramble(model, 0.7);
    rn_test_numbers(data, T * B * I, 1);
    for (int d = 0; d < 2; d++)
        for (int s = 0; s < 2; s++)
            for (int b = 0; b < B; b++) {
                char name[64];
                snprintf(name, sizeof name, "net/layer0/%s/initial%d",
                         d ? "backward" : "forward", s);
                memcpy(final + ((d * 2 + s) * B + b) * H, rn_test_values(model, name),
                       H * sizeof *final);
            }
    rn_test_recurrent(&(rn_test_run){.model = model,
                                     .name = "net",
                                     .cell = rn_test_cell_of(&rn_cell_lstm),
                                     .options = o,
                                     .T = T,
                                     .B = B,
                                     .I = I,
                                     .x = data,
                                     .initial = true,
                                     .outputs = outputs,
                                     .last = last,
                                     .final = final});
    rn_program *p = rn_test_compile(y.outputs);
    rn_test_feed_f64(p, x, data);
    rn_test_run_once(p);
    same(p, y.outputs, outputs, "outputs");
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

/* A generator of small numbers. */
static unsigned draw(unsigned *seed, unsigned below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 16) % below;
}

/* Any options that do not exclude each other. */
static example random_case(unsigned seed)
{
    static const rn_recurrent_layer own[3] = {
        {.units = 2}, {.cell = &rn_cell_gru}, {.backward = &rn_cell_rnn, .units = 4}};
    example e = {.T = 1 + draw(&seed, 6), .B = 1 + draw(&seed, 4), .I = 1 + draw(&seed, 4)};
    rn_recurrent_options *o = &e.options;

    o->units = 1 + draw(&seed, 4);
    o->layers = 1 + (int)draw(&seed, 3);
    o->bidirectional = draw(&seed, 2);
    o->reverse = !o->bidirectional && draw(&seed, 2);
    o->batch_major = draw(&seed, 2);
    if (o->bidirectional) o->merge = (rn_merge)draw(&seed, RN_MERGE_PRODUCT + 1);
    if (draw(&seed, 3) == 0) o->own = own, o->merge = RN_MERGE_CONCAT;
    if (draw(&seed, 2)) o->connect = RN_CONNECT_SKIP;
    if (!o->own && !o->bidirectional && draw(&seed, 2)) o->connect = RN_CONNECT_RESIDUAL;
    if (draw(&seed, 3) == 0) o->zoneout[0] = 0.25, o->zoneout[1] = 0.5;
    e.lengths = draw(&seed, 2), e.initial = draw(&seed, 2);
    e.mask = draw(&seed, 2), e.restarts = draw(&seed, 3) == 0;
    o->hold = e.mask && draw(&seed, 2);
    return e;
}

Test(recurrent_options, at_random)
{
    const rn_cell *const cells[] = {&rn_cell_rnn, &rn_cell_lstm, &rn_cell_gru};

    for (unsigned seed = 0; seed < 150; seed++)
        check_cell(rn_test_cell_of(cells[seed % 3]), random_case(seed));
}

/* What is skipped has no influence on any result, be it NaN. */
Test(recurrent_options, skipped_steps_are_never_seen)
{
    enum { I = 3 };

    for (int c = 0; c < RN_TEST_CELLS; c++) {
        bench b = make(rn_test_cell_at(c),
                       CASE(.options = {.units = 4, .layers = 2, .bidirectional = true},
                            .mask = true));
        for (int64_t i = 0; i < b.e.T * b.e.B * I; i++)
            if (!b.mask_data[i / I]) b.x_data[i] = (double)NAN;
        compare(&b, "skipped");
        finish(&b);
    }
}

/* The weights after a training step on numbers that differ where steps are skipped. */
static void train(const rn_cell *cell, double skipped, double *weights, int64_t *count)
{
    enum { T = 5, B = 2, I = 3 };
    static const uint8_t mask[T * B] = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0};
    rn_model *model = rn_test_model(3);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I));
    rn_sequence y = rn_recurrent(
        rn_root(g, model), "net", cell, x,
        (rn_recurrent_options){.units = 3,
                               .bidirectional = true,
                               .mask = rn_constant(g, RN_BOOL, rn_shape(T, B), mask)});
    double data[T * B * I];

    rn_test_numbers(data, T * B * I, 1);
    for (int i = 0; i < T * B * I; i++)
        if (!mask[i / I]) data[i] = skipped;
    rn_program *p = rn_test_training(rn_sum_all(rn_square(y.outputs)), rn_sgd(0.1, 0));
    rn_test_feed_f64(p, x, data);
    rn_test_run_once(p);
    *count = 0;
    for (int i = 0; i < rn_model_count(model); i++) {
        rn_variable *v = rn_model_at(model, i);
        const int64_t n = rn_shape_count(rn_variable_shape(v));
        if (!rn_model_is_weight(model, i)) continue;
        memcpy(weights + *count, rn_variable_data(v), (size_t)n * sizeof *weights);
        *count += n;
    }
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(recurrent_options, skipped_steps_change_no_gradient)
{
    double zero[2000], nan[2000];
    int64_t count, same_count;

    for (int c = 0; c < RN_TEST_CELLS; c++) {
        train(rn_test_cell_at(c)->cell, 0, zero, &count);
        train(rn_test_cell_at(c)->cell, (double)INFINITY, nan, &same_count);
        cr_assert(count > 0 && count == same_count && count <= 2000);
        cr_assert(!memcmp(zero, nan, (size_t)count * sizeof *zero), "%s",
                  rn_test_cell_at(c)->cell->name);
    }
}
