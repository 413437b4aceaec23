/* SPDX-License-Identifier: MIT */
/* Variables: a run reads the values from before the run, even if it assigns new ones. */
#include "driver.h"

static rn_variable *variable(const char *name, rn_shape shape, const double *values)
{
    rn_variable *v = rn_variable_new((rn_allocator){0}, name, RN_F64, shape);

    cr_assert(v);
    memcpy(rn_variable_data(v), values, (size_t)rn_shape_count(shape) * sizeof *values);
    return v;
}

static void is(rn_variable *v, const double *want)
{
    const int64_t n = rn_shape_count(rn_variable_shape(v));

    rn_test_near((const double *)rn_variable_data(v), want, n, 0, rn_variable_name(v));
}

#define IS(v, ...) is((v), (const double[]){__VA_ARGS__})

typedef struct world {
    rn_graph *g;
    rn_variable *a, *b, *m;
    rn_tensor ta, tb, tm;
} world;

/* a = 1 2 3, b = 10 20 30, m = [1 2; 3 4] */
static world begin(void)
{
    world w = {.g = rn_graph_new()};

    w.a = variable("a", rn_shape(3), (double[]){1, 2, 3});
    w.b = variable("b", rn_shape(3), (double[]){10, 20, 30});
    w.m = variable("m", rn_shape(2, 2), (double[]){1, 2, 3, 4});
    w.ta = rn_read_variable(w.g, w.a);
    w.tb = rn_read_variable(w.g, w.b);
    w.tm = rn_read_variable(w.g, w.m);
    return w;
}

static void end(world *w, rn_program *p)
{
    rn_program_free(p);
    rn_graph_free(w->g);
    rn_variable_release(w->a);
    rn_variable_release(w->b);
    rn_variable_release(w->m);
}

static rn_program *assigning(rn_graph *g)
{
    return rn_test_compile_with(g, (rn_compile_options){0});
}

Test(variable, two_swap)
{
    world w = begin();
    rn_assign(w.ta, w.tb);
    rn_assign(w.tb, w.ta);
    rn_program *p = assigning(w.g);

    rn_test_run(p);
    IS(w.a, 10, 20, 30), IS(w.b, 1, 2, 3);
    rn_test_run(p);
    IS(w.a, 1, 2, 3), IS(w.b, 10, 20, 30);
    end(&w, p);
}

Test(variable, computed_from_each_other)
{
    world w = begin();
    rn_assign(w.ta, rn_add(w.ta, w.tb));
    rn_assign(w.tb, rn_sub(w.ta, w.tb));
    rn_program *p = assigning(w.g);

    rn_test_run(p);
    IS(w.a, 11, 22, 33), IS(w.b, -9, -18, -27);
    rn_test_run(p);
    IS(w.a, 2, 4, 6), IS(w.b, 20, 40, 60);
    end(&w, p);
}

Test(variable, transposed_into_itself)
{
    world w = begin();
    rn_assign(w.tm, rn_transpose(w.tm));
    rn_program *p = assigning(w.g);

    rn_test_run(p);
    IS(w.m, 1, 3, 2, 4);
    rn_test_run(p);
    IS(w.m, 1, 2, 3, 4);
    end(&w, p);
}

Test(variable, reversed_into_itself)
{
    world w = begin();
    rn_assign(w.ta, rn_reverse(w.ta, 0));
    rn_program *p = assigning(w.g);

    rn_test_run(p);
    IS(w.a, 3, 2, 1);
    end(&w, p);
}

/* An element of another place is read after the place was written, were it done in
 * place. */
Test(variable, computed_from_its_own_transpose)
{
    world w = begin();
    rn_assign(w.tm, rn_add(w.tm, rn_scale(rn_transpose(w.tm), 10)));
    rn_assign(w.ta, rn_mul(w.ta, rn_reverse(w.ta, 0)));
    rn_program *p = assigning(w.g);

    rn_test_run(p);
    IS(w.m, 11, 32, 23, 44);
    IS(w.a, 3, 4, 3);
    end(&w, p);
}

Test(variable, computed_from_a_part_of_itself)
{
    world w = begin();
    rn_assign(w.ta, rn_add(w.ta, rn_slice(w.ta, 0, 0, 1, 1)));
    rn_assign(w.tm, rn_sub(w.tm, rn_sum_axis(w.tm, 1)));
    rn_program *p = assigning(w.g);

    rn_test_run(p);
    IS(w.a, 2, 3, 4);
    IS(w.m, 1 - 3, 2 - 7, 3 - 3, 4 - 7);
    end(&w, p);
}

Test(variable, a_product_with_itself)
{
    world w = begin();
    rn_assign(w.tm, rn_matmul(w.tm, w.tm));
    rn_program *p = assigning(w.g);

    rn_test_run(p);
    IS(w.m, 7, 10, 15, 22);
    end(&w, p);
}

Test(variable, itself)
{
    world w = begin();
    rn_assign(w.ta, w.ta);
    rn_program *p = assigning(w.g);

    rn_test_run(p);
    IS(w.a, 1, 2, 3);
    end(&w, p);
}

Test(variable, one_value_for_two)
{
    world w = begin();
    const rn_tensor y = rn_neg(rn_add(w.ta, w.tb));
    rn_assign(w.ta, y);
    rn_assign(w.tb, y);
    rn_program *p = rn_test_compile(w.g, y);

    rn_test_run(p);
    IS(w.a, -11, -22, -33), IS(w.b, -11, -22, -33);
    RN_TEST_EXPECT(p, y, -11, -22, -33);
    end(&w, p);
}

