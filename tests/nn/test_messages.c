/* SPDX-License-Identifier: MIT */
/* A function made of operators reports their errors under its own name. */
#include "nn_support.h"

#include <stdio.h>
#include <string.h>

static const rn_recurrent_options four = {.units = 4};

/* ---- while building ---- */

#define REFUSES(test, message, ...)                                                        \
    Test(messages, test)                                                                   \
    {                                                                                      \
        rn_test_world w = rn_test_begin();                                                 \
        rn_scope s = w.root;                                                               \
        rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(2, 3));                      \
        rn_tensor n = rn_input(w.graph, "n", RN_I32, rn_shape(2, 3));                      \
        rn_tensor b = rn_input(w.graph, "b", RN_BOOL, rn_shape(2, 3));                     \
        rn_tensor wide = rn_input(w.graph, "wide", RN_F64, rn_shape(4, 5));                \
        (void)s, (void)x, (void)n, (void)b, (void)wide;                                    \
        cr_assert(rn_is_null(__VA_ARGS__));                                                \
        rn_test_error_is(w.graph, message);                                                \
        rn_test_end(&w);                                                                   \
    }

REFUSES(softmax, "softmax: x must be f32 or f64: n [2,3] i32", rn_softmax(n, -1))
REFUSES(log_softmax, "log_softmax: x must be f32 or f64: n [2,3] i32",
        rn_log_softmax(n, -1))
REFUSES(logsumexp, "logsumexp: x must be f32 or f64: n [2,3] i32",
        rn_logsumexp(n, -1, false))
REFUSES(normalize, "normalize: x must be f32 or f64: n [2,3] i32", rn_normalize(n, 1e-5))
REFUSES(normalize_affine, "normalize_affine: x must be f32 or f64: n [2,3] i32",
        rn_normalize_affine(n, rn_null(), rn_null(), 1e-5))
REFUSES(variance, "variance: x must be f32 or f64: n [2,3] i32",
        rn_variance(n, (const int[]){0}, 1, false))
REFUSES(reciprocal, "reciprocal: x must be f32 or f64: n [2,3] i32", rn_reciprocal(n))
REFUSES(softmax_axis, "softmax: no axis 2, in max: x [2,3]", rn_softmax(x, 2))
REFUSES(one_minus, "one_minus: not defined for this type (bool, bool), in sub: b [2,3]",
        rn_one_minus(b))
REFUSES(greater, "greater: shapes do not broadcast, in less: x [2,3], wide [4,5]",
        rn_greater(x, wide))
REFUSES(prod, "prod: not defined for this type (bool, bool), in mul: b [2,3]",
        rn_prod(b, (const int[]){1}, 1, false))
REFUSES(stack, "stack: sizes of other axes differ, in concat: x [2,3], wide [4,5]",
        rn_stack((const rn_tensor[]){x, wide}, 2, 0))
REFUSES(linear_of_integers, "linear out: types differ (i32, f64), in matmul: n [2,3]",
        rn_linear(s, "out", n, 4))
REFUSES(layer_norm_of_integers,
        "layer_norm norm: normalize_affine: x must be f32 or f64: n [2,3] i32",
        rn_layer_norm(s, "norm", n))
REFUSES(the_name_of_a_layer,
        "linear out: weight: the model has another shape: out/w is [3,4], not [4,4]",
        rn_linear(s, "out", rn_linear(s, "out", x, 4), 4))
REFUSES(gate, "gate f: types differ (i32, f64), in matmul: n [2,3], x [2,3]",
        rn_gate(s, "f", n, x))

/* Frames end: what comes after an inner function is the user's own again. */
REFUSES(after_a_function, "add: shapes do not broadcast: softmax [2,3], wide [4,5]",
        rn_add(rn_name(rn_softmax(x, -1), "softmax"), wide))

static rn_tensor wrong(rn_scope s, rn_tensor x, rn_tensor *state)
{
    (void)s;
    return state[0] = rn_add(state[0], x);
}

static const rn_cell cell = {.name = "wrong", .states = 1, .step = wrong};

/* What a cell does is written by the user too. */
Test(messages, an_operator_in_a_cell)
{
    rn_test_world w = rn_test_begin();

    rn_recurrent(w.root, "rnn", &cell, rn_input(w.graph, "x", RN_F64, rn_shape(5, 2, 3)),
                 four);
    cr_assert(!strncmp(rn_graph_error(w.graph), "add: shapes do not broadcast: ", 30), "%s",
              rn_graph_error(w.graph));
    rn_test_end(&w);
}

/* ---- in a run ---- */

static void fails(rn_program *p, const char *message)
{
    cr_assert_eq(rn_run(p), RN_BAD_VALUE);
    cr_assert_str_eq(rn_program_error(p), message);
    rn_program_free(p);
}

