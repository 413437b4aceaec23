/* SPDX-License-Identifier: MIT */
/* Invalid cells and the messages that refuse them. */
#define REFUSING cell_errors
#include "refused_support.h"

#include <string.h>

/* An output, and the state as it was. */
static rn_tensor idle(rn_scope s, rn_tensor x, rn_tensor *state)
{
    return rn_tanh(rn_gate(s, "h", x, state[0]));
}

static rn_tensor losing(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor y = idle(s, x, state);

    state[1] = rn_null();
    return y;
}

static rn_tensor counting(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor y = idle(s, x, state);

    state[0] = rn_cast(y, RN_I32);
    return y;
}

static rn_tensor with(rn_scope s, rn_tensor x, rn_tensor *state, const void *options)
{
    (void)options;
    return state[0] = idle(s, x, state);
}

static void begin_flat(rn_scope s, rn_tensor *state, const void *options)
{
    (void)s, (void)options;
    state[0] = rn_sum(state[0], (int[]){1}, 1, false);
}

static void begin_null(rn_scope s, rn_tensor *state, const void *options)
{
    (void)s, (void)options;
    state[0] = rn_null();
}

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

REFUSES(silent_cell, "recurrent: the cell's output is the null tensor: silent of net",
        c.cell = &(rn_cell){.name = "silent", .states = 1, .step = silent})

REFUSES(idle_cell, "recurrent: the cell never writes its state: idle of net",
        c.cell = &(rn_cell){.name = "idle", .states = 2, .step = idle})
REFUSES(idle_cell_with_lengths, "recurrent: the cell never writes its state: idle of net",
        c.options.lengths = input(&c, "n", RN_I32, rn_shape(3));
        c.options.bidirectional = true;
        c.cell = &(rn_cell){.name = "idle", .states = 1, .step = idle})
REFUSES(losing_cell,
        "recurrent: the cell's next state is the null tensor: losing of net, state 1",
        c.cell = &(rn_cell){.name = "losing", .states = 2, .step = losing})
REFUSES(
    counting_cell,
    "recurrent: the cell's state changes type: counting of net, state 0: f64 becomes i32",
    c.cell = &(rn_cell){.name = "counting", .states = 1, .step = counting})
REFUSES(two_steps, "recurrent: a cell has either step or step_with: two of net has both",
        c.cell = &(rn_cell){.name = "two", .states = 1, .step = idle, .step_with = with})
REFUSES(no_axes,
        "recurrent: a state has 0 to 6 axes besides the batch: odd of net, state 0 "
        "has 7",
        c.cell = &(rn_cell){.name = "odd",
                            .states = 1,
                            .step_with = with,
                            .state = {{.shape = {7, {1, 1, 1, 1, 1, 1, 1}}}}})
REFUSES(huge_state,
        "recurrent: the cell's state has an invalid shape: odd of net, state 0 "
        "[3,9223372036854775807]",
        c.cell = &(rn_cell){.name = "odd",
                            .states = 1,
                            .step_with = with,
                            .state = {{.shape = {1, {INT64_MAX}}}}})
REFUSES(negative_output,
        "recurrent: the cell's output size is not valid: odd of net has -9000000",
        c.cell = &(rn_cell){
            .name = "odd", .states = 1, .step_with = with, .output = -9000000})
REFUSES(begins_flat, "recurrent: a state must be f64 [3,4]: net, state 0 is f64 sum#3 [3]",
        c.cell = &(rn_cell){
            .name = "odd", .states = 1, .step_with = with, .begin = begin_flat})
REFUSES(begins_null, "recurrent: a state is the null tensor: net, state 0",
        c.cell = &(rn_cell){
            .name = "odd", .states = 1, .step_with = with, .begin = begin_null})

/* `initial` is measured against the cell's own shapes. */
REFUSES(initial_of_matrix,
        "recurrent: a state must be f64 [3,4,2]: net, state 0 is f64 p [3,4]",
        c.cell = &(rn_cell){.name = "odd",
                            .states = 1,
                            .step_with = with,
                            .state = {{.shape = {2, {RN_UNITS, RN_INPUTS}}}}};
        c.initial[0] = input(&c, "p", RN_F64, rn_shape(3, 4));
        c.options.initial = c.initial; c.options.initial_count = 1)

/* One of the states is written. */
static rn_tensor half(rn_scope s, rn_tensor x, rn_tensor *state)
{
    return state[1] = idle(s, x, state);
}

Test(cell_errors, a_state_may_stay_as_it_is)
{
    static const rn_cell cell = {.name = "half", .states = 2, .step = half};
    call c = begin();

    rn_recurrent(rn_root(c.graph, c.model), "net", &cell, c.x, c.options);
    cr_assert_str_eq(rn_graph_error(c.graph), "");
    rn_graph_free(c.graph);
    rn_model_free(c.model);
}

/* In a single step a state may be the very tensor that the cell then writes. */
static rn_tensor pass_on(rn_scope s, rn_tensor x, rn_tensor *state)
{
    (void)s;
    return state[0] = x;
}

Test(cell_errors, a_step_that_writes_what_the_state_was)
{
    static const rn_cell cell = {.name = "wire", .states = 1, .step = pass_on};
    call c = begin();
    rn_tensor x = input(&c, "y", RN_F64, rn_shape(3, 4)), state = x;

    rn_recurrent_step(rn_root(c.graph, c.model), "net", &cell, x, &state, c.options);
    cr_assert_str_eq(rn_graph_error(c.graph), "");
    rn_graph_free(c.graph);
    rn_model_free(c.model);
}

Test(cell_errors, wide_cell)
{
    static const rn_cell cell = {.name = "wide", .states = 1, .step = wide};
    call c = begin();

    c.cell = &cell;
    rn_recurrent(rn_root(c.graph, c.model), "net", c.cell, c.x, c.options);
    cr_assert(strstr(rn_graph_error(c.graph),
                     "recurrent: the cell's output is not [3,4]: wide gives "));
    rn_graph_free(c.graph);
    rn_model_free(c.model);
}

Test(cell_errors, reshaping_cell)
{
    static const rn_cell cell = {.name = "reshaping", .states = 1, .step = reshaping};
    call c = begin();
    rn_sequence y = rn_recurrent(rn_root(c.graph, c.model), "net", &cell, c.x, c.options);

    cr_assert(rn_is_null(y.outputs) && rn_is_null(y.final[0]));
    cr_assert(strstr(rn_graph_error(c.graph), "[3,4] becomes [4,3]"), "%s",
              rn_graph_error(c.graph));
    rn_graph_free(c.graph);
    rn_model_free(c.model);
}

Test(cell_errors, an_idle_cell_in_a_single_step)
{
    static const rn_cell cell = {.name = "idle", .states = 2, .step = idle};
    call c = begin();
    rn_tensor states[2] = {input(&c, "h", RN_F64, rn_shape(3, 4)),
                           input(&c, "c", RN_F64, rn_shape(3, 4))};
    rn_tensor y = rn_recurrent_step(rn_root(c.graph, c.model), "net", &cell,
                                    rn_index(c.x, 0, 0), states, c.options);

    cr_assert(rn_is_null(y));
    rn_test_error_is(c.graph,
                     "recurrent_step: the cell never writes its state: idle of net");
    rn_graph_free(c.graph);
    rn_model_free(c.model);
}
