/* SPDX-License-Identifier: MIT */
/* Graphs for inference: which weights they may create, and that they are not trained. */
#include "nn_support.h"

#include <string.h>
#include <unistd.h>

static rn_tensor network(rn_graph *g, rn_scope s, const char *last)
{
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(2, 3));

    return rn_linear(s, last, rn_tanh(rn_linear(s, "hidden", x, 4)), 2);
}

/* Builds a graph of its own over the model; the error is copied. */
static bool built(rn_model *model, bool inference, const char *last, char *error)
{
    rn_graph *g = rn_graph_new();
    rn_scope s = inference ? rn_root_inference(g, model) : rn_root(g, model);
    const bool ok = !rn_is_null(network(g, s, last));

    strcpy(error, rn_graph_error(g));
    rn_graph_free(g);
    return ok;
}

static const char complaint[] = "weight: a graph for inference creates no new weights: "
                                "outt/w [4,2]: the model has out/w [4,2], out/b [2], ";

Test(inference, a_typing_error_after_training)
{
    rn_model *model = rn_test_model(1);
    char error[600];

    cr_assert(built(model, false, "out", error));
    cr_assert(built(model, true, "out", error));
    cr_assert(!built(model, true, "outt", error));
    cr_assert(strstr(error, complaint), "%s", error);
    cr_assert_eq(rn_model_count(model), 4);
    rn_model_free(model);
}

/* Two graphs for inference make a model that a file is then loaded into. */
Test(inference, built_for_inference_and_loaded)
{
    const char *path = "test_inference.safetensors";
    rn_model *trained = rn_test_model(1), *model = rn_test_model(2);
    char error[600];

    cr_assert(built(trained, false, "out", error));
    cr_assert(built(trained, false, "second", error));
    cr_assert_eq(rn_model_save(trained, path), RN_OK);

    cr_assert(built(model, true, "out", error));
    cr_assert(built(model, true, "second", error), "%s", error);
    cr_assert_eq(rn_model_load(model, path), RN_OK, "%s", rn_model_error(model));
    cr_assert(built(model, true, "second", error));
    cr_assert(!built(model, true, "outt", error));
    cr_assert(strstr(error, complaint), "%s", error);
    unlink(path);
    rn_model_free(model);
    rn_model_free(trained);
}

Test(inference, a_typing_error_after_weights_were_set)
{
    rn_model *model = rn_test_model(1);
    const double bias[2] = {1, 2};
    char error[600];

    cr_assert(built(model, true, "out", error));
    cr_assert_eq(rn_model_set(model, "out/b", bias, sizeof bias), RN_OK);
    cr_assert(!built(model, true, "outt", error));
    cr_assert(strstr(error, complaint), "%s", error);
    rn_model_free(model);
}

Test(inference, states_may_be_new)
{
    rn_model *model = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    char error[600];

    cr_assert(built(model, false, "out", error));
    cr_assert(
        !rn_is_null(rn_state(rn_root_inference(g, model), "count", RN_I32, rn_shape())));
    rn_graph_free(g);
    rn_model_free(model);
}

Test(inference, a_file_before_there_is_a_graph)
{
    const char *path = "test_early.safetensors";
    rn_model *trained = rn_test_model(1), *model = rn_test_model(2);
    char error[600];

    cr_assert(built(trained, false, "out", error));
    cr_assert_eq(rn_model_save(trained, path), RN_OK);
    cr_assert_eq(rn_model_load(model, path), RN_INVALID);
    cr_assert_str_eq(
        rn_model_error(model),
        "test_early.safetensors: the model has no weights yet: build its graph "
        "first, then load the 4 tensors of this file");
    unlink(path);
    rn_model_free(model);
    rn_model_free(trained);
}

/* ---- training ---- */

Test(inference, a_graph_for_inference_is_not_trained)
{
    rn_test_world w = rn_test_begin();
    rn_tensor y = network(w.graph, rn_root_inference(w.graph, w.model), "out");
    rn_tensor loss = rn_name(rn_sum_all(y), "loss");

    cr_assert(!rn_compile(w.graph,
                          (rn_compile_options){.minimize = loss, .with = rn_adam(1e-3)}));
    rn_test_error_is(w.graph, "compile: minimize in a graph for inference: build it with "
                              "rn_root: loss []");
    rn_test_end(&w);
}

/* As a teacher beside a student is. */
Test(inference, a_part_may_be_for_inference)
{
    rn_test_world w = rn_test_begin();
    rn_scope fixed = rn_scope_in(rn_root_inference(w.graph, w.model), "teacher");
    rn_tensor want = network(w.graph, fixed, "out"), y = network(w.graph, w.root, "out");
    rn_tensor loss = rn_mean_squared_error(y, rn_stop_gradient(want));
    rn_program *p = rn_test_training(loss, rn_adam(1e-3));

    rn_program_free(p);
    rn_test_end(&w);
}
