/* SPDX-License-Identifier: MIT */
/* Values that are computed once or not at all, and nodes that must not be merged. */
#include "run/driver.h"

static int calls(rn_graph *g, const rn_tensor *y, int count)
{
    rn_program *p =
        rn_test_compile_with(g, (rn_compile_options){.outputs = y, .output_count = count});
    const int n = rn_program_calls(p);

    rn_program_free(p);
    return n;
}

/* Builds y of x f64 [2], and expects this number of calls and values for x = 1 2. */
#define EXPECT(count, a, b, expression)                                                    \
    do {                                                                                   \
        rn_graph *g = rn_graph_new();                                                      \
        const rn_tensor x = rn_test_f64(g, "x", rn_shape(2)), y = expression;              \
        rn_program *p = rn_test_compile(g, y);                                             \
        rn_test_feed(p, x, (double[]){1, 2});                                              \
        rn_test_run(p);                                                                    \
        RN_TEST_EXPECT(p, y, a, b);                                                        \
        cr_assert_eq(rn_program_calls(p), count, "%s: %d calls", #expression,              \
                     rn_program_calls(p));                                                 \
        rn_program_free(p);                                                                \
        rn_graph_free(g);                                                                  \
    } while (0)

Test(simplify, identities)
{
    EXPECT(0, 1, 2, rn_offset(x, 0));
    EXPECT(0, 1, 2, rn_sub(x, rn_fill_like(x, 0)));
    EXPECT(0, 1, 2, rn_scale(rn_scale(x, 1), 1));
    EXPECT(0, 1, 2, rn_div(x, rn_constant_like(x, 1)));
    EXPECT(0, 1, 2, rn_neg(rn_neg(x)));
    EXPECT(0, 1, 2, rn_add(rn_fill_like(x, 0), x));
    EXPECT(0, 1, 2, rn_stop_gradient(rn_reshape(x, rn_shape(2))));
    EXPECT(0, 1, 2, rn_broadcast(rn_slice(x, 0, 0, 2, 1), rn_shape(2)));
    EXPECT(1, -1, -2, rn_neg(rn_offset(x, 0)));
}

/* What only looks neutral. */
Test(simplify, what_is_no_identity)
{
    EXPECT(1, -1, -2, rn_sub(rn_constant_like(x, 0), x));
    EXPECT(1, 1, 0.5, rn_div(rn_constant_like(x, 1), x));
    EXPECT(0, 2, 1, rn_reverse(rn_reverse(rn_reverse(x, 0), 0), 0));
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(1));
    const rn_tensor wide = rn_add(x, rn_fill(g, RN_F64, rn_shape(3), 0));
    const rn_tensor none = rn_scale(x, 0);
    rn_program *p = rn_test_compile(g, wide, none);
    rn_test_feed(p, x, (double[]){NAN});
    rn_test_run(p);
    RN_TEST_EXPECT(p, wide, NAN, NAN, NAN);
    RN_TEST_EXPECT(p, none, NAN);
    rn_program_free(p);
    rn_graph_free(g);
}

Test(simplify, constants_are_folded)
{
    EXPECT(1, 3.5, 7, rn_mul(x, rn_offset(rn_scale(rn_constant_like(x, 1.5), 2), 0.5)));
    EXPECT(1, 2, 4, rn_scale(x, 4 * 0.5));
}

/* Folding loses no digit, and rounds and wraps as a kernel does. */
Test(simplify, constants_are_folded_in_their_type)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor wide = rn_scale(rn_exp(rn_constant_scalar(g, RN_F64, 0.1)), 0.3);
    const rn_tensor narrow = rn_offset(rn_constant_scalar(g, RN_F32, 0.1), 0.2);
    const rn_tensor whole =
        rn_mul(rn_constant_scalar(g, RN_I32, 65537), rn_constant_scalar(g, RN_I32, 65537));
    const rn_tensor cut = rn_cast(rn_constant_scalar(g, RN_F64, -2.9), RN_I32);
    const rn_tensor truth = rn_logical_not(rn_less(wide, rn_constant_like(wide, 0)));
    rn_program *p = rn_test_compile(g, wide, narrow, whole, cut, truth);

    rn_test_run(p);
    cr_assert_eq(rn_program_calls(p), 0);
    cr_assert_float_eq(rn_scalar(p, wide), exp(0.1) * 0.3, 1e-16);
    cr_assert_eq(rn_scalar(p, narrow), 0.1f + 0.2f);
    cr_assert_eq(rn_scalar(p, whole), 131073);
    cr_assert_eq(rn_scalar(p, cut), -2);
    cr_assert_eq(rn_scalar(p, truth), 1);
    rn_program_free(p);
    rn_graph_free(g);
}

Test(simplify, common_parts_are_computed_once)
{
    EXPECT(2, 2 * 0.8414709848078965, 2 * 0.90929742682568171,
           rn_add(rn_sin(x), rn_sin(x)));
    EXPECT(2, 0, 0, rn_sub(rn_exp(x), rn_exp(rn_offset(x, 0))));
    EXPECT(3, 0, 0, rn_sub(rn_tanh(rn_square(x)), rn_tanh(rn_square(x))));
    EXPECT(2, 5, 5, rn_add(rn_square(x), rn_reverse(rn_square(x), 0)));
}

