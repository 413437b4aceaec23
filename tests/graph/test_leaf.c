/* SPDX-License-Identifier: MIT */
/* Inputs, constants, variables, and the messages of operators that refuse operands. */
#include "run/driver.h"

#include <float.h>
#include <math.h>
#include <rondo/op.h>
#include <stdio.h>

/* Fails unless building this in a graph with x f32 [32,10], w f32 [12,64], n i32 [4],
 * b bool [4], s f32 [] is null with this message. */
#define REFUSED(message, call)                                                             \
    do {                                                                                   \
        rn_graph *g = rn_graph_new(), *other = rn_graph_new();                             \
        const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(32, 10));                    \
        const rn_tensor w = rn_input(g, "lstm/w", RN_F32, rn_shape(12, 64));               \
        const rn_tensor n = rn_input(g, "n", RN_I32, rn_shape(4));                         \
        const rn_tensor b = rn_input(g, "b", RN_BOOL, rn_shape(4));                        \
        const rn_tensor s = rn_input(g, "s", RN_F32, rn_shape());                          \
        const rn_tensor far = rn_input(other, "far", RN_F32, rn_shape(2));                 \
        (void)x, (void)w, (void)n, (void)b, (void)s, (void)far;                            \
        const rn_tensor y = call;                                                          \
        rn_test_error_is(g, message);                                                      \
        cr_assert(rn_is_null(y), #call);                                                   \
        rn_graph_free(g), rn_graph_free(other);                                            \
    } while (0)

Test(leaf, inputs_are_checked)
{
    REFUSED("input: invalid type: 9", rn_input(g, "x", (rn_type)9, rn_shape(1)));
    REFUSED("input: invalid shape: x [2,-1]", rn_input(g, "x", RN_F32, rn_shape(2, -1)));
    REFUSED("input: invalid shape: [2,-1]", rn_input(g, NULL, RN_F32, rn_shape(2, -1)));
    REFUSED("input: invalid shape: x [4294967296,4294967296]",
            rn_input(g, "x", RN_F32, rn_shape(INT64_C(1) << 32, INT64_C(1) << 32)));
    REFUSED("input: invalid shape: x []",
            rn_input(g, "x", RN_F32, rn_shape(1, 1, 1, 1, 1, 1, 1, 1, 1)));
}

Test(leaf, constants_are_checked)
{
    REFUSED("constant: invalid type: -1", rn_constant(g, (rn_type)-1, rn_shape(1), "abcd"));
    REFUSED("constant: invalid shape: [-2]", rn_constant(g, RN_F32, rn_shape(-2), "abcd"));
    REFUSED("constant: no data", rn_constant(g, RN_F32, rn_shape(2), NULL));
    REFUSED("constant: invalid type: 4", rn_constant_scalar(g, (rn_type)4, 1));
}

Test(leaf, an_empty_constant_needs_no_data)
{
    rn_graph *g = rn_graph_new();

    cr_assert(!rn_is_null(rn_constant(g, RN_F32, rn_shape(0, 3), NULL)));
    cr_assert_eq(rn_rank(rn_constant_scalar(g, RN_I32, 3)), 0);
    rn_test_error_is(g, "");
    rn_graph_free(g);
}

/* ---- values that a type cannot hold ---- */

Test(leaf, an_i32_holds_integers_of_its_range)
{
    REFUSED("constant: i32 cannot hold 0.5", rn_constant_scalar(g, RN_I32, 0.5));
    REFUSED("constant: i32 cannot hold 2147483648", rn_constant_scalar(g, RN_I32, 0x1p31));
    REFUSED("constant: i32 cannot hold 1e+300", rn_constant_scalar(g, RN_I32, 1e300));
    REFUSED("constant: i32 cannot hold -inf", rn_constant_scalar(g, RN_I32, -HUGE_VAL));
    REFUSED("fill: i32 cannot hold 3000000000", rn_fill(g, RN_I32, rn_shape(3), 3e9));
    REFUSED("fill: i32 cannot hold nan", rn_fill(g, RN_I32, rn_shape(3), (double)NAN));
    REFUSED("fill: i32 cannot hold nan", rn_fill(g, RN_I32, rn_shape(3), -(double)NAN));
    REFUSED("fill_like: i32 cannot hold 0.1; cast to f32 first: n [4]",
            rn_fill_like(n, 0.1));
    REFUSED("constant_like: i32 cannot hold 2.5; cast to f32 first: n [4]",
            rn_less(n, rn_constant_like(n, 2.5)));
    REFUSED("scale: i32 cannot be scaled by 0.5; cast to f32 first: n [4]",
            rn_scale(n, 0.5));
    REFUSED("offset: i32 cannot be offset by 0.9; cast to f32 first: n [4]",
            rn_offset(n, 0.9));
    REFUSED("offset: i32 cannot be offset by -2147483649; cast to f32 first: n [4]",
            rn_offset(n, -0x1p31 - 1));
}