Test(variable, the_later_assignment_holds)
{
    world w = begin();
    rn_assign(w.ta, rn_neg(w.ta));
    rn_assign(w.ta, rn_scale(w.ta, 5));
    rn_program *p = assigning(w.g);

    rn_test_run(p);
    IS(w.a, 5, 10, 15);
    end(&w, p);
}

/* ---- outputs ---- */

Test(variable, outputs_see_the_old_value)
{
    world w = begin();
    const rn_tensor part = rn_slice(w.ta, 0, 1, 3, 1), turned = rn_transpose(w.tm);
    const rn_tensor doubled = rn_scale(w.ta, 2);
    rn_assign(w.ta, doubled);
    rn_assign(w.tm, rn_neg(w.tm));
    rn_program *p = rn_test_compile(w.g, w.ta, part, turned, doubled, w.tm);

    rn_test_run(p);
    RN_TEST_EXPECT(p, w.ta, 1, 2, 3);
    RN_TEST_EXPECT(p, part, 2, 3);
    RN_TEST_EXPECT(p, turned, 1, 3, 2, 4);
    RN_TEST_EXPECT(p, w.tm, 1, 2, 3, 4);
    RN_TEST_EXPECT(p, doubled, 2, 4, 6);
    IS(w.a, 2, 4, 6), IS(w.m, -1, -2, -3, -4);
    rn_test_run(p);
    RN_TEST_EXPECT(p, w.ta, 2, 4, 6);
    RN_TEST_EXPECT(p, doubled, 4, 8, 12);
    end(&w, p);
}

/* What was read before a change by another program stays what the run saw. */
Test(variable, an_output_is_of_its_run)
{
    world w = begin();
    rn_program *p = rn_test_compile(w.g, w.ta);

    rn_test_run(p);
    ((double *)rn_variable_data(w.a))[0] = 99;
    RN_TEST_EXPECT(p, w.ta, 1, 2, 3);
    rn_test_run(p);
    RN_TEST_EXPECT(p, w.ta, 99, 2, 3);
    end(&w, p);
}

Test(variable, a_view_of_an_input_as_output)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2, 3));
    const rn_tensor t = rn_transpose(x), s = rn_slice(x, 1, 0, 3, 2);
    const rn_tensor r = rn_reshape(rn_transpose(x), rn_shape(6)), b = rn_index(x, 0, 1);
    const rn_tensor wide = rn_broadcast(b, rn_shape(2, 3));
    rn_program *p = rn_test_compile(g, t, s, r, b, wide);

    rn_test_feed(p, x, (double[]){1, 2, 3, 4, 5, 6});
    rn_test_run(p);
    RN_TEST_EXPECT(p, t, 1, 4, 2, 5, 3, 6);
    RN_TEST_EXPECT(p, s, 1, 3, 4, 6);
    RN_TEST_EXPECT(p, r, 1, 4, 2, 5, 3, 6);
    RN_TEST_EXPECT(p, b, 4, 5, 6);
    RN_TEST_EXPECT(p, wide, 4, 5, 6, 4, 5, 6);
    rn_program_free(p);
    rn_graph_free(g);
}

/* ---- loops ---- */

/* A state that is carried from run to run: two runs of 3 steps are one of 6. */
Test(variable, carried_state)
{
    world w = begin();
    const rn_tensor xs = rn_test_f64(w.g, "xs", rn_shape(3, 3));
    rn_loop *loop = rn_loop_begin(w.g);
    const rn_tensor x = rn_loop_each(loop, xs), h = rn_loop_carry(loop, w.ta);

    rn_loop_next(loop, h, rn_add(rn_scale(h, 2), x));
    rn_loop_end(loop);
    const rn_tensor last = rn_loop_final(loop, h), all = rn_loop_history(loop, h);
    rn_assign(w.ta, last);
    rn_program *p = rn_test_compile(w.g, last, all);
    rn_test_feed(p, xs, (double[]){1, 1, 1, 0, 0, 0, 0, 0, 1});
    rn_test_run(p);
    IS(w.a, 8 + 4, 16 + 4, 24 + 4 + 1);
    RN_TEST_EXPECT(p, all, 1, 2, 3, 3, 5, 7, 6, 10, 14, 12, 20, 29);
    rn_test_run(p);
    IS(w.a, 96 + 4, 160 + 4, 232 + 4 + 1);
    RN_TEST_EXPECT(p, last, 100, 164, 237);
    end(&w, p);
}

Test(variable, captured_while_it_is_assigned)
{
    world w = begin();
    rn_loop *loop = rn_loop_begin(w.g);
    const rn_tensor h = rn_loop_carry(loop, w.tb);

    rn_loop_steps(loop, 4);
    rn_loop_next(loop, h, rn_add(h, w.ta));
    rn_loop_end(loop);
    rn_assign(w.ta, rn_loop_final(loop, h));
    rn_assign(w.tb, rn_neg(w.ta));
    rn_program *p = assigning(w.g);
    rn_test_run(p);
    IS(w.a, 14, 28, 42), IS(w.b, -1, -2, -3);
    end(&w, p);
}
