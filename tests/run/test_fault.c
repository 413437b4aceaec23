/* SPDX-License-Identifier: MIT */
/* Values that a kernel rejects: the run stops with a message that says where, and can be
 * repeated. */
#include "driver.h"

static const double table[] = {10, 20, 30, 40};

static void fails(rn_program *p, const char *message)
{
    cr_assert_eq(rn_run(p), RN_BAD_VALUE);
    cr_assert_str_eq(rn_program_error(p), message);
}

Test(fault, an_index_out_of_range)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor n = rn_input(g, "n", RN_I32, rn_shape(3));
    const rn_tensor t = rn_test_constant_f64(g, rn_shape(4), table);
    const rn_tensor y = rn_name(rn_take(t, n), "rows"), z = rn_neg(y);
    rn_program *p = rn_test_compile(g, z);

    rn_test_feed_i32(p, n, (int32_t[]){0, 3, 4});
    fails(p, "take: index 4 is outside 0..3 at element 2: rows [3]");
    rn_test_feed_i32(p, n, (int32_t[]){0, -1, 2});
    fails(p, "take: index -1 is outside 0..3 at element 1: rows [3]");
    rn_test_feed_i32(p, n, (int32_t[]){3, 0, 2});
    rn_test_run(p);
    cr_assert_str_eq(rn_program_error(p), "");
    RN_TEST_EXPECT(p, z, -40, -10, -30);
    rn_program_free(p);
    rn_graph_free(g);
}

typedef struct looping {
    rn_graph *g;
    rn_tensor n, sum;
    rn_program *p;
} looping;

/* sum += table[n[t]] over t, table being carried so that nothing can leave the loop. */
static looping loop_over(int64_t steps, bool reverse)
{
    looping l = {.g = rn_graph_new()};
    l.n = rn_input(l.g, "n", RN_I32, rn_shape(steps));
    const rn_tensor t0 = rn_test_constant_f64(l.g, rn_shape(4), table);
    rn_loop *loop = rn_loop_begin(l.g);

    if (reverse) rn_loop_reverse(loop);
    const rn_tensor i = rn_loop_each(loop, l.n), t = rn_loop_carry(loop, t0);
    const rn_tensor s = rn_loop_carry(loop, rn_constant_scalar(l.g, RN_F64, 0));
    const rn_tensor row = rn_name(rn_take(t, i), "row");
    rn_loop_next(loop, t, rn_offset(t, 1));
    rn_loop_next(loop, s, rn_add(s, row));
    rn_loop_end(loop);
    l.sum = rn_loop_final(loop, s);
    l.p = rn_test_compile(l.g, l.sum);
    return l;
}

static void end(looping *l)
{
    rn_program_free(l->p);
    rn_graph_free(l->g);
}

Test(fault, in_a_loop)
{
    looping l = loop_over(5, false);

    rn_test_feed_i32(l.p, l.n, (int32_t[]){0, 1, 2, 7, 9});
    fails(l.p, "take: index 7 is outside 0..3 at element 0: row [] at step 3");
    rn_test_feed_i32(l.p, l.n, (int32_t[]){0, 1, 2, 3, 0});
    rn_test_run(l.p);
    cr_assert_eq(rn_scalar(l.p, l.sum), 10 + 21 + 32 + 43 + 14);
    end(&l);
}

Test(fault, in_a_reversed_loop)
{
    looping l = loop_over(5, true);

    rn_test_feed_i32(l.p, l.n, (int32_t[]){-5, 1, 2, 7, 0});
    fails(l.p, "take: index 7 is outside 0..3 at element 0: row [] at step 3");
    rn_test_feed_i32(l.p, l.n, (int32_t[]){0, 3, 0, 0, 3});
    rn_test_run(l.p);
    cr_assert_eq(rn_scalar(l.p, l.sum), 40 + 11 + 12 + 43 + 14);
    end(&l);
}

