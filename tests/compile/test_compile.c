/* SPDX-License-Identifier: MIT */
/* rn_compile: refusals, options, and what a program keeps alive. */
#include "run/driver.h"

typedef struct world {
    rn_graph *g;
    rn_variable *v;
    rn_tensor x, w, y, n;
} world;

/* y = w x with w f32 [2] = 1 2, and n i32 []. */
static world begin(void)
{
    world w = {.g = rn_graph_new()};

    w.v = rn_variable_new((rn_allocator){0}, "w", RN_F32, rn_shape(2));
    ((float *)rn_variable_data(w.v))[0] = 1, ((float *)rn_variable_data(w.v))[1] = 2;
    w.x = rn_input(w.g, "x", RN_F32, rn_shape(2));
    w.n = rn_input(w.g, "n", RN_I32, rn_shape());
    w.w = rn_read_variable(w.g, w.v);
    w.y = rn_name(rn_mul(w.w, w.x), "y");
    return w;
}

static void end(world *w, rn_program *p)
{
    rn_program_free(p);
    rn_graph_free(w->g);
    rn_variable_release(w->v);
}

static bool keep(const rn_optimizer *self, rn_tensor loss)
{
    (void)self;
    return !rn_is_null(loss);
}

static bool refuse(const rn_optimizer *self, rn_tensor loss)
{
    (void)self, (void)loss;
    return false;
}

static bool complain(const rn_optimizer *self, rn_tensor loss)
{
    (void)self;
    rn_fail(loss.graph, "mine: no weights");
    return false;
}

#define REFUSED(message, ...)                                                              \
    do {                                                                                   \
        world w = begin();                                                                 \
        rn_graph *other = rn_graph_new();                                                  \
        const rn_tensor far = rn_input(other, "far", RN_F32, rn_shape(2));                 \
        const rn_tensor s = rn_name(rn_sum_all(w.y), "s");                                 \
        (void)far, (void)s;                                                                \
        cr_assert_null(rn_compile(w.g, (rn_compile_options){__VA_ARGS__}));                \
        rn_test_error_is(w.g, message);                                                    \
        rn_graph_free(other);                                                              \
        end(&w, NULL);                                                                     \
    } while (0)

Test(compile, options_are_checked)
{
    REFUSED("compile: no outputs, no loss and no assignments", .output_count = 0);
    REFUSED("compile: output 0 is the null tensor", .output_count = 2);
    REFUSED("compile: 33 outputs, but no list of them; RN_OUTPUTS holds 32",
            .output_count = 33);
    REFUSED("compile: -1 outputs, an invalid number", .outputs = &w.y, .output_count = -1);
    REFUSED("compile: output 1 is the null tensor", RN_OUTPUTS(w.y, rn_null()));
    REFUSED("compile: output 0 is of another graph or a loop's body: far [2]",
            RN_OUTPUTS(far, w.y));
    REFUSED("compile: convert to i32, which is not a real type", RN_OUTPUTS(w.y),
            .convert = true, .real = RN_I32);
    REFUSED(
        "compile: minimize without an optimiser: set .with, for example to rn_adam: s []",
        .minimize = s);
    REFUSED("compile: minimize must be a real scalar: y [2]", .minimize = w.y,
            .with = {.build = keep});
    REFUSED("compile: minimize must be a real scalar: n []", .minimize = w.n,
            .with = {.build = keep});
    REFUSED("compile: an optimiser without a loss: minimize is missing or null",
            .with = {.build = keep});
    REFUSED("compile: minimize 0 is of another graph or a loop's body: far [2]",
            .minimize = far, .with = {.build = keep});
    REFUSED("compile: the optimiser refused the graph", .minimize = s,
            .with = {.build = refuse});
    REFUSED("mine: no weights", .minimize = s, .with = {.build = complain});
}

static rn_compile_options chosen(rn_tensor y, rn_tensor s)
{
    return (rn_compile_options){RN_OUTPUTS(y, s)};
}

/* What RN_OUTPUTS lists lasts as long as the options. */
Test(compile, options_outlive_their_block)
{
    world w = begin();
    const rn_tensor s = rn_sum_all(w.y);
    const rn_compile_options o = chosen(w.y, s), other = chosen(s, w.y);
    rn_program *p = rn_compile(w.g, o);

    cr_assert_neq(other.output[0].id, o.output[0].id);
    cr_assert(p, "%s", rn_graph_error(w.g));
    cr_assert(!o.outputs && o.output_count == 2 && o.output[1].id == s.id);
    end(&w, p);
}

