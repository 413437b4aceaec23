/* SPDX-License-Identifier: MIT */
/* Feeding and reading: refusals, and what they leave unchanged. */
#include "driver.h"

typedef struct world {
    rn_graph *g;
    rn_tensor x, n, unused, y, s, hidden;
    rn_program *p;
} world;

static world begin(void)
{
    world w = {.g = rn_graph_new()};

    w.x = rn_input(w.g, "x", RN_F32, rn_shape(2, 3));
    w.n = rn_input(w.g, NULL, RN_I32, rn_shape(4));
    w.unused = rn_input(w.g, "unused", RN_F64, rn_shape(5));
    w.hidden = rn_neg(w.x);
    w.y = rn_name(rn_neg(w.hidden), "y");
    w.s = rn_sum_all(w.n);
    w.p = rn_test_compile(w.g, w.y, w.s);
    cr_assert_eq(rn_feed_f32(w.p, w.x, (const float[6]){0}, 6), RN_OK);
    rn_test_feed_i32(w.p, w.n, (int32_t[]){0, 0, 0, 0});
    return w;
}

static void end(world *w)
{
    rn_program_free(w->p);
    rn_graph_free(w->g);
}

Test(port, feeding_is_checked)
{
    world w = begin();
    const float data[8] = {0};

    rn_test_refused(w.p, rn_feed(w.p, w.x, data, 20),
                    "feed: size differs: x [2,3] f32 takes 24 bytes, given 20");
    rn_test_refused(w.p, rn_feed(w.p, w.x, data, 28),
                    "feed: size differs: x [2,3] f32 takes 24 bytes, given 28");
    rn_test_refused(w.p, rn_feed(w.p, w.n, data, 0),
                    "feed: size differs: a tensor [4] i32 takes 16 bytes, given 0");
    rn_test_refused(w.p, rn_feed(w.p, w.unused, data, 4),
                    "feed: size differs: unused [5] f64 takes 40 bytes, given 4");
    rn_test_refused(w.p, rn_feed(w.p, w.x, NULL, 24), "feed: no data: x [2,3] f32");
    rn_test_refused(w.p, rn_feed(w.p, w.y, data, 24),
                    "feed: not an input of the program's graph: tensor 4");
    rn_test_refused(w.p, rn_feed(w.p, rn_null(), data, 24),
                    "feed: not an input of the program's graph: the null tensor");
    cr_assert_eq(rn_feed(NULL, w.x, data, 24), RN_INVALID);
    end(&w);
}

Test(port, an_input_of_another_graph)
{
    world w = begin();
    rn_graph *g = rn_graph_new();
    const rn_tensor far = rn_input(g, "x", RN_F32, rn_shape(2, 3));
    const float data[6] = {0};

    cr_assert_eq(far.id, w.x.id);
    rn_test_refused(
        w.p, rn_feed(w.p, far, data, 24),
        "feed: not an input of the program's graph: tensor 0 of another graph, not x "
        "[2,3] f32");
    rn_graph_free(g);
    end(&w);
}

Test(port, reading_is_checked)
{
    world w = begin();
    float data[8];

    rn_test_run(w.p);
    rn_test_refused(w.p, rn_read(w.p, w.y, data, 32),
                    "read: size differs: y [2,3] f32 has 24 bytes, room for 32");
    rn_test_refused(
        w.p, rn_read(w.p, w.hidden, data, 24),
        "read: not an output of the program; name it in rn_compile's options: tensor 3");
    rn_test_refused(
        w.p, rn_read(w.p, w.x, data, 24),
        "read: not an output of the program; name it in rn_compile's options: tensor 0");
    rn_test_refused(w.p, rn_read(w.p, rn_null(), data, 24),
                    "read: not an output of the program; name it in rn_compile's options: "
                    "the null tensor");
    cr_assert_eq(rn_read(NULL, w.y, data, 24), RN_INVALID);
    end(&w);
}