Test(simplify, other_attributes_are_another_value)
{
    EXPECT(1, 0, 0,
           rn_sub(rn_slice(x, 0, 0, 1, 1),
                  rn_broadcast(rn_slice(x, 0, 0, 1, 1), rn_shape(2))));
    EXPECT(1, 0, 1, rn_sub(x, rn_slice(x, 0, 0, 1, 1)));
    EXPECT(1, -1, 0, rn_sub(x, rn_slice(x, 0, 1, 2, 1)));
    EXPECT(1, 3, 3,
           rn_add(rn_broadcast(rn_index(x, 0, 0), rn_shape(2)), rn_index(x, 0, 1)));
}

static const char *keep_shape(rn_typing *t)
{
    (void)t;
    return NULL;
}

/* Another number each time it is asked. */
static bool draw(const rn_call *call)
{
    static double last;

    for (int64_t i = 0; i < call->out->size[0]; i++)
        ((double *)call->out->data)[i] = ++last;
    return true;
}

Test(simplify, what_is_not_pure_is_kept_apart)
{
    static const rn_op op = {.name = "draw",
                             .inputs = 1,
                             .flags = RN_OP_IMPURE,
                             .shape = keep_shape,
                             .kernel = {[RN_F64] = draw}};

    EXPECT(4, 4, 6,
           rn_sub(rn_apply(&op, &x, 1, NULL, 0), rn_neg(rn_apply(&op, &x, 1, NULL, 0))));
}

/* ---- loops ---- */

/* Leaves of a body are alike to look at, but never the same. */
Test(simplify, leaves_of_a_body_are_different)
{
    for (int k = 0; k < 4; k++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor xs = rn_test_f64(g, "xs", rn_shape(2)),
                        ys = rn_test_f64(g, "ys", rn_shape(2));
        rn_loop *loop = rn_loop_begin(g);
        const rn_tensor x = rn_loop_each(loop, xs), y = rn_loop_each(loop, ys);
        const rn_tensor a = rn_loop_carry(loop, rn_index(xs, 0, 0));
        const rn_tensor b = rn_loop_carry(loop, rn_index(ys, 0, 0));
        rn_tensor in[] = {x, y, a, b}, out[4];
        for (int i = 0; i < 4; i++)
            in[i] = k == 0   ? rn_stop_gradient(in[i])
                    : k == 1 ? rn_offset(in[i], 0)
                    : k == 2 ? rn_neg(rn_neg(in[i]))
                             : rn_reshape(in[i], rn_shape());
        rn_loop_next(loop, a, rn_offset(a, 100));
        rn_loop_next(loop, b, rn_offset(b, 1000));
        for (int i = 0; i < 4; i++) in[i] = rn_square(in[i]);
        rn_loop_end(loop);
        for (int i = 0; i < 4; i++) out[i] = rn_loop_collect(loop, in[i]);
        rn_program *p = rn_test_compile(g, out[0], out[1], out[2], out[3]);
        rn_test_feed(p, xs, (double[]){1, 2}), rn_test_feed(p, ys, (double[]){3, 4});
        rn_test_run(p);
        RN_TEST_EXPECT(p, out[0], 1, 4);
        RN_TEST_EXPECT(p, out[1], 9, 16);
        RN_TEST_EXPECT(p, out[2], 1, 101 * 101);
        RN_TEST_EXPECT(p, out[3], 9, 1003 * 1003);
        rn_program_free(p);
        rn_graph_free(g);
    }
}

/* What a body computes from outer tensors alone is computed once, before it. */
Test(simplify, what_does_not_change_leaves_the_loop)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2));
    rn_loop *loop = rn_loop_begin(g);
    rn_loop_steps(loop, 1000);
    const rn_tensor h = rn_loop_carry(loop, x);
    const rn_tensor one = rn_constant_scalar(rn_loop_body(loop), RN_F64, 0.5);
    const rn_tensor w = rn_tanh(rn_add(rn_neg(x), one));
    rn_loop_next(loop, h, rn_mul(rn_sin(h), w));
    rn_loop_end(loop);
    const rn_tensor y = rn_loop_final(loop, h);
    rn_program *p = rn_test_compile(g, y);
    char text[4000];

    rn_program_print(p, text, sizeof text);
    const char *inside = strstr(text, "loop 1000");
    cr_assert(inside && !strstr(inside, "tanh") && strstr(text, "tanh"), "%s", text);
    rn_program_free(p);
    rn_graph_free(g);
}

/* The same loop twice is two loops; but no value of one is lost for the other. */
Test(simplify, two_loops_that_are_alike)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2));
    rn_tensor y[2];

    for (int i = 0; i < 2; i++) {
        rn_loop *loop = rn_loop_begin(g);
        rn_loop_steps(loop, 3);
        const rn_tensor h = rn_loop_carry(loop, x);
        rn_loop_next(loop, h, rn_scale(h, i + 2));
        rn_loop_end(loop);
        y[i] = rn_loop_final(loop, h);
    }
    rn_program *p = rn_test_compile(g, y[0], y[1]);
    rn_test_feed(p, x, (double[]){1, 2});
    rn_test_run(p);
    RN_TEST_EXPECT(p, y[0], 8, 16);
    RN_TEST_EXPECT(p, y[1], 27, 54);
    rn_program_free(p);
    rn_graph_free(g);
}

Test(simplify, dead_code)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2)), y = rn_neg(x);

    for (int i = 0; i < 50; i++) rn_exp(rn_offset(y, i));
    cr_assert_eq(calls(g, &y, 1), 1);
    rn_graph_free(g);
}
