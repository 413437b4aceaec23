/* SPDX-License-Identifier: MIT */
/* Names used twice: by mistake, which is an error, or with rn_share. */
#include "nn_support.h"

#include <string.h>

static const rn_init normal = {RN_INIT_NORMAL, 1};
static const rn_recurrent_options four = {.units = 4};

#define ADVICE ": name each layer differently, or call rn_share to share weights"

static rn_tensor input(rn_test_world *w, const char *name, rn_shape shape)
{
    return rn_input(w->graph, name, RN_F64, shape);
}

static void refused(rn_test_world *w, const char *part)
{
    cr_assert(strstr(rn_graph_error(w->graph), part), "\"%s\" is not in \"%s\"", part,
              rn_graph_error(w->graph));
    rn_test_end(w);
}

Test(sharing, two_layers_of_one_name_and_shape)
{
    rn_test_world w = rn_test_begin();
    rn_tensor x = input(&w, "x", rn_shape(2, 3));
    rn_tensor y = rn_linear(w.root, "out", rn_linear(w.root, "out", x, 3), 3);

    cr_assert(rn_is_null(y));
    refused(&w, "weight: the graph has used this name before: out/w [3,3]" ADVICE);
}

Test(sharing, two_layers_of_one_name_and_two_shapes)
{
    rn_test_world w = rn_test_begin();
    rn_tensor x = input(&w, "x", rn_shape(2, 3));

    cr_assert(rn_is_null(rn_linear(w.root, "out", rn_linear(w.root, "out", x, 5), 3)));
    refused(&w, "weight: the model has another shape: out/w is [3,5], not [5,3]");
}

Test(sharing, every_layer_refuses)
{
    for (int layer = 0; layer < 4; layer++) {
        rn_test_world w = rn_test_begin();
        rn_tensor x = input(&w, "x", rn_shape(2, 3, 3)), y = rn_null();
        rn_tensor i = rn_input(w.graph, "i", RN_I32, rn_shape(2));

        for (int k = 0; k < 2; k++) {
            cr_assert(k == 0 || !*rn_graph_error(w.graph), "%s", rn_graph_error(w.graph));
            if (layer == 0) y = rn_linear(w.root, "a", x, 3);
            if (layer == 1) y = rn_embedding(w.root, "a", i, 7, 3);
            if (layer == 2) y = rn_layer_norm(w.root, "a", x);
            if (layer == 3) y = rn_gru(w.root, "a", x, four).outputs;
        }
        cr_assert(rn_is_null(y), "layer %d", layer);
        refused(&w, "the graph has used this name before: a/");
    }
}

static rn_tensor twice_f(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor f = rn_sigmoid(rn_gate(s, "f", x, state[0]));
    rn_tensor g = rn_tanh(rn_gate(s, "f", x, state[0])); /* meant to be g */

    return state[0] = rn_add(state[0], rn_mul(f, g));
}

static const rn_cell careless = {.name = "careless", .states = 1, .step = twice_f};

Test(sharing, one_gate_name_twice_in_a_cell)
{
    rn_test_world w = rn_test_begin();

    rn_recurrent(w.root, "rnn", &careless, input(&w, "x", rn_shape(5, 2, 3)), four);
    refused(&w, "the graph has used this name before: rnn/layer0/f/w [3,4]" ADVICE);
}

Test(sharing, one_gate_name_twice_in_a_single_step)
{
    rn_test_world w = rn_test_begin();
    rn_tensor h = input(&w, "h", rn_shape(2, 4));

    rn_recurrent_step(w.root, "rnn", &careless, input(&w, "x", rn_shape(2, 3)), &h, four);
    refused(&w, "the graph has used this name before: rnn/layer0/f/w [3,4]" ADVICE);
}

/* Names of the weights do not meet: r z g beside f i c o. */
Test(sharing, a_gru_under_the_name_of_an_lstm)
{
    for (int graphs = 1; graphs <= 2; graphs++) {
        rn_test_world w = rn_test_begin();
        rn_graph *other = rn_graph_new(), *second = graphs == 1 ? w.graph : other;
        rn_tensor x = rn_input(second, "x", RN_F64, rn_shape(5, 2, 3));

        rn_lstm(w.root, "rnn", input(&w, "x", rn_shape(5, 2, 3)), four);
        const int count = rn_model_count(w.model);
        cr_assert(rn_is_null(rn_gru(rn_root(second, w.model), "rnn", x, four).outputs));
        rn_test_error_is(second, "recurrent: the model has another layer of that name: rnn "
                                 "is lstm of 1 layer, not gru of 1 layer");
        cr_assert_eq(rn_model_count(w.model), count);
        rn_graph_free(other);
        rn_test_end(&w);
    }
}

Test(sharing, another_number_of_layers)
{
    rn_test_world w = rn_test_begin();
    rn_tensor h[2] = {input(&w, "h", rn_shape(2, 4)), input(&w, "k", rn_shape(2, 4))};

    rn_gru(w.root, "rnn", input(&w, "x", rn_shape(5, 2, 3)), four);
    rn_recurrent_step(w.root, "rnn", &rn_cell_gru, input(&w, "y", rn_shape(2, 3)), h,
                      (rn_recurrent_options){.units = 4, .layers = 2});
    refused(&w, "recurrent_step: the model has another layer of that name: rnn is gru of 1 "
                "layer, not gru of 2 layers");
}

