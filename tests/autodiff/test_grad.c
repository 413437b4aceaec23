/* SPDX-License-Identifier: MIT */
/* The arguments of rn_grad: those that it refuses, and the tensors that it differentiates
 * by. */
#include "run/driver.h"

typedef struct world {
    rn_graph *g, *other;
    rn_tensor x, y, n, s, far;
} world;

/* x f64 [2], y = x^2 [2], s = sum y, n i32 [2]. */
static world begin(void)
{
    world w = {.g = rn_graph_new(), .other = rn_graph_new()};

    w.x = rn_test_f64(w.g, "x", rn_shape(2));
    w.n = rn_input(w.g, "n", RN_I32, rn_shape(2));
    w.y = rn_name(rn_square(w.x), "y");
    w.s = rn_name(rn_sum_all(w.y), "s");
    w.far = rn_test_f64(w.other, "far", rn_shape(2));
    return w;
}

static void end(world *w)
{
    rn_graph_free(w->g);
    rn_graph_free(w->other);
}

#define REFUSED(message, of, cotangent, to)                                                \
    do {                                                                                   \
        world w = begin();                                                                 \
        const rn_tensor x_[] = {w.x, to};                                                  \
        rn_tensor dx[2] = {w.x, w.x};                                                      \
        cr_assert_not(rn_grad(of, cotangent, x_, 2, dx));                                  \
        cr_assert(rn_is_null(dx[0]) && rn_is_null(dx[1]), "gradients are null");           \
        rn_test_error_is(w.g, message);                                                    \
        end(&w);                                                                           \
    } while (0)

Test(grad, what_is_refused)
{
    REFUSED("grad: without a cotangent it must be a scalar: f64 y [2]", w.y, rn_null(),
            w.x);
    REFUSED("grad: no gradient of a tensor of this type: i32 n [2]", w.n, rn_null(), w.x);
    REFUSED("grad: no gradient with respect to a tensor of this type: i32 n [2]", w.s,
            rn_null(), w.n);
    REFUSED("grad: tensor 1 is the null tensor", w.s, rn_null(), rn_null());
    REFUSED("grad: cotangent of another type or shape: f64 y [2]", w.s, w.y, w.x);
    REFUSED("grad: cotangent of another type or shape: i32 n [2]", w.y, w.n, w.x);
    REFUSED("grad: cotangent of another type or shape: f32 cast#4 [2]", w.y,
            rn_cast(w.x, RN_F32), w.x);
    REFUSED("grad: tensor of another graph: far [2]", w.s, rn_null(), w.far);
    REFUSED("grad: tensor of another graph: far [2]", w.y, w.far, w.x);
    REFUSED("grad: no gradient with respect to a tensor of this type: i32 n2 [1]", w.s,
            rn_null(), rn_input(w.other, "n2", RN_I32, rn_shape(1)));
}

Test(grad, of_the_null_tensor)
{
    world w = begin();
    rn_tensor dx = w.x;

    cr_assert_not(rn_grad(rn_null(), rn_null(), &w.x, 1, &dx));
    cr_assert(rn_is_null(dx));
    rn_test_error_is(w.g, "grad: y is the null tensor");
    end(&w);
}

Test(grad, of_a_body_tensor_after_the_end)
{
    world w = begin();
    rn_loop *loop = rn_loop_begin(w.g);
    const rn_tensor x = rn_loop_each(loop, w.y), y = rn_name(rn_square(x), "z");
    rn_tensor dx;

    rn_loop_end(loop);
    cr_assert_not(rn_grad(y, rn_null(), &x, 1, &dx));
    rn_test_error_is(w.g, "grad: the loop has ended: f64 z []");
    end(&w);
}

Test(grad, with_respect_to_nothing)
{
    world w = begin();

    cr_assert(rn_grad(w.s, rn_null(), NULL, 0, NULL));
    rn_test_error_is(w.g, "");
    end(&w);
}

/* ---- what comes out ---- */