Test(fault, in_a_loop_in_a_loop)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor n = rn_input(g, "n", RN_I32, rn_shape(3, 2));
    const rn_tensor t0 = rn_test_constant_f64(g, rn_shape(4), table);
    rn_loop *outer = rn_loop_begin(g);
    const rn_tensor ns = rn_loop_each(outer, n), t = rn_loop_carry(outer, t0);
    rn_loop *inner = rn_loop_begin(rn_loop_body(outer));
    const rn_tensor u = rn_loop_carry(inner, t);
    const rn_tensor row = rn_name(rn_take(u, rn_loop_each(inner, ns)), "row");

    rn_loop_next(inner, u, rn_add(u, row));
    rn_loop_end(inner);
    rn_loop_next(outer, t, rn_loop_final(inner, u));
    rn_loop_end(outer);
    const rn_tensor y = rn_loop_final(outer, t);
    rn_program *p = rn_test_compile(g, y);
    rn_test_feed_i32(p, n, (int32_t[]){0, 1, 2, 4, 0, 9});
    fails(p, "take: index 4 is outside 0..3 at element 0: row [] at step 1,1");
    rn_test_feed_i32(p, n, (int32_t[]){0, 0, 0, 0, 0, 0});
    rn_test_run(p);
    RN_TEST_EXPECT(p, y, 640, 650, 660, 670);
    rn_program_free(p);
    rn_graph_free(g);
}

/* A run that stopped assigns nothing: assignments come after everything else. */
Test(fault, a_failed_run_assigns_nothing)
{
    rn_graph *g = rn_graph_new();
    rn_variable *v = rn_variable_new((rn_allocator){0}, "v", RN_F64, rn_shape());
    const rn_tensor n = rn_input(g, "n", RN_I32, rn_shape()), x = rn_read_variable(g, v);
    const rn_tensor t = rn_test_constant_f64(g, rn_shape(4), table);

    rn_assign(x, rn_offset(x, 1));
    const rn_tensor y = rn_take(t, n);
    rn_program *p = rn_test_compile(g, y);
    rn_test_feed_i32(p, n, (int32_t[]){5});
    cr_assert_eq(rn_run(p), RN_BAD_VALUE);
    cr_assert_eq(*(double *)rn_variable_data(v), 0);
    rn_test_feed_i32(p, n, (int32_t[]){3});
    rn_test_run(p);
    cr_assert_eq(*(double *)rn_variable_data(v), 1);
    cr_assert_eq(rn_scalar(p, y), 40);
    rn_program_free(p);
    rn_graph_free(g);
    rn_variable_release(v);
}

/* A kernel that refuses without words, and a user's operator that refuses with some. */
static const char *same_shape(rn_typing *t)
{
    return t->inputs == 1 ? NULL : "one operand only";
}

static bool silent(const rn_call *call)
{
    (void)call;
    return false;
}

static bool wordy(const rn_call *call)
{
    const double x = *(const double *)call->in[0].data;

    snprintf(call->message, RN_MESSAGE, "%g is unlucky", x);
    *(double *)call->out->data = x;
    return x != 13;
}

static const rn_op silent_op = {
    .name = "silent", .inputs = 1, .shape = same_shape, .kernel = {[RN_F64] = silent}};
static const rn_op wordy_op = {
    .name = "wordy", .inputs = 1, .shape = same_shape, .kernel = {[RN_F64] = wordy}};

Test(fault, a_users_kernel)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape());
    const rn_tensor y = rn_apply(&silent_op, &x, 1, NULL, 0);
    const rn_tensor z = rn_name(rn_apply(&wordy_op, &x, 1, NULL, 0), "z");
    rn_program *p = rn_test_compile(g, y), *q = rn_test_compile(g, z);

    rn_test_feed(p, x, (double[]){0});
    fails(p, "silent: refused by its kernel: result []");
    rn_test_feed(q, x, (double[]){13});
    fails(q, "wordy: 13 is unlucky: z []");
    rn_test_feed(q, x, (double[]){12});
    rn_test_run(q);
    cr_assert_eq(rn_scalar(q, z), 12);
    rn_program_free(p);
    rn_program_free(q);
    rn_graph_free(g);
}