Test(sharing, states_of_one_name)
{
    rn_test_world w = rn_test_begin();

    rn_state(w.root, "mean", RN_F64, rn_shape(3));
    cr_assert(rn_is_null(rn_state(w.root, "mean", RN_F64, rn_shape(3))));
    refused(&w, "state: the graph has used this name before: mean [3]" ADVICE);
}

/* ---- asked for ---- */

static rn_tensor encoder(rn_scope s, rn_tensor x)
{
    return rn_linear(s, "b", rn_tanh(rn_linear(s, "a", x, 4)), 2);
}

Test(sharing, an_encoder_of_two_inputs)
{
    rn_test_world w = rn_test_begin();
    rn_tensor x = input(&w, "x", rn_shape(2, 3));
    rn_tensor second = encoder(rn_share(w.root), x), first = encoder(w.root, x);
    rn_tensor apart = rn_max_all(rn_abs(rn_sub(first, second)));
    const double data[6] = {1, 2, 3, 4, 5, 6};

    cr_assert_eq(rn_model_count(w.model), 4);
    rn_program *p = rn_test_compile(apart);
    rn_test_feed_f64(p, x, data);
    rn_test_run_once(p);
    cr_assert(rn_scalar(p, apart) == 0);
    rn_program_free(p);
    rn_test_end(&w);
}

/* One call of rn_share is one use more: a mistake inside is still found. */
Test(sharing, a_mistake_inside_what_is_shared)
{
    rn_test_world w = rn_test_begin();
    rn_scope again;

    rn_weight(w.root, "w", rn_shape(2), normal);
    again = rn_share(w.root);
    cr_assert(!rn_is_null(rn_weight(rn_scope_in(again, "x"), "w", rn_shape(2), normal)));
    cr_assert(!rn_is_null(rn_weight(again, "w", rn_shape(2), normal)));
    cr_assert(!rn_is_null(rn_weight(rn_share(again), "w", rn_shape(2), normal)));
    cr_assert(rn_is_null(rn_weight(again, "w", rn_shape(2), normal)));
    refused(&w, "the graph has used this name before: w [2]" ADVICE);
}

Test(sharing, steps_in_a_c_loop_share)
{
    rn_test_world w = rn_test_begin();
    rn_tensor x = input(&w, "x", rn_shape(3, 2, 3)), h = input(&w, "h", rn_shape(2, 4));

    rn_gru(w.root, "rnn", x, four);
    const int count = rn_model_count(w.model);
    for (int t = 0; t < 3; t++)
        rn_recurrent_step(w.root, "rnn", &rn_cell_gru, rn_index(x, 0, t), &h, four);
    cr_assert(!rn_is_null(h), "%s", rn_graph_error(w.graph));
    cr_assert_eq(rn_model_count(w.model), count);
    rn_test_end(&w);
}

Test(sharing, other_graphs_use_the_names_again)
{
    rn_test_world w = rn_test_begin();

    for (int i = 0; i < 3; i++) {
        rn_graph *g = rn_graph_new();
        rn_scope s = i ? rn_root_inference(g, w.model) : rn_root(g, w.model);
        rn_tensor y = encoder(s, rn_input(g, "x", RN_F64, rn_shape(2, 3)));
        cr_assert(!rn_is_null(y), "%s", rn_graph_error(g));
        rn_graph_free(g);
    }
    cr_assert_eq(rn_model_count(w.model), 4);
    rn_test_end(&w);
}

/* The same function for training and for inference in one graph. */
Test(sharing, a_graph_for_both_purposes)
{
    rn_test_world w = rn_test_begin();
    rn_tensor x = input(&w, "x", rn_shape(2, 3));

    encoder(w.root, x);
    cr_assert(!rn_is_null(encoder(rn_root_inference(w.graph, w.model), x)));
    cr_assert(rn_is_null(encoder(rn_root_inference(w.graph, w.model), x)));
    refused(&w, "the graph has used this name before: a/w [3,4]" ADVICE);
}

static bool share_with_failing_memory(rn_allocator allocator)
{
    rn_model *model = rn_model_new_using(1, RN_F64, allocator);
    rn_graph *g = rn_graph_new_using(allocator);
    bool done = model && g;

    for (int i = 0; done && i < 3; i++) {
        rn_tensor h = rn_fill(g, RN_F64, rn_shape(2, 4), 1);
        rn_tensor x = rn_fill(g, RN_F64, rn_shape(2, 3), 1);
        const char *name = i == 0 ? "a" : "b";
        x = rn_recurrent_step(rn_root(g, model), name, &rn_cell_gru, x, &h, four);
        done = !rn_is_null(x);
        cr_assert(done || strstr(rn_graph_error(g), "out of memory"), "%s",
                  rn_graph_error(g));
    }
    rn_graph_free(g);
    rn_model_free(model);
    return done;
}

Test(sharing, without_memory)
{
    rn_test_each_failure(share_with_failing_memory);
}