Test(compile, a_body_is_no_graph)
{
    rn_graph *g = rn_graph_new();
    rn_loop *loop = rn_loop_begin(g);

    cr_assert_null(rn_compile(rn_loop_body(loop), (rn_compile_options){0}));
    rn_test_error_is(g, "compile: the graph is a loop's body");
    rn_graph_free(g);
}

Test(compile, a_workspace_that_does_not_fit)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(INT64_C(1) << 50, 8));

    cr_assert_null(rn_compile(g, (rn_compile_options){RN_OUTPUTS(rn_neg(x))}));
    cr_assert(strstr(rn_graph_error(g), "compile: out of memory for a workspace of "), "%s",
              rn_graph_error(g));
    cr_assert(strstr(rn_graph_error(g),
                     "; the largest value: neg f64 [1125899906842624,8], "
                     "72057594037927936 bytes"),
              "%s", rn_graph_error(g));
    rn_graph_free(g);
}

/* ---- options ---- */

Test(compile, the_minimised_loss_is_an_output)
{
    world w = begin();
    const rn_tensor s = rn_sum_all(w.y);
    rn_program *p = rn_test_compile_with(
        w.g, (rn_compile_options){.minimize = s, .with = {.build = keep}});

    rn_test_feed(p, w.x, (double[]){3, 4});
    rn_test_run(p);
    cr_assert_eq(rn_scalar(p, s), 11);
    end(&w, p);
}

Test(compile, omitted_assignments)
{
    world w = begin();
    rn_assign(w.w, w.y);
    rn_program *p = rn_test_compile_with(
        w.g, (rn_compile_options){RN_OUTPUTS(w.y), .omit_assignments = true});
    rn_program *q = rn_test_compile(w.g, w.y);

    rn_test_feed(p, w.x, (double[]){3, 4}), rn_test_feed(q, w.x, (double[]){3, 4});
    rn_test_run(p);
    RN_TEST_EXPECT(p, w.y, 3, 8);
    rn_test_run(p);
    RN_TEST_EXPECT(p, w.y, 3, 8);
    rn_test_run(q), rn_test_run(p);
    RN_TEST_EXPECT(p, w.y, 9, 32);
    cr_assert_null(rn_compile(w.g, (rn_compile_options){.omit_assignments = true}));
    rn_test_error_is(w.g, "compile: no outputs, no loss and no assignments");
    rn_program_free(q);
    end(&w, p);
}

/* An f32 graph in f64: sums that f32 cannot hold; constants, loops, variables, casts. */
Test(compile, in_another_real_type)
{
    world w = begin();
    const float tenth[] = {0.1f, 0.3f};
    rn_loop *loop = rn_loop_begin(w.g);
    rn_loop_steps(loop, 1000);
    const rn_tensor h = rn_loop_carry(loop, w.y);
    const rn_tensor c = rn_constant(w.g, RN_F32, rn_shape(2), tenth);
    rn_loop_next(loop, h, rn_add(rn_offset(h, 0.1), c));
    rn_loop_end(loop);
    const rn_tensor f = rn_loop_final(loop, h), same = rn_cast(f, RN_F32);
    const rn_tensor count = rn_cast(f, RN_I32);
    rn_program *p =
        rn_test_compile_with(w.g, (rn_compile_options){RN_OUTPUTS(f, same, count, w.w),
                                                       .convert = true, .real = RN_F64});
    double want[] = {3, 8}, got[2];

    for (int i = 0; i < 1000; i++)
        for (int k = 0; k < 2; k++) want[k] = want[k] + 0.1 + (double)tenth[k];
    rn_test_feed(p, w.x, (double[]){3, 4});
    rn_test_run(p);
    cr_assert_eq(rn_program_type(p, f), RN_F64);
    rn_test_near(rn_test_read(p, f, got), want, 2, 0, "in f64");
    rn_test_near(rn_test_read(p, same, got), want, 2, 0, "a cast to f32 is one to f64");
    RN_TEST_EXPECT(p, count, 203, 408);
    RN_TEST_EXPECT(p, w.w, 1, 2);
    end(&w, p);
}

