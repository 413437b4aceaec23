/* SPDX-License-Identifier: MIT */
/* The graph as an object: names, the null tensor, the first error, leaves. */
#include "run/driver.h"

#include <rondo/gradcheck.h>
#include <rondo/op.h>

/* ---- questions about tensors ---- */

Test(graph, questions)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_I32, rn_shape(2, 5));

    cr_assert_eq(rn_rank(x), 2);
    cr_assert_eq(rn_size(x, 0), 2);
    cr_assert_eq(rn_size(x, 1), 5);
    cr_assert_eq(rn_size(x, -1), 5);
    cr_assert_eq(rn_size(x, -2), 2);
    cr_assert_eq(rn_size(x, 2), -1);
    cr_assert_eq(rn_size(x, -3), -1);
    cr_assert_eq(rn_type_get(x), RN_I32);
    cr_assert(rn_shape_equal(rn_shape_get(x), rn_shape(2, 5)));
    rn_graph_free(g);
}

Test(graph, names)
{
    rn_graph *g = rn_graph_new();
    char name[] = "rnn/layer0/w";
    const rn_tensor x = rn_input(g, NULL, RN_F32, rn_shape());

    cr_assert_str_eq(rn_name_get(x), "");
    cr_assert_eq(rn_name(x, name).id, x.id);
    name[0] = '?';
    cr_assert_str_eq(rn_name_get(x), "rnn/layer0/w", "the name is copied");
    rn_name(x, NULL);
    cr_assert_str_eq(rn_name_get(x), "rnn/layer0/w");
    rn_name(x, "y");
    cr_assert_str_eq(rn_name_get(x), "y");
    rn_graph_free(g);
}

/* ---- the null tensor ---- */

Test(graph, the_null_tensor_is_answered)
{
    const rn_tensor none = rn_null();

    cr_assert(rn_is_null(none));
    cr_assert_eq(rn_rank(none), -1);
    cr_assert_eq(rn_size(none, 0), -1);
    cr_assert_eq(rn_size(none, -1), -1);
    cr_assert_eq(rn_type_get(none), RN_F32);
    cr_assert_eq(rn_shape_get(none).rank, -1);
    cr_assert_str_eq(rn_name_get(none), "");
    cr_assert(rn_is_null(rn_name(none, "x")));
    cr_assert_str_eq(rn_graph_error(NULL),
                     "graph: it is NULL: rn_graph_new was not called or ran out of memory");
    cr_assert_eq(rn_graph_print(NULL, NULL, 0), 0);
    cr_assert_null(rn_compile(NULL, (rn_compile_options){0}));
    cr_assert_not(rn_grad(none, none, NULL, 0, NULL));
    rn_graph_free(NULL);
    rn_program_free(NULL);
    rn_variable_release(NULL);
}