/* Whether constants are folded or not. */
Test(leaf, values_that_types_hold)
{
    rn_graph *g = rn_graph_new();
    rn_tensor zero = rn_input(g, "zero", RN_I32, rn_shape());
    rn_tensor low = rn_constant_scalar(g, RN_I32, INT32_MIN);
    rn_tensor y[] = {rn_scale(rn_offset(zero, INT32_MAX), -1),
                     rn_add(low, rn_constant_scalar(g, RN_I32, 1)),
                     rn_add(low, rn_constant_scalar(g, RN_I32, -1)),
                     rn_cast(rn_constant_scalar(g, RN_BOOL, 2), RN_I32),
                     rn_cast(rn_constant_scalar(g, RN_BOOL, (double)NAN), RN_I32),
                     rn_cast(rn_constant_scalar(g, RN_F64, 1e300), RN_I32),
                     rn_cast(rn_constant_scalar(g, RN_F32, 1e300), RN_I32),
                     rn_cast(rn_constant_scalar(g, RN_F32, -3e9), RN_I32),
                     rn_cast(rn_constant_scalar(g, RN_F64, (double)NAN), RN_I32),
                     rn_cast(rn_constant_scalar(g, RN_F64, -7.9), RN_I32)};
    static const int32_t want[] = {-INT32_MAX, -INT32_MAX, INT32_MAX, 1, 1,
                                   INT32_MAX,  INT32_MAX,  INT32_MIN, 0, -7};
    enum { N = sizeof want / sizeof *want };
    rn_program *p =
        rn_test_compile_with(g, (rn_compile_options){.outputs = y, .output_count = N});

    cr_assert_eq(rn_feed_i32(p, zero, &(int32_t){0}, 1), RN_OK);
    cr_assert_eq(rn_run(p), RN_OK);
    for (int i = 0; i < N; i++) {
        int32_t got;
        cr_assert_eq(rn_read(p, y[i], &got, sizeof got), RN_OK);
        cr_assert_eq(got, want[i], "%d: %d", i, (int)got);
    }
    rn_program_free(p);
    rn_graph_free(g);
}

Test(leaf, a_real_beyond_its_range_is_infinite)
{
    rn_graph *g = rn_graph_new();
    rn_tensor y[] = {rn_constant_scalar(g, RN_F32, -1e300),
                     rn_constant_scalar(g, RN_F32, FLT_MAX),
                     rn_scale(rn_constant_scalar(g, RN_F32, 1), 1e300)};
    rn_program *p =
        rn_test_compile_with(g, (rn_compile_options){.outputs = y, .output_count = 3});

    cr_assert_eq(rn_run(p), RN_OK);
    cr_assert(rn_scalar(p, y[0]) == -HUGE_VAL);
    cr_assert(rn_scalar(p, y[1]) == (double)FLT_MAX);
    cr_assert(rn_scalar(p, y[2]) == HUGE_VAL);
    rn_program_free(p);
    rn_graph_free(g);
}

/* ---- operators ---- */

Test(leaf, operators_say_what_is_wrong)
{
    REFUSED("matmul: inner sizes differ: x [32,10], lstm/w [12,64]", rn_matmul(x, w));
    REFUSED("matmul: inner sizes differ: x [32,10], lstm/w [12,64]",
            rn_matmul_transposed(x, w, RN_TRANSPOSE_Y));
    REFUSED("matmul: rank below 2: s [], x [32,10]", rn_matmul(s, x));
    REFUSED("add: shapes do not broadcast: x [32,10], lstm/w [12,64]", rn_add(x, w));
    REFUSED("add: types differ (f32, i32): x [32,10], n [4]", rn_add(x, n));
    REFUSED("tanh: not defined for this type (i32): n [4]", rn_tanh(n));
    REFUSED("logical_and: not defined for this type (f32, f32): x [32,10], x [32,10]",
            rn_logical_and(x, x));
}

