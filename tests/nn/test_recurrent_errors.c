/* SPDX-License-Identifier: MIT */
/* What recurrent layers refuse, and in which words. */
#include "nn_support.h"

#include <string.h>

/* What is given to the layer; each case changes some of it. */
typedef struct call {
    rn_model *model;
    rn_graph *graph;
    rn_tensor x, initial[4];
    const rn_cell *cell;
    rn_recurrent_options options;
} call;

static rn_tensor input(call *c, const char *name, rn_type type, rn_shape shape)
{
    return rn_input(c->graph, name, type, shape);
}

static call begin(void)
{
    call c = {.model = rn_test_model(1), .graph = rn_graph_new(), .cell = &rn_cell_lstm};

    c.x = input(&c, "x", RN_F64, rn_shape(5, 3, 2));
    c.options.units = 4;
    return c;
}

static void refused(call *c, const char *message)
{
    rn_sequence y =
        rn_recurrent(rn_root(c->graph, c->model), "net", c->cell, c->x, c->options);

    rn_test_error_is(c->graph, message);
    cr_assert(rn_is_null(y.outputs) && rn_is_null(y.last));
    cr_assert_eq(y.final_count, 0);
    for (int i = 0; i < RN_LAYERS_MAX * 2 * RN_STATES_MAX; i++)
        cr_assert(rn_is_null(y.final[i]));
    rn_graph_free(c->graph);
    rn_model_free(c->model);
}

#define REFUSES(test, message, ...)                                                        \
    Test(recurrent_errors, test)                                                           \
    {                                                                                      \
        call c = begin();                                                                  \
        __VA_ARGS__;                                                                       \
        refused(&c, message);                                                              \
    }

REFUSES(no_units, "recurrent: units must be positive: net has 0", c.options.units = 0)
REFUSES(negative_units, "recurrent: units must be positive: net has -3",
        c.options.units = -3)
REFUSES(negative_layers, "recurrent: layers must be 1 to 32: net has -1",
        c.options.layers = -1)
REFUSES(too_many_layers, "recurrent: layers must be 1 to 32: net has 33",
        c.options.layers = 33)
REFUSES(dropout_of_all, "recurrent: dropout must be in 0 <= dropout < 1: net has 1",
        c.options.dropout = 1)
REFUSES(negative_dropout, "recurrent: dropout must be in 0 <= dropout < 1: net has -0.5",
        c.options.dropout = -0.5)
REFUSES(both_ways, "recurrent: bidirectional excludes reverse: net",
        c.options.bidirectional = c.options.reverse = true)
REFUSES(carry_bidirectional, "recurrent: carry excludes bidirectional: net",
        c.options.carry = c.options.bidirectional = true)
REFUSES(carry_reverse, "recurrent: carry excludes reverse: net",
        c.options.carry = c.options.reverse = true)
REFUSES(carry_initial, "recurrent: carry excludes initial states: net",
        c.options.carry = true;
        c.options.initial = c.initial; c.options.initial_count = 2)
REFUSES(no_cell, "recurrent: there is no cell: net", c.cell = NULL)
REFUSES(empty_cell, "recurrent: there is no cell: net", c.cell = &(rn_cell){"odd", 1, NULL})
REFUSES(flat, "recurrent: x must be real and [T,B,I]: net got f64 y [5,3]",
        c.x = input(&c, "y", RN_F64, rn_shape(5, 3)))
REFUSES(indices, "recurrent: x must be real and [T,B,I]: net got i32 y [5,3,2]",
        c.x = input(&c, "y", RN_I32, rn_shape(5, 3, 2)))
REFUSES(no_inputs, "recurrent: x has no units: net got y [5,3,0]",
        c.x = input(&c, "y", RN_F64, rn_shape(5, 3, 0)))
REFUSES(other_real, "recurrent: x and the model have different types: net got f32, not f64",
        c.x = input(&c, "y", RN_F32, rn_shape(5, 3, 2)))
REFUSES(lengths_shape, "recurrent: lengths must be i32 [3]: net got i32 n [4]",
        c.options.lengths = input(&c, "n", RN_I32, rn_shape(4)))
REFUSES(lengths_type, "recurrent: lengths must be i32 [3]: net got f64 n [3]",
        c.options.lengths = input(&c, "n", RN_F64, rn_shape(3)))
REFUSES(initial_count, "recurrent: wrong number of initial states: net needs 2, not 1",
        c.options.initial = c.initial;
        c.options.initial_count = 1)
REFUSES(initial_null, "recurrent: a state is null: net, state 0",
        c.options.initial = c.initial;
        c.options.initial_count = 2)
REFUSES(initial_missing, "recurrent: initial states are missing: net has 2",
        c.options.initial_count = 2)
REFUSES(initial_shape, "recurrent: a state must be f64 [3,4]: net, state 1 is f64 q [4,3]",
        c.initial[0] = input(&c, "p", RN_F64, rn_shape(3, 4));
        c.initial[1] = input(&c, "q", RN_F64, rn_shape(4, 3));
        c.options.initial = c.initial; c.options.initial_count = 2)
