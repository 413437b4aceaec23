/* SPDX-License-Identifier: MIT */
/* Refusals of recurrent layers, and their messages. */
#define REFUSING recurrent_errors
#include "refused_support.h"

#include <math.h>
#include <string.h>

#include "rondo/ops.h"

/* A cell whose outputs have 3 units. */
static rn_tensor first_three(rn_scope s, rn_tensor x, rn_tensor *state)
{
    state[0] = rn_tanh(rn_gate(s, "h", x, state[0]));
    return rn_slice(state[0], -1, 0, 3, 1);
}

static const rn_cell narrow = {
    .name = "narrow", .states = 1, .step = first_three, .output = 3};

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
REFUSES(stateful_initial, "recurrent: stateful excludes initial states: net",
        c.options.stateful = true;
        c.options.initial = c.initial; c.options.initial_count = 2)
REFUSES(no_cell, "recurrent: no cell: net", c.cell = NULL)
REFUSES(empty_cell, "recurrent: no cell: net",
        c.cell = &(rn_cell){.name = "odd", .states = 1, .step = NULL})
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
REFUSES(initial_null, "recurrent: a state is the null tensor: net, state 0",
        c.options.initial = c.initial;
        c.options.initial_count = 2)
REFUSES(initial_missing, "recurrent: initial_count without initial: net has 2",
        c.options.initial_count = 2)
REFUSES(initial_negative, "recurrent: initial_count without initial: net has -1",
        c.options.initial_count = -1)
REFUSES(initial_uncounted, "recurrent: initial without initial_count: net has 0",
        c.options.initial = c.initial)
REFUSES(stateful_initial_uncounted, "recurrent: initial without initial_count: net has 0",
        c.options.initial = c.initial;
        c.options.stateful = true)
REFUSES(initial_shape, "recurrent: a state must be f64 [3,4]: net, state 1 is f64 q [4,3]",
        c.initial[0] = input(&c, "p", RN_F64, rn_shape(3, 4));
        c.initial[1] = input(&c, "q", RN_F64, rn_shape(4, 3));
        c.options.initial = c.initial; c.options.initial_count = 2)
REFUSES(initial_type, "recurrent: a state must be f64 [3,4]: net, state 0 is f32 p [3,4]",
        c.initial[0] = c.initial[1] = input(&c, "p", RN_F32, rn_shape(3, 4));
        c.options.initial = c.initial; c.options.initial_count = 2)
REFUSES(no_model, "recurrent: the scope has no model: net", rn_model_free(c.model);
        c.model = NULL)
REFUSES(too_many_states, "recurrent: a cell has 1 to 8 states: odd of net has 9",
        c.cell = &(rn_cell){.name = "odd", .states = 9, .step = rn_cell_rnn.step})

/* ---- options ---- */

REFUSES(input_dropout,
        "recurrent: input_dropout must be in 0 <= input_dropout < 1: net has 1",
        c.options.input_dropout = 1)
REFUSES(recurrent_dropout,
        "recurrent: recurrent_dropout must be in 0 <= recurrent_dropout < 1: net has -1",
        c.options.recurrent_dropout = -1)
REFUSES(weight_drop, "recurrent: weight_drop must be in 0 <= weight_drop < 1: net has nan",
        c.options.weight_drop = (double)NAN)
REFUSES(zoneout, "recurrent: zoneout must be in 0 <= zoneout < 1: net has 2",
        c.options.zoneout[1] = 2)
REFUSES(merge, "recurrent: merge must be one of rn_merge: net has 9",
        c.options.bidirectional = true;
        c.options.merge = (rn_merge)9)
REFUSES(connect, "recurrent: connect must be one of rn_connections: net has 7",
        c.options.connect = (rn_connections)7)
REFUSES(merge_of_one, "recurrent: merge needs bidirectional: net",
        c.options.merge = RN_MERGE_SUM)
REFUSES(backward_of_one, "recurrent: backward needs bidirectional: net",
        c.options.backward = &rn_cell_gru)
REFUSES(merged_residual, "recurrent: a residual connection needs RN_MERGE_CONCAT: net",
        c.options.bidirectional = true;
        c.options.merge = RN_MERGE_SUM; c.options.connect = RN_CONNECT_RESIDUAL)
REFUSES(
    residual_sizes,
    "recurrent: a residual connection needs as many outputs as inputs: layer 1 of net has "
    "3, not 4",
    c.options.layers = 2;
    c.options.own = (const rn_recurrent_layer[2]){{0}, {.units = 3}};
    c.options.connect = RN_CONNECT_RESIDUAL)