/* A node without a name goes by its operator and number. */
Test(leaf, unnamed_operands_are_numbered)
{
    REFUSED("add: shapes do not broadcast: neg#5 [32,10], lstm/w [12,64]",
            rn_add(rn_neg(x), w));
}

Test(leaf, an_operand_of_another_graph)
{
    REFUSED("add: tensor of another graph: far [2]", rn_add(s, far));
}

static const char *refuse_all(rn_typing *t)
{
    snprintf(t->detail, sizeof t->detail, "of all %d", t->inputs);
    return "too many";
}

Test(leaf, a_users_operator)
{
    static const rn_op two = {.name = "mine", .inputs = 2};
    static const rn_op any = {.name = "any", .inputs = -1, .shape = refuse_all};

    REFUSED("mine: takes 2 operands, given 1", rn_apply(&two, &x, 1, NULL, 0));
    REFUSED("mine: operand 1 is the null tensor",
            rn_apply(&two, (rn_tensor[]){x, rn_null()}, 2, NULL, 0));
    REFUSED("mine: not defined for this type (f32, f32): s [], s []",
            rn_apply(&two, (rn_tensor[]){s, s}, 2, NULL, 0));
    REFUSED("any: too many: of all 6: s [], x [32,10], n [4], b [4], and 2 more",
            rn_apply(&any, (rn_tensor[]){s, x, n, b, s, s}, 6, NULL, 0));
    cr_assert(rn_is_null(rn_apply(&any, NULL, 0, NULL, 0)), "no operands: no graph");
    cr_assert(rn_is_null(rn_apply(&any, NULL, 2, NULL, 0)));
    cr_assert(rn_is_null(rn_apply(NULL, NULL, 0, NULL, 0)));
    cr_assert(rn_is_null(rn_concat(NULL, 2, 0)));
}

/* ---- variables ---- */

/* ---- what is nonsense ---- */

static int odd; /* which nonsense the shape rule gives */

static const char *odd_shape(rn_typing *t)
{
    if (odd == 0) t->type = (rn_type)77;
    if (odd == 1) t->variant = 55;
    if (odd == 2) t->shape.rank = 99;
    if (odd == 3) t->shape.size[0] = -1;
    return NULL;
}

static bool nothing(const rn_call *call)
{
    (void)call;
    return true;
}

Test(leaf, a_users_shape_rule_gives_nonsense)
{
    static const rn_op op = {.name = "odd",
                             .inputs = 1,
                             .shape = odd_shape,
                             .kernel = {[RN_F32] = nothing, [RN_F64] = nothing}};

    for (odd = 0; odd < 4; odd++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(2, 3));
        cr_assert(rn_is_null(rn_apply(&op, &x, 1, NULL, 0)), "%d", odd);
        cr_assert(strncmp(rn_graph_error(g), "odd: ", 5) == 0, "%s", rn_graph_error(g));
        rn_graph_free(g);
    }
}

Test(leaf, a_shape_of_too_many_axes)
{
    rn_graph *g = rn_graph_new();

    cr_assert(rn_is_null(rn_input(g, "x", RN_F32, (rn_shape){.rank = 77})));
    cr_assert(strncmp(rn_graph_error(g), "input: ", 7) == 0, "%s", rn_graph_error(g));
    rn_graph_free(g);
}

Test(leaf, a_tensor_that_is_not_there)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(2));

    cr_assert(rn_is_null(rn_add(x, (rn_tensor){g, 1000, x.serial})));
    rn_test_error_is(g, "add: tensor 1000 does not exist");
    rn_graph_free(g);
}