Test(port, a_null_place_to_read_to)
{
    world w = begin();

    rn_test_refused(w.p, rn_read(w.p, w.y, NULL, 24), "read: no buffer: y [2,3] f32");
    end(&w);
}

Test(port, scalars)
{
    world w = begin();

    rn_test_feed_i32(w.p, w.n, (int32_t[]){1, 2, 3, -10});
    rn_test_run(w.p);
    cr_assert_eq(rn_scalar(w.p, w.s), -4);
    cr_assert(isnan(rn_scalar(w.p, w.y)));
    cr_assert_str_eq(rn_program_error(w.p), "scalar: not one value: y [2,3] f32");
    cr_assert(isnan(rn_scalar(w.p, w.hidden)));
    cr_assert(isnan(rn_scalar(NULL, w.s)));
    end(&w);
}

Test(port, scalars_of_every_type)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape());
    rn_tensor y[RN_TYPES];

    for (int i = 0; i < RN_TYPES; i++) y[i] = rn_cast(x, (rn_type)i);
    rn_program *p =
        rn_test_compile_with(g, (rn_compile_options){.outputs = y, .output_count = 4});
    rn_test_feed(p, x, (double[]){2.75});
    rn_test_run(p);
    cr_assert_eq(rn_scalar(p, y[RN_F32]), 2.75);
    cr_assert_eq(rn_scalar(p, y[RN_F64]), 2.75);
    cr_assert_eq(rn_scalar(p, y[RN_I32]), 2);
    cr_assert_eq(rn_scalar(p, y[RN_BOOL]), 1);
    rn_program_free(p);
    rn_graph_free(g);
}

/* An error is told until the next run, which clears it. */
Test(port, a_run_clears_the_message)
{
    world w = begin();

    rn_feed(w.p, w.x, NULL, 24);
    cr_assert_neq(rn_program_error(w.p)[0], 0);
    rn_test_run(w.p);
    cr_assert_str_eq(rn_program_error(w.p), "");
    cr_assert_str_eq(rn_program_error(NULL), "no program");
    cr_assert_eq(rn_run(NULL), RN_INVALID);
    cr_assert_eq(rn_program_workspace(NULL), 0);
    cr_assert_eq(rn_program_calls(NULL), 0);
    cr_assert_eq(rn_program_print(NULL, NULL, 0), 0);
    end(&w);
}

/* Inputs begin as zeros, stay until fed anew, and a refused feed changes nothing. */
Test(port, what_is_fed_stays)
{
    world w = begin();
    const double ones[] = {1, 2, 3, 4, 5, 6};

    rn_test_run(w.p);
    RN_TEST_EXPECT(w.p, w.y, 0, 0, 0, 0, 0, 0);
    rn_test_feed(w.p, w.x, ones);
    for (int i = 0; i < 3; i++) {
        rn_test_run(w.p);
        rn_test_expect(w.p, w.y, ones);
        cr_assert_eq(rn_feed(w.p, w.x, (float[7]){9}, 28), RN_INVALID);
        cr_assert_eq(rn_feed(w.p, w.unused, (double[5]){9}, 40), RN_OK);
    }
    end(&w);
}

/* A refused read leaves the caller's memory alone. */
Test(port, a_refused_read_writes_nothing)
{
    world w = begin();
    float data[8] = {7, 7, 7, 7, 7, 7, 7, 7};

    rn_test_run(w.p);
    rn_read(w.p, w.y, data, 32);
    rn_read(w.p, w.y, data, 0);
    for (int i = 0; i < 8; i++) cr_assert_eq(data[i], 7);
    end(&w);
}

Test(port, empty_tensors)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(0, 3)), y = rn_neg(x);
    const rn_tensor s = rn_sum_axis(x, 0);
    rn_program *p = rn_test_compile(g, y, s);

    cr_assert_eq(rn_feed(p, x, NULL, 0), RN_OK);
    rn_test_run(p);
    cr_assert_eq(rn_read(p, y, NULL, 0), RN_OK);
    RN_TEST_EXPECT(p, s, 0, 0, 0);
    rn_program_free(p);
    rn_graph_free(g);
}

