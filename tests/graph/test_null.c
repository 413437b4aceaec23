/* SPDX-License-Identifier: MIT */
/* Builders without a graph: the message names the first one that had none, and why. */
#include "run/driver.h"

#include <rondo.h>

#include <stdio.h>

/* What rn_compile says of an output that nothing but null tensors and graphs made. */
static void reports(rn_tensor y, const char *origin, const char *call)
{
    rn_graph *g = rn_graph_new();
    char message[200];

    snprintf(message, sizeof message, "compile: output 0 is the null tensor that %s",
             origin);
    cr_assert(rn_is_null(y), "%s", call);
    cr_assert_null(rn_compile(g, (rn_compile_options){RN_OUTPUTS(y)}));
    cr_assert_str_eq(rn_graph_error(g), message, "%s: %s", call, rn_graph_error(g));
    rn_graph_free(g);
}

#define REPORTS(origin, call) reports(call, origin, #call)

/* ---- of null tensors ---- */

Test(null, element_wise)
{
    const rn_tensor n = rn_null();

    REPORTS("tanh returned: x is the null tensor", rn_tanh(n));
    REPORTS("stop_gradient returned: x is the null tensor", rn_stop_gradient(n));
    REPORTS("cast returned: x is the null tensor", rn_cast(n, RN_F64));
    REPORTS("add returned: its operands are null tensors", rn_add(n, n));
    REPORTS("where returned: its operands are null tensors", rn_where(n, n, n));
    REPORTS("greater returned: x is the null tensor", rn_greater(n, n));
    REPORTS("greater_equal returned: x is the null tensor", rn_greater_equal(n, n));
    REPORTS("not_equal returned: its operands are null tensors", rn_not_equal(n, n));
    REPORTS("check_range returned: x is the null tensor", rn_check_range(n, 0, 1));
}

Test(null, movements)
{
    const rn_tensor n = rn_null(), two[2] = {n, n};

    REPORTS("reshape returned: x is the null tensor", rn_reshape(n, rn_shape(1)));
    REPORTS("permute returned: x is the null tensor", rn_permute(n, NULL));
    REPORTS("transpose returned: x is the null tensor", rn_transpose(n));
    REPORTS("broadcast returned: x is the null tensor", rn_broadcast(n, rn_shape(1)));
    REPORTS("expand returned: x is the null tensor", rn_expand(n, 0));
    REPORTS("squeeze returned: x is the null tensor", rn_squeeze(n, 0));
    REPORTS("slice returned: x is the null tensor", rn_slice(n, 0, 0, 1, 1));
    REPORTS("index returned: x is the null tensor", rn_index(n, 0, 0));
    REPORTS("pad returned: x is the null tensor", rn_pad(n, 0, 1, 1, 0));
    REPORTS("reverse returned: x is the null tensor", rn_reverse(n, 0));
    REPORTS("sum_to returned: x is the null tensor", rn_sum_to(n, rn_shape(1)));
    REPORTS("concat returned: its operands are null tensors", rn_concat(two, 2, 0));
    REPORTS("stack returned: its operands are null tensors", rn_stack(two, 2, 0));
    REPORTS("concat returned: its list is empty", rn_concat(NULL, 0, 0));
    REPORTS("stack returned: its list is empty", rn_stack(two, 0, 0));
    REPORTS("take returned: its operands are null tensors", rn_take(n, n));
    REPORTS("add_at returned: its operands are null tensors", rn_add_at(n, n, n));
    REPORTS("gather returned: its operands are null tensors", rn_gather(n, n, 0));
    REPORTS("scatter_add returned: its operands are null tensors",
            rn_scatter_add(n, n, n, 0));
    REPORTS("scatter returned: its operands are null tensors", rn_scatter(n, n, n, 0));
    REPORTS("matmul returned: its operands are null tensors", rn_matmul(n, n));
    REPORTS("matmul returned: its operands are null tensors",
            rn_matmul_transposed(n, n, (rn_transposition)9));
}

Test(null, reductions)
{
    const rn_tensor n = rn_null();

    REPORTS("sum returned: x is the null tensor", rn_sum(n, NULL, 0, false));
    REPORTS("min returned: x is the null tensor", rn_min(n, NULL, 0, false));
    REPORTS("prod returned: x is the null tensor", rn_prod(n, NULL, 0, false));
    REPORTS("variance returned: x is the null tensor", rn_variance(n, NULL, 0, false));
    REPORTS("rescale returned: x is the null tensor", rn_rescale(n, NULL, 0, true, true));
    REPORTS("argmax returned: x is the null tensor", rn_argmax(n, 0, false));
    REPORTS("argsort returned: x is the null tensor", rn_argsort(n, 0, false));
    REPORTS("sort returned: x is the null tensor", rn_sort(n, 0, false));
    REPORTS("top_k_indices returned: x is the null tensor",
            rn_top_k_indices(n, 0, 1, false));
    REPORTS("top_k returned: x is the null tensor", rn_top_k(n, 0, 1, false));
    REPORTS("cumsum returned: x is the null tensor",
            rn_cumsum(n, 0, (rn_cumsum_options){0}));
    REPORTS("linear_scan returned: its operands are null tensors",
            rn_linear_scan(n, n, n, (rn_linear_scan_options){0}));
    REPORTS("logsumexp returned: x is the null tensor", rn_logsumexp(n, 0, false));
}