Test(leaf, variables_are_made_or_not)
{
    const rn_allocator a = {0};

    cr_assert_null(rn_variable_new(a, NULL, RN_F32, rn_shape(1)));
    cr_assert_null(rn_variable_new(a, "v", (rn_type)5, rn_shape(1)));
    cr_assert_null(rn_variable_new(a, "v", RN_F32, rn_shape(-1)));
    cr_assert_null(rn_variable_retain(NULL));
    rn_variable *v = rn_variable_new(a, "v", RN_F64, rn_shape(3, 5));
    cr_assert_str_eq(rn_variable_name(v), "v");
    cr_assert_eq(rn_variable_type(v), RN_F64);
    cr_assert(rn_shape_equal(rn_variable_shape(v), rn_shape(3, 5)));
    cr_assert_eq((uintptr_t)rn_variable_data(v) % 64, 0);
    for (int i = 0; i < 15; i++) cr_assert_eq(((double *)rn_variable_data(v))[i], 0);
    rn_variable_release(v);
}

Test(leaf, a_variable_is_one_node)
{
    rn_graph *g = rn_graph_new();
    rn_variable *v = rn_variable_new((rn_allocator){0}, "v", RN_F64, rn_shape(3));
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor inside = rn_read_variable(rn_loop_body(loop), v);
    const rn_tensor outside = rn_read_variable(g, v);

    cr_assert_eq(inside.graph, g, "a variable is the outermost graph's");
    cr_assert_eq(inside.id, outside.id);
    cr_assert_str_eq(rn_name_get(outside), "v");
    rn_graph_free(g);
    rn_variable_release(v);
}

Test(leaf, assignments_are_checked)
{
    rn_variable *v = rn_variable_new((rn_allocator){0}, "v", RN_F32, rn_shape(2));

    REFUSED("read_variable: the variable is NULL", rn_read_variable(g, NULL));
    REFUSED("assign: not a variable: x [32,10]", rn_assign(x, x));
    REFUSED("assign: type or shape differs: f32 v [2] becomes f32 x [32,10]",
            rn_assign(rn_read_variable(g, v), x));
    REFUSED("assign: type or shape differs: f32 v [2] becomes i32 n [4]",
            rn_assign(rn_read_variable(g, v), n));
    REFUSED("assign: tensor of another graph: far [2]",
            rn_assign(rn_read_variable(g, v), far));
    rn_variable_release(v);
}

/* ---- what made-up numbers ask for ---- */

Test(leaf, a_gap_between_too_few_elements_is_none)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(1, 2));
    const rn_tensor y = rn_pad(x, 0, 1, 0, INT64_MAX);
    rn_tensor dx;

    cr_assert(rn_shape_equal(rn_shape_get(y), rn_shape(2, 2)));
    cr_assert(rn_grad(rn_sum_all(rn_square(y)), rn_null(), &x, 1, &dx), "%s",
              rn_graph_error(g));
    rn_program *p = rn_test_compile(g, y, dx);
    rn_test_feed(p, x, (double[]){3, 5});
    rn_test_run(p);
    RN_TEST_EXPECT(p, y, 0, 0, 3, 5);
    RN_TEST_EXPECT(p, dx, 6, 10);
    rn_program_free(p);
    cr_assert(rn_is_null(rn_pad(x, 1, 0, 0, INT64_MAX)));
    rn_test_error_is(g, "pad: the result is too large: x [1,2]");
    rn_graph_free(g);
}

Test(leaf, lists_of_nothing)
{
    REFUSED("stack: tensor 1 is the null tensor: x [32,10], nothing",
            rn_stack((rn_tensor[]){x, rn_null()}, 2, 0));
    REFUSED("concat: operand 0 is the null tensor",
            rn_concat((rn_tensor[]){rn_null(), x}, 2, 0));
    REFUSED("", rn_stack(NULL, 3, 0));
    REFUSED("", rn_concat(NULL, 3, 0));
    REFUSED("", rn_stack(&x, 0, 0));
}

Test(leaf, shapes_of_made_up_ranks)
{
    const rn_shape bad = {.rank = 100, .size = {1, 1, 1, 1, 1, 1, 1, -1}};

    REFUSED("reshape: invalid rank: 100: x [32,10]", rn_reshape(x, bad));
    REFUSED("broadcast: cannot be broadcast to [rank 100]: x [32,10]",
            rn_broadcast(x, bad));
    REFUSED("fill: invalid shape: [rank 100]", rn_fill(g, RN_F32, bad, 1));
    REFUSED("matmul: invalid transposition: 7: x [32,10], lstm/w [12,64]",
            rn_matmul_transposed(x, w, (rn_transposition)7));
}