Test(compile, assigned_in_another_real_type)
{
    for (int type = RN_F32; type <= RN_F64; type++) {
        world w = begin();
        rn_assign(w.w, rn_scale(w.w, 0.1));
        rn_program *p =
            rn_test_compile_with(w.g, (rn_compile_options){RN_OUTPUTS(w.w), .convert = true,
                                                           .real = (rn_type)type});
        const float *v = (const float *)rn_variable_data(w.v);

        rn_test_run(p);
        RN_TEST_EXPECT(p, w.w, 1, 2);
        cr_assert(v[0] == 0.1f && v[1] == 0.2f);
        rn_test_run(p);
        RN_TEST_EXPECT(p, w.w, 0.1f, 0.2f);
        cr_assert_eq(v[0], type == RN_F32 ? 0.1f * 0.1f : (float)(0.1f * 0.1));
        end(&w, p);
    }
}

/* ---- lives ---- */

Test(compile, a_program_outlives_its_graph)
{
    world w = begin();
    const rn_tensor z = rn_name(rn_scale(w.y, 2), "z");
    rn_assign(w.w, z);
    rn_program *p = rn_test_compile(w.g, z);
    double got[2];

    rn_graph_free(w.g);
    rn_variable *v = w.v;
    rn_variable_release(w.v); /* the program keeps it */
    for (int i = 0; i < 2; i++) {
        const float ones[] = {1, 1};
        cr_assert_eq(rn_feed(p, w.x, ones, sizeof ones), RN_OK);
        rn_test_run(p);
    }
    cr_assert_eq(((float *)rn_variable_data(v))[1], 8);
    float read[2];
    cr_assert_eq(rn_read(p, z, read, sizeof read), RN_OK);
    got[0] = read[0], got[1] = read[1];
    cr_assert(got[0] == 4 && got[1] == 8);
    char text[4000];
    cr_assert(rn_program_print(p, text, sizeof text) > 0);
    rn_program_free(p);
}

/* The graph is left as it was by a compilation: so a second one gives the same program. */
Test(compile, the_graph_is_left_as_it_was)
{
    world w = begin();
    rn_loop *loop = rn_loop_begin(w.g);
    rn_loop_steps(loop, 3);
    const rn_tensor h = rn_loop_carry(loop, w.y), n = rn_tanh(rn_mul(h, w.w));
    rn_loop_next(loop, h, n);
    rn_loop_end(loop);
    const rn_tensor s = rn_sum_all(rn_loop_collect(loop, n));
    rn_tensor dw;
    cr_assert(rn_grad(s, rn_null(), &w.w, 1, &dw));
    char before[8000], after[8000], first[8000], second[8000];
    rn_graph_print(w.g, before, sizeof before);
    rn_program *p = rn_test_compile(w.g, s, dw), *q = rn_test_compile(w.g, s, dw);
    rn_graph_print(w.g, after, sizeof after);

    cr_assert_str_eq(before, after);
    rn_program_print(p, first, sizeof first);
    rn_program_print(q, second, sizeof second);
    cr_assert_str_eq(first, second);
    rn_program_free(q);
    end(&w, p);
}

/* Programs of two graphs over one variable see each other's assignments. */
Test(compile, many_programs_share_a_variable)
{
    world w = begin(), other = {.g = rn_graph_new()};
    enum { MANY = 10 };
    rn_program *p[MANY];
    const rn_tensor there = rn_read_variable(other.g, w.v);
    rn_assign(w.w, rn_offset(w.w, 1));
    rn_program *step = rn_test_compile_with(w.g, (rn_compile_options){0});

    for (int i = 0; i < MANY; i++) p[i] = rn_test_compile(other.g, there);
    rn_graph_free(other.g);
    for (int i = 0; i < MANY; i++) {
        float got[2];
        rn_test_run(step), rn_test_run(p[i]);
        cr_assert_eq(rn_read(p[i], there, got, sizeof got), RN_OK);
        cr_assert(got[0] == 2.0f + (float)i && got[1] == 3.0f + (float)i);
    }
    for (int i = 0; i < MANY; i++) rn_program_free(p[i]);
    end(&w, step);
}