Test(null, composites)
{
    const rn_tensor n = rn_null();

    REPORTS("scale returned: x is the null tensor", rn_scale(n, 2));
    REPORTS("offset returned: x is the null tensor", rn_offset(n, 2));
    REPORTS("one_minus returned: x is the null tensor", rn_one_minus(n));
    REPORTS("gelu_tanh returned: x is the null tensor", rn_gelu_tanh(n));
    REPORTS("ceil returned: x is the null tensor", rn_ceil(n));
    REPORTS("reciprocal returned: x is the null tensor", rn_reciprocal(n));
    REPORTS("is_finite returned: x is the null tensor", rn_is_finite(n));
    REPORTS("softmax returned: x is the null tensor", rn_softmax(n, 0));
    REPORTS("log_softmax returned: x is the null tensor", rn_log_softmax(n, 0));
    REPORTS("normalize returned: x is the null tensor", rn_normalize(n, 1e-5));
    REPORTS("normalize_affine returned: x is the null tensor",
            rn_normalize_affine(n, n, n, 1e-5));
    REPORTS("one_hot returned: indices is the null tensor", rn_one_hot(n, 3, RN_F32));
    REPORTS("fill_like returned: x is the null tensor", rn_fill_like(n, 1));
    REPORTS("constant_like returned: x is the null tensor", rn_constant_like(n, 1));
    REPORTS("uniform returned: ticks is the null tensor",
            rn_uniform(n, 1, RN_F32, rn_shape(2)));
    REPORTS("normal returned: ticks is the null tensor",
            rn_normal(n, 1, RN_F32, rn_shape(2)));
    REPORTS("assign returned: its operands are null tensors", rn_assign(n, n));
}

Test(null, losses)
{
    const rn_tensor n = rn_null();

    REPORTS("mean_squared_error returned: its operands are null tensors",
            rn_mean_squared_error(n, n));
    REPORTS("cross_entropy returned: its operands are null tensors",
            rn_cross_entropy(n, n));
    REPORTS("cross_entropy returned: its operands are null tensors",
            rn_cross_entropy_ignoring(n, n, -1));
    REPORTS("binary_cross_entropy returned: its operands are null tensors",
            rn_binary_cross_entropy(n, n));
}

/* ---- of NULL graphs, loops and scopes ---- */

Test(null, graphs)
{
    REPORTS("input returned: its graph is NULL", rn_input(NULL, "x", RN_F32, rn_shape(2)));
    REPORTS("constant returned: its graph is NULL",
            rn_constant(NULL, RN_F32, rn_shape(1), &(float){1}));
    REPORTS("constant returned: its graph is NULL", rn_constant_scalar(NULL, RN_F32, 1));
    REPORTS("fill returned: its graph is NULL", rn_fill(NULL, RN_F32, rn_shape(2), 1));
    REPORTS("range returned: its graph is NULL", rn_range(NULL, 3));
    REPORTS("read_variable returned: its graph is NULL", rn_read_variable(NULL, NULL));
}

Test(null, loops)
{
    const rn_tensor n = rn_null();

    REPORTS("loop_each returned: its loop is NULL", rn_loop_each(NULL, n));
    REPORTS("loop_carry returned: its loop is NULL", rn_loop_carry(NULL, n));
    REPORTS("loop_index returned: its loop is NULL", rn_loop_index(NULL));
    REPORTS("loop_collect returned: its loop is NULL", rn_loop_collect(NULL, n));
    REPORTS("loop_final returned: its loop is NULL", rn_loop_final(NULL, n));
    REPORTS("loop_history returned: its loop is NULL", rn_loop_history(NULL, n));
    REPORTS("input returned: its graph is NULL",
            rn_loop_each(rn_loop_begin(NULL), rn_input(NULL, "x", RN_F32, rn_shape(2))));
}