REFUSES(initial_type, "recurrent: a state must be f64 [3,4]: net, state 0 is f32 p [3,4]",
        c.initial[0] = c.initial[1] = input(&c, "p", RN_F32, rn_shape(3, 4));
        c.options.initial = c.initial; c.options.initial_count = 2)
REFUSES(no_model, "recurrent: the scope has no model: net", rn_model_free(c.model);
        c.model = NULL)
REFUSES(too_many_states, "recurrent: a cell has 1 to 4 states: odd of net has 5",
        c.cell = &(rn_cell){"odd", 5, rn_cell_rnn.step})

/* ---- cells that do not do what a cell does ---- */

static rn_tensor silent(rn_scope s, rn_tensor x, rn_tensor *state)
{
    (void)s, (void)x, (void)state;
    return rn_null();
}

static rn_tensor wide(rn_scope s, rn_tensor x, rn_tensor *state)
{
    (void)s, (void)state;
    return x;
}

static rn_tensor reshaping(rn_scope s, rn_tensor x, rn_tensor *state)
{
    (void)s, (void)x;
    rn_tensor h = state[0];
    state[0] = rn_transpose(h);
    return h;
}

REFUSES(silent_cell, "recurrent: the cell has no output: silent of net",
        c.cell = &(rn_cell){"silent", 1, silent})

Test(recurrent_errors, wide_cell)
{
    static const rn_cell cell = {"wide", 1, wide};
    call c = begin();

    c.cell = &cell;
    rn_recurrent(rn_root(c.graph, c.model), "net", c.cell, c.x, c.options);
    cr_assert(strstr(rn_graph_error(c.graph),
                     "recurrent: the cell's output is not [3,4]: wide gives "));
    rn_graph_free(c.graph);
    rn_model_free(c.model);
}

Test(recurrent_errors, reshaping_cell)
{
    static const rn_cell cell = {"reshaping", 1, reshaping};
    call c = begin();
    rn_sequence y = rn_recurrent(rn_root(c.graph, c.model), "net", &cell, c.x, c.options);

    cr_assert(rn_is_null(y.outputs) && rn_is_null(y.final[0]));
    cr_assert(strstr(rn_graph_error(c.graph), "[3,4] becomes [4,3]"), "%s",
              rn_graph_error(c.graph));
    rn_graph_free(c.graph);
    rn_model_free(c.model);
}

/* ---- others ---- */

Test(recurrent_errors, two_graphs)
{
    call c = begin();
    rn_graph *other = rn_graph_new();

    rn_recurrent(rn_root(other, c.model), "net", c.cell, c.x, c.options);
    rn_test_error_is(c.graph, "recurrent: x and the scope belong to two graphs: net");
    rn_graph_free(other);
    rn_graph_free(c.graph);
    rn_model_free(c.model);
}

Test(recurrent_errors, carried_twice)
{
    call c = begin();

    c.options.carry = true;
    rn_recurrent(rn_root(c.graph, c.model), "net", c.cell, c.x, c.options);
    cr_assert_str_eq(rn_graph_error(c.graph), "");
    refused(&c, "recurrent: carried twice in one graph: net/layer0/state0/batch3");
}

Test(recurrent_errors, carry_inside_a_loop)
{
    call c = begin();
    rn_loop *loop = rn_loop_begin(c.graph);

    c.x = rn_loop_each(loop, rn_input(c.graph, "xs", RN_F64, rn_shape(2, 5, 3, 2)));
    c.options.carry = true;
    refused(&c, "recurrent: carry cannot be inside a loop: net");
}

Test(recurrent_errors, after_an_error_nothing_happens)
{
    call c = begin();

    rn_fail(c.graph, "first");
    refused(&c, "first");
}

Test(recurrent_errors, step)
{
    static const struct {
        rn_recurrent_options options;
        const char *message;
    } cases[] = {
        {{.units = 4, .bidirectional = true}, "recurrent_step: only forward: net"},
        {{.units = 4, .reverse = true}, "recurrent_step: only forward: net"},
        {{.units = 0}, "recurrent_step: units must be positive: net has 0"},
        {{.units = 5},
         "recurrent_step: a state must be f64 [3,5]: net, state 0 is f64 h [3,4]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        call c = begin();
        rn_tensor states[2] = {input(&c, "h", RN_F64, rn_shape(3, 4)), rn_null()};
        states[1] = states[0];
        rn_tensor y = rn_recurrent_step(rn_root(c.graph, c.model), "net", c.cell,
                                        rn_index(c.x, 0, 0), states, cases[i].options);
        cr_assert(rn_is_null(y));
        rn_test_error_is(c.graph, cases[i].message);
        rn_graph_free(c.graph);
        rn_model_free(c.model);
    }
}

Test(recurrent_errors, gate)
{
    call c = begin();
    rn_tensor h = input(&c, "h", RN_F64, rn_shape(4));

    rn_gate(rn_root(c.graph, c.model), "f", rn_index(c.x, 0, 0), h);
    cr_assert(strstr(rn_graph_error(c.graph), "gate: x and h must be [B,I] and [B,H]: f"),
              "%s", rn_graph_error(c.graph));
    rn_graph_free(c.graph);
    rn_model_free(c.model);
}
