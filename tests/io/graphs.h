/* SPDX-License-Identifier: MIT */
/* Graphs for the tests of their pictures. */
#ifndef RN_TESTS_IO_GRAPHS_H
#define RN_TESTS_IO_GRAPHS_H

#include "io_support.h"

/* A classifier of text: embedding, a bidirectional LSTM of 2 layers, linear. Returns the
 * loss. `lengths`: the sequences have some. */
static inline rn_tensor rn_test_classifier(rn_graph *graph, rn_model *model, bool lengths)
{
    rn_scope s = rn_root(graph, model);
    rn_tensor x = rn_input(graph, "words", RN_I32, rn_shape_of(2, (int64_t[]){5, 2}));
    rn_tensor y = rn_input(graph, "class", RN_I32, rn_shape_of(1, (int64_t[]){2}));
    rn_tensor n = rn_null();

    if (lengths) n = rn_input(graph, "lengths", RN_I32, rn_shape_of(1, (int64_t[]){2}));
    x = rn_embedding(s, "embed", x, 100, 8);
    x = rn_lstm(s, "rnn", x,
                (rn_recurrent_options){
                    .units = 16, .layers = 2, .bidirectional = true, .lengths = n})
            .last;
    return rn_cross_entropy(rn_linear(s, "out", x, 3), y);
}

/* A loop in a loop, two carries that change places, a value that passes both loops, a named
 * node, an unused input, and a gradient. */
static inline void rn_test_nested(rn_graph *graph)
{
    const rn_shape cube = {3, {3, 4, 2}}, row = {1, {2}};
    rn_tensor xs = rn_input(graph, "xs", RN_F32, cube);
    rn_tensor w = rn_input(graph, "a <b> & \"c\" \\N\xff", RN_F32, row);
    rn_input(graph, "unused", RN_I32, row);
    rn_loop *outer = rn_loop_begin(graph);
    rn_tensor each = rn_loop_each(outer, xs);
    rn_tensor a = rn_loop_carry(outer, w);
    rn_tensor b = rn_loop_carry(outer, rn_fill(graph, RN_F32, row, 0));
    rn_loop *inner = rn_loop_begin(rn_loop_body(outer));
    rn_tensor x = rn_loop_each(inner, each);
    rn_tensor h = rn_loop_carry(inner, a);
    rn_tensor next = rn_name(rn_tanh(rn_add(rn_mul(x, w), rn_scale(h, 0.25))), "next <h>");

    rn_loop_next(inner, h, next);
    rn_loop_end(inner);
    rn_loop_next(outer, a, b);
    rn_loop_next(outer, b, rn_loop_final(inner, h));
    rn_tensor all = rn_loop_collect(inner, next);
    rn_loop_end(outer);
    rn_tensor stack = rn_loop_collect(outer, all);
    rn_tensor y = rn_sum_all(rn_square(stack)), dw;
    rn_grad(y, rn_null(), &w, 1, &dw);
    rn_sub(rn_constant_scalar(graph, RN_F32, 1), dw);
    cr_assert_str_eq(rn_graph_error(graph), "");
}

#endif