Test(null, layers)
{
    rn_model *model = rn_model_new(1);
    const rn_scope s = rn_root(NULL, model);
    const rn_tensor n = rn_null();
    const rn_recurrent_options four = {.units = 4};
    rn_tensor state[2] = {n, n};

    REPORTS("weight returned: its scope has no graph",
            rn_weight(s, "w", rn_shape(2), (rn_init){RN_INIT_ZEROS, 0}));
    REPORTS("state returned: its scope has no graph", rn_state(s, "s", RN_I32, rn_shape()));
    REPORTS("dropout_mask returned: its scope has no graph",
            rn_dropout_mask(s, "d", RN_F32, rn_shape(2), 0.5));
    REPORTS("random_ticks returned: x is the null tensor", rn_random_ticks(s, n));
    REPORTS("linear returned: x is the null tensor", rn_linear(s, "out", n, 2));
    REPORTS("embedding returned: indices is the null tensor",
            rn_embedding(s, "embed", n, 5, 2));
    REPORTS("dropout returned: x is the null tensor", rn_dropout(s, "d", n, 0.5));
    REPORTS("layer_norm returned: x is the null tensor", rn_layer_norm(s, "n", n));
    REPORTS("gate returned: its operands are null tensors", rn_gate(s, "f", n, n));
    REPORTS("gate_input returned: x is the null tensor", rn_gate_input(s, "f", n, 2));
    REPORTS("gate_state returned: h is the null tensor", rn_gate_state(s, "f", n, 2));
    REPORTS("bias returned: y is the null tensor", rn_bias(s, "b", n, 0));
    REPORTS("recurrent returned: x is the null tensor", rn_gru(s, "rnn", n, four).outputs);
    REPORTS("recurrent returned: x is the null tensor", rn_gru(s, "rnn", n, four).last);
    REPORTS("recurrent_step returned: x is the null tensor",
            rn_recurrent_step(s, "rnn", &rn_cell_lstm, n, state, four));
    rn_model_free(model);
}

/* ---- the first of a chain, and who reports it ---- */

static rn_tensor lost(void)
{
    return rn_input(NULL, "x", RN_F32, rn_shape(2, 2));
}

Test(null, the_first_of_a_chain)
{
    rn_model *model = rn_model_new(1);
    const rn_scope s = rn_root(NULL, model);
    const char *input = "input returned: its graph is NULL";

    reports(rn_exp(rn_tanh(lost())), input, "operators");
    reports(rn_name(rn_softmax(rn_scale(lost(), 2), -1), "p"), input, "composites");
    reports(rn_add(rn_null(), lost()), input, "the second operand");
    reports(rn_matmul(rn_null(), rn_sum_all(rn_one_minus(lost()))), input, "a product");
    reports(rn_linear(s, "out", lost(), 4), input, "a layer");
    reports(rn_gate(s, "f", rn_null(), lost()), input, "a gate");
    reports(rn_gru(s, "rnn", lost(), (rn_recurrent_options){.units = 4}).outputs, input,
            "a recurrent layer");
    reports(rn_cross_entropy(lost(), rn_null()), input, "a loss");
    reports(rn_exp(rn_tanh(rn_null())), "tanh returned: x is the null tensor", "tanh");
    rn_model_free(model);
}

/* The next function that has a graph puts the message on it. */
#define ON_GRAPH(message, ...)                                                             \
    {                                                                                      \
        rn_graph *g = rn_graph_new();                                                      \
        const rn_scope s = rn_root(g, model);                                              \
        const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(2, 2));                      \
        (void)s, (void)x;                                                                  \
        __VA_ARGS__;                                                                       \
        rn_test_error_is(g, message);                                                      \
        rn_graph_free(g);                                                                  \
    }

#define INPUT "input returned: its graph is NULL"

Test(null, operators_report_it)
{
    rn_model *model = NULL;
    rn_tensor dx;

    ON_GRAPH("add: operand 1 is the null tensor that " INPUT, rn_add(x, lost()))
    ON_GRAPH("add: operand 1 is the null tensor that tanh returned: x is the null tensor",
             rn_add(x, rn_tanh(rn_null())))
    ON_GRAPH("greater: less: operand 0 is the null tensor that " INPUT,
             rn_greater(x, lost()))
    ON_GRAPH("stack: tensor 1 is the null tensor: x [2,2], nothing (input: its graph is "
             "NULL)",
             rn_stack((rn_tensor[]){x, lost()}, 2, 0))
    ON_GRAPH("normalize_affine: x is the null tensor that " INPUT,
             rn_normalize_affine(lost(), x, x, 1))
    ON_GRAPH("normalize_affine: gain is the null tensor that " INPUT,
             rn_normalize_affine(x, lost(), rn_null(), 1))
    ON_GRAPH("normalize_affine: bias is the null tensor that " INPUT,
             rn_normalize_affine(x, rn_null(), lost(), 1))
    ON_GRAPH("assign: given the null tensor that " INPUT, rn_assign(lost(), x))
    ON_GRAPH("grad: y is the null tensor that " INPUT,
             rn_grad(lost(), rn_null(), &x, 1, &dx))
    ON_GRAPH("grad: tensor 0 is the null tensor that " INPUT,
             rn_grad(rn_sum_all(x), rn_null(), (rn_tensor[]){lost()}, 1, &dx))
    ON_GRAPH("grad: the cotangent is the null tensor that " INPUT,
             rn_grad(rn_sum_all(x), lost(), &x, 1, &dx))
    ON_GRAPH("add: operand 1 is the null tensor that mine returned",
             rn_add(x, rn_fail(NULL, "mine: no %s", "reason")))
    ON_GRAPH("add: operand 1 is the null tensor that grad returned: y is the null tensor",
             rn_grad(rn_null(), rn_null(), (rn_tensor[]){rn_null()}, 1, &dx);
             rn_add(x, dx))
}