REFUSES(merged_sizes,
        "recurrent: directions of different sizes can only be concatenated: layer 0 of net "
        "has 4 and 3",
        c.options.bidirectional = true;
        c.options.merge = RN_MERGE_MEAN; c.options.backward = &narrow)
REFUSES(own_units, "recurrent: units must be positive: net has -2 in layer 1",
        c.options.layers = 2;
        c.options.own = (const rn_recurrent_layer[2]){{0}, {.units = -2}})
REFUSES(own_cell, "recurrent: a cell has 1 to 8 states: odd of net has 0",
        c.options.own = (const rn_recurrent_layer[1]){
            {.cell = &(rn_cell){.name = "odd", .step = rn_cell_rnn.step}}})
REFUSES(hold_of_all, "recurrent: hold needs a mask: net", c.options.hold = true)
REFUSES(mask_shape, "recurrent: mask must be bool [T,B] [5,3]: net got bool m [3,5]",
        c.options.mask = input(&c, "m", RN_BOOL, rn_shape(3, 5)))
REFUSES(mask_type, "recurrent: mask must be bool [T,B] [5,3]: net got f64 m [5,3]",
        c.options.mask = input(&c, "m", RN_F64, rn_shape(5, 3)))
REFUSES(restarts_shape,
        "recurrent: restarts must be bool [B,T] [5,3]: net got bool m [3,5]",
        c.options.batch_major = true;
        c.options.restarts = input(&c, "m", RN_BOOL, rn_shape(3, 5)))
REFUSES(batch_major_rank, "recurrent: x must be real and [B,T,I]: net got f64 y [5,3]",
        c.options.batch_major = true;
        c.x = input(&c, "y", RN_F64, rn_shape(5, 3)))
REFUSES(keep_of_none, "recurrent: keep_after needs stateful: net", c.options.keep_after = 2)
REFUSES(keep_negative, "recurrent: keep_after must not be negative: net has -1",
        c.options.stateful = true;
        c.options.keep_after = -1)
REFUSES(keep_too_many, "recurrent: keep_after is more than the steps: net has 6 of 5",
        c.options.stateful = true;
        c.options.keep_after = 6)
REFUSES(keep_with_lengths, "recurrent: keep_after excludes lengths: net",
        c.options.stateful = true;
        c.options.keep_after = 2; c.options.lengths = input(&c, "n", RN_I32, rn_shape(3)))
REFUSES(learned_and_given, "recurrent: learn_initial excludes initial states: net",
        c.options.learn_initial = true;
        c.options.initial = c.initial; c.options.initial_count = 2)
REFUSES(perturb_uncounted, "recurrent: perturb without perturb_count: net has 0",
        c.options.perturb = c.initial)
REFUSES(perturb_missing, "recurrent: perturb_count without perturb: net has 2",
        c.options.perturb_count = 2)
REFUSES(perturb_count, "recurrent: wrong number of perturbations: net needs 2, not 1",
        c.options.perturb = c.initial;
        c.options.perturb_count = 1)
REFUSES(perturb_zero, "recurrent: perturb_zero excludes perturb: net",
        c.options.perturb = c.initial;
        c.options.perturb_count = 2; c.options.perturb_zero = true)
REFUSES(perturb_shape,
        "recurrent: a perturbation must be f64 [5,3,4]: net, state 1 is q [5,4,3]",
        c.initial[0] = input(&c, "p", RN_F64, rn_shape(5, 3, 4));
        c.initial[1] = input(&c, "q", RN_F64, rn_shape(5, 4, 3));
        c.options.perturb = c.initial; c.options.perturb_count = 2)
REFUSES(perturb_null,
        "recurrent: a perturbation must be f64 [5,3,4]: net, state 0 is nothing",
        c.options.perturb = c.initial;
        c.options.perturb_count = 2)
REFUSES(other_cell_in_a_layer,
        "recurrent: the model has another layer of that name: net is lstm of 1 layer, not "
        "lstm+gru of 2 layers",
        rn_recurrent(rn_root(c.graph, c.model), "net", c.cell, c.x,
                     (rn_recurrent_options){.units = 4});
        c.options.layers = 2;
        c.options.own = (const rn_recurrent_layer[2]){{0}, {.cell = &rn_cell_gru}})

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