/* Every public builder on null tensors alone, and on a good one with a null one. */
#define NULLS(LINE)                                                                        \
    LINE(rn_neg(n))                                                                        \
    LINE(rn_tanh(n))                                                                       \
    LINE(rn_add(n, n))                                                                     \
    LINE(rn_add(x, n))                                                                     \
    LINE(rn_add(n, x))                                                                     \
    LINE(rn_equal(n, x))                                                                   \
    LINE(rn_where(n, x, x))                                                                \
    LINE(rn_where(n, n, n))                                                                \
    LINE(rn_cast(n, RN_F64))                                                               \
    LINE(rn_stop_gradient(n))                                                              \
    LINE(rn_clip_gradient(n, 1))                                                           \
    LINE(rn_clip_gradient_norm(n, 1))                                                      \
    LINE(rn_sum(n, NULL, 0, false))                                                        \
    LINE(rn_max(n, NULL, 0, true))                                                         \
    LINE(rn_min(n, NULL, 0, true))                                                         \
    LINE(rn_prod(n, NULL, 0, true))                                                        \
    LINE(rn_mean(n, NULL, 0, true))                                                        \
    LINE(rn_variance(n, NULL, 0, true))                                                    \
    LINE(rn_argmax(n, 0, false))                                                           \
    LINE(rn_argsort(n, 0, false))                                                          \
    LINE(rn_sort(n, 0, false))                                                             \
    LINE(rn_top_k_indices(n, 0, 1, false))                                                 \
    LINE(rn_top_k(n, 0, 1, false))                                                         \
    LINE(rn_cumsum(n, 0, (rn_cumsum_options){0}))                                          \
    LINE(rn_linear_scan(x, n, x, (rn_linear_scan_options){0}))                             \
    LINE(rn_sum_all(n))                                                                    \
    LINE(rn_mean_all(n))                                                                   \
    LINE(rn_max_all(n))                                                                    \
    LINE(rn_sum_axis(n, 0))                                                                \
    LINE(rn_mean_axis(n, 0))                                                               \
    LINE(rn_max_axis(n, 0))                                                                \
    LINE(rn_logsumexp(n, 0, false))                                                        \
    LINE(rn_matmul(x, n))                                                                  \
    LINE(rn_matmul_transposed(n, x, RN_TRANSPOSE_X))                                       \
    LINE(rn_reshape(n, rn_shape(1)))                                                       \
    LINE(rn_permute(n, (int[]){0, 1}))                                                     \
    LINE(rn_transpose(n))                                                                  \
    LINE(rn_broadcast(n, rn_shape(1)))                                                     \
    LINE(rn_expand(n, 0))                                                                  \
    LINE(rn_squeeze(n, 0))                                                                 \
    LINE(rn_slice(n, 0, 0, 1, 1))                                                          \
    LINE(rn_index(n, 0, 0))                                                                \
    LINE(rn_pad(n, 0, 1, 1, 0))                                                            \
    LINE(rn_concat((rn_tensor[]){x, n}, 2, 0))                                             \
    LINE(rn_stack((rn_tensor[]){n, x}, 2, 0))                                              \
    LINE(rn_reverse(n, 0))                                                                 \
    LINE(rn_take(x, n))                                                                    \
    LINE(rn_gather(n, x, 0))                                                               \
    LINE(rn_gather(x, n, 0))                                                               \
    LINE(rn_scatter_add(x, n, x, 0))                                                       \
    LINE(rn_scatter(n, x, x, 0))                                                           \
    LINE(rn_add_at(x, n, x))                                                               \
    LINE(rn_uniform(n, 1, RN_F32, rn_shape(2)))                                            \
    LINE(rn_normal(n, 1, RN_F32, rn_shape(2)))                                             \
    LINE(rn_scale(n, 2))                                                                   \
    LINE(rn_offset(n, 2))                                                                  \
    LINE(rn_one_minus(n))                                                                  \
    LINE(rn_gelu_tanh(n))                                                                  \
    LINE(rn_ceil(n))                                                                       \
    LINE(rn_reciprocal(n))                                                                 \
    LINE(rn_silu(n))                                                                       \
    LINE(rn_gelu(n))                                                                       \
    LINE(rn_is_finite(n))                                                                  \
    LINE(rn_softmax(n, 0))                                                                 \
    LINE(rn_log_softmax(n, 0))                                                             \
    LINE(rn_normalize(n, 1e-5))                                                            \
    LINE(rn_normalize_affine(n, x, x, 1e-5))                                               \
    LINE(rn_one_hot(n, 3, RN_F32))                                                         \
    LINE(rn_fill_like(n, 1))                                                               \
    LINE(rn_constant_like(n, 1))                                                           \
    LINE(rn_sum_to(n, rn_shape(1)))                                                        \
    LINE(rn_assign(n, x))                                                                  \
    LINE(rn_assign(x, n))                                                                  \
    LINE(rn_loop_each(NULL, x))                                                            \
    LINE(rn_loop_carry(NULL, x))                                                           \
    LINE(rn_loop_index(NULL))                                                              \
    LINE(rn_loop_collect(NULL, x))                                                         \
    LINE(rn_loop_final(NULL, x))                                                           \
    LINE(rn_loop_history(NULL, x))                                                         \
    LINE(rn_input(NULL, "x", RN_F32, rn_shape()))                                          \
    LINE(rn_constant(NULL, RN_F32, rn_shape(), &(float){1}))                               \
    LINE(rn_constant_scalar(NULL, RN_F32, 1))                                              \
    LINE(rn_fill(NULL, RN_F32, rn_shape(2), 1))                                            \
    LINE(rn_range(NULL, 3))                                                                \
    LINE(rn_read_variable(NULL, NULL))

Test(graph, every_builder_passes_null_on)
{
    const rn_tensor n = rn_null();

#define LINE(call)                                                                         \
    {                                                                                      \
        rn_graph *g = rn_graph_new();                                                      \
        const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(2, 2));                      \
        (void)x;                                                                           \
        cr_assert(rn_is_null(call), #call);                                                \
        rn_graph_free(g);                                                                  \
    }
    NULLS(LINE)
#undef LINE
}

/* The same after an error: nothing is added, and the message stays the first. */
Test(graph, the_first_error_sticks)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(2, 2)), n = x;
    char before[2000], after[2000];

    cr_assert(rn_is_null(rn_fail(g, "first: %d", 1)));
    rn_graph_print(g, before, sizeof before);
#define LINE(call) cr_assert(rn_is_null(call), #call);
    NULLS(LINE)
#undef LINE
    cr_assert_null(rn_loop_begin(g));
    cr_assert_not(rn_grad(x, rn_null(), &x, 1, &(rn_tensor){0}));
    cr_assert_null(rn_compile(g, (rn_compile_options){RN_OUTPUTS(x)}));
    rn_fail(g, "second");
    rn_test_error_is(g, "first: 1");
    rn_graph_print(g, after, sizeof after);
    cr_assert_str_eq(before, after, "a builder added a node after an error");
    rn_graph_free(g);
}

Test(graph, an_error_in_a_body_is_the_graphs)
{
    rn_graph *g = rn_graph_new();
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor x = rn_loop_each(loop, rn_input(g, "xs", RN_F32, rn_shape(3, 2)));

    rn_fail(rn_loop_body(loop), "cell: nonsense");
    cr_assert(rn_is_null(rn_neg(x)));
    cr_assert_not(rn_loop_end(loop));
    rn_test_error_is(g, "cell: nonsense");
    rn_test_error_is(rn_loop_body(loop), "cell: nonsense");
    rn_graph_free(g);
}

Test(graph, a_long_message_is_cut)
{
    rn_graph *g = rn_graph_new();
    char name[4000];

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    const rn_tensor x = rn_input(g, name, RN_F32, rn_shape(2)),
                    y = rn_input(g, name, RN_F32, rn_shape(3));
    cr_assert(rn_is_null(rn_add(x, y)));
    cr_assert(strlen(rn_graph_error(g)) < 512);
    cr_assert(!strncmp(rn_graph_error(g), "add: shapes do not broadcast: nnn", 33));
    rn_graph_free(g);
}