/* The same tensor as two outputs, an input and a constant as outputs. */
Test(port, any_tensor_may_be_an_output)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2));
    const rn_tensor c = rn_test_constant_f64(g, rn_shape(2), (double[]){5, 6});
    const rn_tensor s = rn_constant_scalar(g, RN_I32, 8), y = rn_neg(x);
    rn_program *p = rn_test_compile(g, x, c, s, y, y, x);

    rn_test_feed(p, x, (double[]){1, 2});
    for (int i = 0; i < 2; i++) {
        rn_test_run(p);
        RN_TEST_EXPECT(p, x, 1, 2);
        RN_TEST_EXPECT(p, c, 5, 6);
        RN_TEST_EXPECT(p, s, 8);
        RN_TEST_EXPECT(p, y, -1, -2);
    }
    rn_program_free(p);
    rn_graph_free(g);
}

Test(port, types_in_the_program)
{
    world w = begin();
    rn_program *p = rn_test_compile_with(
        w.g, (rn_compile_options){RN_OUTPUTS(w.y, w.s), .convert = true, .real = RN_F64});

    cr_assert_eq(rn_program_type(w.p, w.x), RN_F32);
    cr_assert_eq(rn_program_type(p, w.x), RN_F64);
    cr_assert_eq(rn_program_type(p, w.y), RN_F64);
    cr_assert_eq(rn_program_type(p, w.s), RN_I32);
    cr_assert_eq(rn_program_type(p, w.n), RN_I32);
    cr_assert_eq(rn_program_type(NULL, w.n), RN_I32);
    rn_program_free(p);
    end(&w);
}

/* ---- a graph that was freed, and a later one at its address ---- */

/* An allocator that gives the same memory again for every graph. */
static void *again(void *user, void *memory, size_t bytes)
{
    static char graph[4096];
    static bool taken;

    (void)user;
    if (bytes == 0) {
        if (memory == graph)
            taken = false;
        else
            free(memory);
        return NULL;
    }
    if (memory || taken || bytes > sizeof graph) return realloc(memory, bytes);
    taken = true;
    return graph;
}

Test(port, a_later_graph_at_the_same_address)
{
    rn_graph *g = rn_graph_new_using((rn_allocator){again, NULL});
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(2)), y = rn_scale(x, 10);
    rn_program *p = rn_test_compile(g, y);
    float data[2] = {1, 2};

    rn_graph_free(g);
    rn_graph *later = rn_graph_new_using((rn_allocator){again, NULL});
    const rn_tensor other = rn_input(later, "other", RN_F32, rn_shape(2));
    const rn_tensor result = rn_scale(other, 100);
    cr_assert_eq(later, g);
    cr_assert(other.id == x.id && result.id == y.id);

    rn_test_refused(
        p, rn_feed(p, other, data, sizeof data),
        "feed: not an input of the program's graph: tensor 0 of another graph, not x "
        "[2] f32");
    rn_feed(p, x, data, sizeof data);
    rn_test_run(p);
    rn_test_refused(
        p, rn_read(p, result, data, sizeof data),
        "read: not an output of the program; name it in rn_compile's options: tensor "
        "2 of another graph, not a tensor [2] f32");
    cr_assert_eq(data[0], 1);
    cr_assert_eq(rn_read(p, y, data, sizeof data), RN_OK);
    cr_assert(data[0] == 10 && data[1] == 20);

    /* Nor is the old tensor one of the new graph. */
    cr_assert_eq(rn_rank(x), -1);
    cr_assert(rn_is_null(rn_neg(x)));
    rn_test_error_is(later, "neg: tensor 0 does not exist any more: its graph was freed");
    rn_program_free(p);
    rn_graph_free(later);
}