/* Runs with x = 1 2 and expects the two elements of each. */
#define EXPECT(world, tensor, a, b)                                                        \
    do {                                                                                   \
        rn_program *p = rn_test_compile((world).g, tensor);                                \
        rn_test_feed(p, (world).x, (double[]){1, 2});                                      \
        rn_test_run(p);                                                                    \
        RN_TEST_EXPECT(p, tensor, a, b);                                                   \
        rn_program_free(p);                                                                \
    } while (0)

Test(grad, has_the_shape_and_type_of_what_it_is_of)
{
    world w = begin();
    const rn_tensor narrow = rn_cast(w.x, RN_F32),
                    wide = rn_add(w.s, rn_sum_all(rn_cast(rn_square(narrow), RN_F64)));
    const rn_tensor x[] = {w.x, narrow};
    rn_tensor dx[2];

    cr_assert(rn_grad(wide, rn_null(), x, 2, dx));
    cr_assert_eq(rn_type_get(dx[0]), RN_F64);
    cr_assert_eq(rn_type_get(dx[1]), RN_F32);
    EXPECT(w, dx[0], 4, 8);
    EXPECT(w, dx[1], 2, 4);
    end(&w);
}

Test(grad, of_tensors_that_are_no_leaves)
{
    world w = begin();
    const rn_tensor z = rn_sum_all(rn_square(w.y)), x[] = {w.y, w.x, z};
    rn_tensor dx[3];

    cr_assert(rn_grad(z, rn_null(), x, 3, dx));
    EXPECT(w, dx[0], 2, 8);
    EXPECT(w, dx[1], 4, 32);
    rn_program *p = rn_test_compile(w.g, dx[2]);
    rn_test_run(p);
    cr_assert_eq(rn_scalar(p, dx[2]), 1, "with respect to itself");
    rn_program_free(p);
    end(&w);
}

/* What lies between is differentiated only where it leads to what is asked for. */
Test(grad, of_a_tensor_in_between_is_the_whole_of_it)
{
    world w = begin();
    const rn_tensor z = rn_sum_all(rn_mul(w.y, w.x));
    rn_tensor dy;

    cr_assert(rn_grad(z, rn_null(), &w.y, 1, &dy));
    EXPECT(w, dy, 1, 2);
    end(&w);
}

static void copy_map(int64_t n, const void *const *x, const int64_t *step, void *y,
                     const void *attributes)
{
    (void)attributes;
    for (int64_t i = 0; i < n; i++) ((double *)y)[i] = ((const double *)x[0])[i * step[0]];
}

static void must_not_be_asked(rn_pullback *p)
{
    rn_fail(p->dy.graph, "a rule was asked that leads nowhere");
}

Test(grad, only_what_lies_between_is_asked)
{
    static const rn_op op = {.name = "shy",
                             .inputs = 1,
                             .map = {[RN_F64] = copy_map},
                             .gradient = must_not_be_asked};
    world w = begin();
    const rn_tensor z = rn_test_f64(w.g, "z", rn_shape(2));
    const rn_tensor beside = rn_apply(&op, &z, 1, NULL, 0);
    const rn_tensor below = rn_mul(rn_apply(&op, &w.x, 1, NULL, 0), beside);
    const rn_tensor above = rn_sum_all(rn_mul(rn_square(below), beside));
    rn_tensor d, all;

    cr_assert(rn_grad(above, rn_null(), &below, 1, &d), "%s", rn_graph_error(w.g));
    cr_assert_not(rn_grad(above, rn_null(), &z, 1, &all), "it is asked where it leads");
    end(&w);
}

Test(grad, zero_where_there_is_no_dependence)
{
    world w = begin();
    const rn_tensor later = rn_exp(w.x), stopped = rn_sum_all(rn_stop_gradient(w.y));
    const rn_tensor x[] = {later, w.x};
    rn_tensor dx[2], ds, same;

    cr_assert(rn_grad(w.s, rn_null(), x, 2, dx));
    EXPECT(w, dx[0], 0, 0);
    EXPECT(w, dx[1], 2, 4);
    cr_assert(rn_grad(stopped, rn_null(), &w.x, 1, &ds));
    EXPECT(w, ds, 0, 0);
    const rn_tensor count = rn_sum_all(rn_cast(rn_cast(w.x, RN_I32), RN_F64));
    cr_assert(rn_grad(count, rn_null(), &w.x, 1, &same));
    EXPECT(w, same, 0, 0);
    end(&w);
}