Test(null, loops_and_layers_report_it)
{
    rn_model *model = rn_model_new(1);
    const rn_recurrent_options four = {.units = 4};

    ON_GRAPH("loop: carry: given the null tensor that " INPUT,
             rn_loop_carry(rn_loop_begin(g), lost()))
    ON_GRAPH("loop: each: given the null tensor that " INPUT,
             rn_loop_each(rn_loop_begin(g), lost()))
    ON_GRAPH("loop: lengths: given the null tensor that " INPUT,
             rn_loop_lengths(rn_loop_begin(g), lost()))
    ON_GRAPH("linear out: x is the null tensor that " INPUT, rn_linear(s, "out", lost(), 4))
    ON_GRAPH("embedding e: indices is the null tensor that " INPUT,
             rn_embedding(s, "e", lost(), 4, 4))
    ON_GRAPH("dropout d: x is the null tensor that " INPUT, rn_dropout(s, "d", lost(), 0.5))
    ON_GRAPH("layer_norm n: x is the null tensor that " INPUT,
             rn_layer_norm(s, "n", lost()))
    ON_GRAPH("recurrent rnn: x is the null tensor that " INPUT,
             rn_gru(s, "rnn", lost(), four))
    ON_GRAPH("recurrent rnn: lengths is the null tensor that " INPUT,
             rn_gru(s, "rnn", rn_expand(x, 0),
                    (rn_recurrent_options){.units = 4, .lengths = lost()}))
    ON_GRAPH("linear out: matmul: operand 1 is the null tensor that weight returned: its "
             "scope has no graph",
             rn_linear(rn_root(NULL, model), "out", x, 4))
    ON_GRAPH("cross_entropy: a tensor is null: logits x [2,2], targets nothing (input: its "
             "graph is NULL)",
             rn_cross_entropy(x, lost()))
    ON_GRAPH("recurrent: a state is the null tensor that " INPUT ": rnn, state 0",
             rn_gru(s, "rnn", rn_expand(x, 0),
                    (rn_recurrent_options){
                        .units = 4, .initial = (rn_tensor[]){lost()}, .initial_count = 1}))
    ON_GRAPH("gate f: x is the null tensor that " INPUT, rn_gate(s, "f", lost(), x))
    ON_GRAPH("gate f: h is the null tensor that " INPUT, rn_gate(s, "f", x, lost()))
    rn_model_free(model);
}

Test(null, compile_reports_it)
{
    rn_graph *g = rn_graph_new();

    cr_assert_null(rn_compile(
        g, (rn_compile_options){.minimize = rn_sum_all(lost()), .with = rn_sgd(1, 0)}));
    rn_test_error_is(g, "compile: minimize is the null tensor that " INPUT);
    rn_graph_free(g);
}

Test(null, feeding_and_reading_report_it)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2));
    rn_program *p = rn_test_compile(g, rn_exp(x));
    double value[2] = {0};

    cr_assert_eq(rn_feed(p, lost(), value, sizeof value), RN_INVALID);
    cr_assert_str_eq(rn_program_error(p), "feed: not an input of the program's graph: "
                                          "the null tensor that " INPUT);
    cr_assert_eq(rn_read(p, lost(), value, sizeof value), RN_INVALID);
    cr_assert(strstr(rn_program_error(p), "the null tensor that " INPUT));
    rn_program_free(p);
    rn_graph_free(g);
}

/* Names of any length, and members that no builder set, which name nobody. */
Test(null, names_and_made_up_members)
{
    static const rn_op op = {.name = "a_name-of.Any_length", .inputs = 1};
    const rn_tensor n = rn_null();
    rn_graph *g = rn_graph_new();

    reports(rn_apply(&op, &n, 1, NULL, 0), "a_name_of.. returned: x is the null tensor",
            "a user's operator");
    for (uint32_t i = 0; i < 64; i++) {
        const rn_tensor odd = {NULL, (int32_t)(i * 0x9e3779b9u), ~(i * 0x85ebca6bu)};
        cr_assert(rn_is_null(rn_tanh(odd)));
        cr_assert_null(rn_compile(g, (rn_compile_options){RN_OUTPUTS(odd)}));
    }
    rn_graph_free(g);
}