Test(messages, an_index_that_an_embedding_does_not_have)
{
    rn_test_world w = rn_test_begin();
    rn_tensor words = rn_input(w.graph, "words", RN_I32, rn_shape(2, 2));
    rn_tensor y = rn_embedding(w.root, "embed", words, 10, 3);
    const char message[] = "embedding embed: index 10 is outside 0..9 at element 2 of "
                           "words [2,2]";
    const int32_t data[4] = {0, 9, 10, 1};
    rn_program *p = rn_test_compile(y);
    rn_program *q = rn_test_training(rn_sum_all(rn_square(y)), rn_sgd(1, 0));

    cr_assert_eq(rn_feed_i32(p, words, data, 4), RN_OK);
    cr_assert_eq(rn_feed_i32(q, words, data, 4), RN_OK);
    fails(p, message);
    fails(q, message);
    rn_test_end(&w);
}

Test(messages, a_length_in_a_layer_and_in_a_loop)
{
    for (int plain = 0; plain < 2; plain++) {
        rn_test_world w = rn_test_begin();
        rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(3, 2, 4));
        rn_tensor lengths = rn_input(w.graph, "lengths", RN_I32, rn_shape(2)), y;
        rn_recurrent_options o = four;

        o.lengths = lengths;
        if (plain) {
            rn_loop *loop = rn_loop_begin(w.graph);
            rn_loop_lengths(loop, lengths);
            rn_tensor step = rn_loop_each(loop, x);
            cr_assert(rn_loop_end(loop));
            y = rn_loop_collect(loop, step);
        } else {
            y = rn_gru(w.root, "rnn", x, o).outputs;
        }
        rn_program *p = rn_test_compile(y);
        rn_test_feed_f64(p, x, (const double[24]){0});
        rn_test_feed_i32(p, lengths, (const int32_t[]){3, 7});
        fails(p, plain ? "loop: length 7 is outside 0..3 at element 1 of lengths [2]"
                       : "recurrent rnn: length 7 is outside 0..3 at element 1 of lengths "
                         "[2]");
        rn_test_end(&w);
    }
}

/* In the steps of a loop, and of operands that have no name. */
Test(messages, an_embedding_in_a_loop)
{
    rn_test_world w = rn_test_begin();
    rn_tensor words = rn_input(w.graph, "words", RN_I32, rn_shape(3, 2));
    rn_loop *loop = rn_loop_begin(w.graph);
    rn_tensor x = rn_embedding(w.root, "embed", rn_loop_each(loop, words), 10, 4);
    rn_tensor h = rn_loop_carry(loop, rn_fill(w.graph, RN_F64, rn_shape(2, 4), 0));

    rn_loop_next(loop, h, rn_tanh(rn_add(x, h)));
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(w.graph));
    rn_program *p = rn_test_compile(rn_loop_final(loop, h));
    rn_test_feed_i32(p, words, (const int32_t[]){0, 1, 2, 3, 4, -5});
    cr_assert_eq(rn_run(p), RN_BAD_VALUE);
    cr_assert(strstr(rn_program_error(p), "embedding embed: index -5 is outside 0..9 at "),
              "%s", rn_program_error(p));
    rn_program_free(p);
    rn_test_end(&w);
}

/* ---- values inside cells ---- */

#define OBSERVES(test, message, ...)                                                       \
    Test(messages, test)                                                                   \
    {                                                                                      \
        rn_test_world w = rn_test_begin();                                                 \
        rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(6, 3, 4));                   \
        (void)x;                                                                           \
        cr_assert(rn_is_null(__VA_ARGS__));                                                \
        rn_test_error_is(w.graph, message);                                                \
        rn_test_end(&w);                                                                   \
    }

#define LAYER rn_lstm(w.root, "net", x, (rn_recurrent_options){.units = 5})

OBSERVES(unknown, "observed: no such value: net/layer0/z: the nearest is net/layer0/o",
         (LAYER, rn_observed(w.root, "net/layer0/z")))
OBSERVES(nothing_observed, "observed: no such value: net/layer0/f: nothing is observed",
         rn_observed(w.root, "net/layer0/f"))
OBSERVES(read_without_a_name, "scope: a name is missing: in the root",
         rn_observed(w.root, NULL))
OBSERVES(without_a_name, "scope: a name is missing: in the root", rn_observe(w.root, "", x))
OBSERVES(null_value, "observe f: x is the null tensor", rn_observe(w.root, "f", rn_null()))

Test(messages, without_a_graph)
{
    rn_test_world w = rn_test_begin();
    rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(6, 3, 4));

    cr_assert(rn_is_null(rn_observe((rn_scope){.graph = NULL}, "f", x)));
    rn_test_error_is(w.graph, "observe f: its scope has no graph");
    cr_assert(rn_is_null(rn_observed((rn_scope){.graph = NULL}, "f")));
    rn_test_end(&w);
}

Test(messages, another_graph)
{
    rn_test_world w = rn_test_begin(), far = rn_test_begin();
    rn_tensor x = rn_input(far.graph, "x", RN_F64, rn_shape(6, 3, 4));

    cr_assert(rn_is_null(rn_observe(w.root, "f", x)));
    rn_test_error_is(w.graph, "observe: the value is of another graph: f");
    rn_test_end(&w);
    rn_test_end(&far);
}