Test(grad, the_same_tensor_twice)
{
    world w = begin();
    const rn_tensor x[] = {w.x, w.x};
    rn_tensor dx[2];

    cr_assert(rn_grad(w.s, rn_null(), x, 2, dx));
    EXPECT(w, dx[0], 2, 4);
    EXPECT(w, dx[1], 2, 4);
    end(&w);
}

Test(grad, a_given_cotangent)
{
    world w = begin();
    const rn_tensor dy = rn_test_constant_f64(w.g, rn_shape(2), (double[]){10, -1});
    rn_tensor dx, zero;

    cr_assert(rn_grad(w.y, dy, &w.x, 1, &dx));
    EXPECT(w, dx, 20, -4);
    cr_assert(rn_grad(w.y, rn_fill_like(w.y, 0), &w.x, 1, &zero));
    EXPECT(w, zero, 0, 0);
    end(&w);
}

/* A cotangent may itself depend on x: it is taken as it is, not differentiated. */
Test(grad, a_cotangent_that_depends_on_x)
{
    world w = begin();
    rn_tensor dx;

    cr_assert(rn_grad(w.y, w.x, &w.x, 1, &dx));
    EXPECT(w, dx, 2, 8);
    end(&w);
}

Test(grad, many_paths_add_up)
{
    world w = begin();
    rn_tensor z = w.x, dx;

    for (int i = 0; i < 10; i++) z = rn_add(z, z);
    z = rn_sum_all(rn_add(z, rn_mul(w.x, rn_index(w.x, 0, 0))));
    cr_assert(rn_grad(z, rn_null(), &w.x, 1, &dx));
    EXPECT(w, dx, 1024 + 2 + 2, 1024 + 1);
    end(&w);
}

/* Derivatives of every order of sin(a x) at once. */
Test(grad, again_and_again)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape());
    rn_tensor y[7] = {rn_sin(rn_scale(x, 2))};

    for (int i = 1; i < 7; i++) cr_assert(rn_grad(y[i - 1], rn_null(), &x, 1, &y[i]));
    rn_program *p =
        rn_test_compile_with(g, (rn_compile_options){.outputs = y, .output_count = 7});
    rn_test_feed(p, x, (double[]){0.3});
    rn_test_run(p);
    for (int i = 0; i < 7; i++) {
        const double want = ldexp(1, i) * sin(0.6 + i * 1.5707963267948966);
        cr_assert_float_eq(rn_scalar(p, y[i]), want, 1e-13 * ldexp(1, i), "order %d", i);
    }
    rn_program_free(p);
    rn_graph_free(g);
}

Test(grad, a_rule_that_gives_nonsense_is_told)
{
    world w = begin();
    rn_tensor dx;

    const rn_tensor y = rn_sum_all(rn_neg(w.x));
    rn_fail(w.g, "first");
    cr_assert_not(rn_grad(y, rn_null(), &w.x, 1, &dx));
    rn_test_error_is(w.g, "first");
    end(&w);
}

static void wrong_shape(rn_pullback *p)
{
    p->dx[0] = rn_reshape(p->dy, rn_shape(2, 1, 1, 1));
}

Test(grad, a_rule_of_another_shape_is_refused)
{
    static const rn_op op = {
        .name = "odd", .inputs = 1, .map = {[RN_F64] = copy_map}, .gradient = wrong_shape};
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2));
    const rn_tensor y = rn_sum_all(rn_apply(&op, &x, 1, NULL, 0));
    rn_tensor dx;

    cr_assert_not(rn_grad(y, rn_null(), &x, 1, &dx));
    rn_test_error_is(
        g, "odd: its gradient rule returns f64 [2,1,1,1] for operand 0, f64 x [2]");
    rn_graph_free(g);
}