Test(recurrent_errors, stateful_twice)
{
    call c = begin();

    c.options.stateful = true;
    rn_recurrent(rn_root(c.graph, c.model), "net", c.cell, c.x, c.options);
    cr_assert_str_eq(rn_graph_error(c.graph), "");
    refused(&c, "recurrent: stateful twice in one graph: net/layer0/state0/batch3");
}

Test(recurrent_errors, stateful_inside_a_loop)
{
    call c = begin();
    rn_loop *loop = rn_loop_begin(c.graph);

    c.x = rn_loop_each(loop, rn_input(c.graph, "xs", RN_F64, rn_shape(2, 5, 3, 2)));
    c.options.stateful = true;
    refused(&c, "recurrent: stateful cannot be inside a loop: net");
}

Test(recurrent_errors, after_an_error_nothing_happens)
{
    call c = begin();

    rn_fail(c.graph, "first");
    refused(&c, "first");
}

Test(recurrent_errors, step)
{
    static const rn_tensor none = {NULL, 0, 0};
    static const struct {
        rn_recurrent_options options;
        const char *message;
        bool lengths;
    } cases[] = {
        {.options = {.units = 4, .bidirectional = true},
         .message = "recurrent_step: only forward: net"},
        {.options = {.units = 4, .reverse = true},
         .message = "recurrent_step: only forward: net"},
        {.options = {.units = 0},
         .message = "recurrent_step: units must be positive: net has 0"},
        {.options = {.units = 5},
         .message =
             "recurrent_step: a state must be f64 [3,5]: net, state 0 is f64 h [3,4]"},
        {.options = {.units = 4},
         .message = "recurrent_step: lengths are for rn_recurrent alone: net",
         .lengths = true},
        {.options = {.units = 4, .stateful = true},
         .message = "recurrent_step: stateful is for rn_recurrent alone: net"},
        {.options = {.units = 4, .initial = &none, .initial_count = 1},
         .message = "recurrent_step: initial is for rn_recurrent alone: net"},
        {.options = {.units = 4, .initial = &none},
         .message = "recurrent_step: initial is for rn_recurrent alone: net"},
        {.options = {.units = 4, .initial_count = 2},
         .message = "recurrent_step: initial is for rn_recurrent alone: net"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        call c = begin();
        rn_tensor states[2] = {input(&c, "h", RN_F64, rn_shape(3, 4)),
                               input(&c, "c", RN_F64, rn_shape(3, 4))};
        c.options = cases[i].options;
        if (cases[i].lengths) c.options.lengths = input(&c, "n", RN_I32, rn_shape(3));
        rn_tensor y = rn_recurrent_step(rn_root(c.graph, c.model), "net", c.cell,
                                        rn_index(c.x, 0, 0), states, c.options);
        cr_assert(rn_is_null(y));
        rn_test_error_is(c.graph, cases[i].message);
        rn_graph_free(c.graph);
        rn_model_free(c.model);
    }
}

Test(recurrent_errors, begin)
{
    static const char *const messages[] = {
        "recurrent_begin: stateful is for rn_recurrent alone: net",
        "recurrent_begin: units must be positive: net has 0",
        "recurrent_begin: no buffer for states: net"};

    for (int i = 0; i < 3; i++) {
        call c = begin();
        rn_tensor states[2] = {c.x, c.x};
        if (i == 0) c.options.stateful = true;
        if (i == 1) c.options.units = 0;
        cr_assert(!rn_recurrent_begin(rn_root(c.graph, c.model), "net", c.cell, c.x,
                                      i == 2 ? NULL : states, c.options));
        rn_test_error_is(c.graph, messages[i]);
        rn_graph_free(c.graph);
        rn_model_free(c.model);
    }
}

Test(recurrent_errors, parts_of_a_gate)
{
    static const char *const messages[] = {
        "gate_input: the input must have two axes: f got x [5,3,2]",
        "gate_state: units must be positive: f has 0", "bias f: y is the null tensor"};

    for (int i = 0; i < 3; i++) {
        call c = begin();
        const rn_scope s = rn_root(c.graph, c.model);
        rn_tensor y = i == 0   ? rn_gate_input(s, "f", c.x, 4)
                      : i == 1 ? rn_gate_state(s, "f", rn_index(c.x, 0, 0), 0)
                               : rn_bias(s, "f", rn_null(), 0);
        cr_assert(rn_is_null(y));
        rn_test_error_is(c.graph, messages[i]);
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
