/* SPDX-License-Identifier: MIT */
/* The recurrent layer with every cell and option against plain loops over numbers. */
#include "layer_support.h"

Test(recurrent, plain)
{
    check((example){.T = 6, .B = 3, .I = 4, .options = {.units = 5}});
    check((example){.T = 1, .B = 1, .I = 1, .options = {.units = 1}});
    check((example){.T = 40, .B = 2, .I = 17, .options = {.units = 33}});
}

Test(recurrent, nothing_to_do)
{
    check((example){.T = 0, .B = 3, .I = 4, .options = {.units = 5}});
    check((example){.T = 0,
                    .B = 3,
                    .I = 4,
                    .options = {.units = 5, .layers = 2, .bidirectional = true},
                    .lengths = true,
                    .initial = true});
    check((example){.T = 4, .B = 0, .I = 4, .options = {.units = 5}});
}

Test(recurrent, layers)
{
    check((example){.T = 5, .B = 2, .I = 3, .options = {.units = 4, .layers = 3}});
    check((example){.T = 5,
                    .B = 2,
                    .I = 3,
                    .options = {.units = 4, .layers = 3},
                    .lengths = true,
                    .initial = true});
}

Test(recurrent, reverse)
{
    check((example){.T = 6, .B = 3, .I = 4, .options = {.units = 5, .reverse = true}});
    check((example){.T = 6,
                    .B = 3,
                    .I = 4,
                    .options = {.units = 5, .reverse = true, .layers = 2},
                    .lengths = true,
                    .initial = true});
}

Test(recurrent, bidirectional)
{
    check(
        (example){.T = 6, .B = 3, .I = 4, .options = {.units = 5, .bidirectional = true}});
    check((example){.T = 6,
                    .B = 3,
                    .I = 4,
                    .options = {.units = 5, .bidirectional = true, .layers = 2},
                    .lengths = true,
                    .initial = true});
}

Test(recurrent, lengths)
{
    check((example){.T = 7, .B = 5, .I = 4, .options = {.units = 3}, .lengths = true});
    check((example){.T = 7,
                    .B = 5,
                    .I = 4,
                    .options = {.units = 3, .bidirectional = true},
                    .lengths = true});
    check((example){
        .T = 7, .B = 5, .I = 4, .options = {.units = 3}, .lengths = true, .initial = true});
}

/* All options, in all combinations that do not exclude each other. */
Test(recurrent, combinations)
{
    for (int i = 0; i < 48; i++) {
        const int way = i % 3;
        check((example){.T = 4,
                        .B = 3,
                        .I = 2,
                        .options = {.units = 3,
                                    .layers = 1 + i / 3 % 2,
                                    .reverse = way == 1,
                                    .bidirectional = way == 2},
                        .lengths = i / 6 % 2,
                        .initial = i / 12 % 2});
    }
}

/* What lies past a sequence's length has no influence, be it NaN. */
Test(recurrent, padding_is_never_seen)
{
    for (int c = 0; c < RN_TEST_CELLS; c++) {
        bench b = make(rn_test_cell_at(c),
                       (example){.T = 5,
                                 .B = 4,
                                 .I = 3,
                                 .options = {.units = 4, .bidirectional = true},
                                 .lengths = true});

        for (int64_t t = 0; t < 5; t++)
            for (int64_t i = 0; i < 4; i++)
                for (int64_t k = 0; t >= b.length[i] && k < 3; k++)
                    b.x_data[(t * 4 + i) * 3 + k] = 0.0 / 0.0;
        compare(&b, "padding");
        finish(&b);
    }
}

Test(recurrent, names)
{
    static const struct {
        const char *name;
        int64_t rows, columns;
    } weights[] = {{"net/layer0/forward/h/w", 2, 3},  {"net/layer0/forward/h/u", 3, 3},
                   {"net/layer0/forward/h/b", 3, 0},  {"net/layer0/backward/h/w", 2, 3},
                   {"net/layer0/backward/h/u", 3, 3}, {"net/layer0/backward/h/b", 3, 0},
                   {"net/layer1/forward/h/w", 6, 3},  {"net/layer1/forward/h/u", 3, 3},
                   {"net/layer1/forward/h/b", 3, 0},  {"net/layer1/backward/h/w", 6, 3},
                   {"net/layer1/backward/h/u", 3, 3}, {"net/layer1/backward/h/b", 3, 0}};
    const int count = sizeof weights / sizeof *weights;
    bench b = make(rn_test_cell_of(&rn_cell_rnn),
                   (example){.T = 4,
                             .B = 3,
                             .I = 2,
                             .options = {.units = 3, .layers = 2, .bidirectional = true}});

    cr_assert_eq(rn_model_count(b.model), count);
    for (int i = 0; i < count; i++) {
        const rn_variable *v = rn_model_find(b.model, weights[i].name);
        cr_assert(v, "no %s", weights[i].name);
        const rn_shape shape = rn_variable_shape(v);
        cr_assert(shape.size[0] == weights[i].rows, "%s", weights[i].name);
        cr_assert(shape.rank == (weights[i].columns ? 2 : 1), "%s", weights[i].name);
        if (weights[i].columns) cr_assert(shape.size[1] == weights[i].columns);
    }
    finish(&b);
}

/* The short names are the layers of those cells. */
Test(recurrent, by_name)
{
    static rn_sequence (*const layers[3])(rn_scope, const char *, rn_tensor,
                                          rn_recurrent_options) = {rn_rnn, rn_lstm, rn_gru};
    const rn_cell *const cells[3] = {&rn_cell_rnn, &rn_cell_lstm, &rn_cell_gru};

    for (int i = 0; i < 3; i++) {
        bench b = make(rn_test_cell_of(cells[i]),
                       (example){.T = 3, .B = 2, .I = 2, .options = {.units = 2}});
        const int weights = rn_model_count(b.model);
        b.y = layers[i](rn_share(rn_root(b.graph, b.model)), "net", b.x, b.e.options);
        cr_assert_eq(rn_model_count(b.model), weights);
        compare(&b, b.cell->cell->name);
        finish(&b);
    }
}

Test(recurrent, lstm_forgets_little_at_first)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();

    rn_lstm(rn_root(g, model), "net", rn_input(g, "x", RN_F64, rn_shape(2, 3, 4)),
            (rn_recurrent_options){.units = 5});
    for (int i = 0; i < 5; i++) {
        cr_assert(rn_test_values(model, "net/layer0/f/b")[i] == 1);
        cr_assert(rn_test_values(model, "net/layer0/i/b")[i] == 0);
        cr_assert(rn_test_values(model, "net/layer0/o/b")[i] == 0);
    }
    rn_graph_free(g);
    rn_model_free(model);
}
