/* SPDX-License-Identifier: MIT */
/* Which maps write over an operand that is not read again. */
#include "program/program.h"
#include "run/driver.h"

enum { N = 5, T = 6, MOST = T * N * N * 3 };

typedef struct world {
    rn_graph *g;
    rn_tensor x, w, wide, xs;
} world;

static world begin(void)
{
    world a = {.g = rn_graph_new()};

    a.x = rn_test_f64(a.g, "x", rn_shape(N, N));
    a.w = rn_test_f64(a.g, "w", rn_shape(N, N));
    a.wide = rn_test_f64(a.g, "wide", rn_shape(N, 3 * N));
    a.xs = rn_test_f64(a.g, "xs", rn_shape(T, N, N));
    return a;
}

static bool same_place(const rn__address *a, const rn__address *b)
{
    return a->buffer == b->buffer && a->offset == b->offset &&
           memcmp(a->advance, b->advance, sizeof a->advance) == 0;
}

/* How many maps of this operator write where they read. */
static int count_over(const rn_program *p, const char *op)
{
    int count = 0;

    for (int32_t i = 0; i < p->plan.steps; i++) {
        const rn__step *step = &p->plan.step[i];
        const rn__operand *operand = rn__step_operands(&p->plan, step);
        bool over = false;
        if (step->kind != RN__STEP_MAP ||
            strcmp(rn__step_node(&p->plan, step)->op->name, op) != 0)
            continue;
        for (int k = 0; k < step->inputs; k++)
            over |= same_place(&operand[k].at, &operand[step->inputs].at);
        count += over;
    }
    return count;
}

static void run(const world *a, rn_tensor y, unsigned without, const char *op, int over)
{
    static double data[MOST], got[MOST], want[MOST];
    static char text[20000];
    rn_program *p[2] = {
        rn_test_compile_with(a->g, (rn_compile_options){RN_OUTPUTS(y), .without = without}),
        rn_test_compile_with(
            a->g, (rn_compile_options){RN_OUTPUTS(y), .without = without | RN_PASS_ELIDE})};
    const rn_tensor in[] = {a->x, a->w, a->wide, a->xs};

    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < 4; i++)
            rn_test_feed(p[k], in[i],
                         rn_test_numbers(data, rn_test_count(in[i]), (uint64_t)i + 1));
        rn_test_run(p[k]);
        rn_test_run(p[k]);
        rn_test_read(p[k], y, k ? want : got);
    }
    rn_program_print(p[0], text, sizeof text);
    cr_expect_eq(count_over(p[0], op), over, "%d, not %d: %s", count_over(p[0], op), over,
                 text);
    cr_expect_eq(count_over(p[1], op), 0);
    cr_expect_eq(memcmp(got, want, (size_t)rn_test_count(y) * 8), 0, "%s", text);
    rn_program_free(p[0]);
    rn_program_free(p[1]);
}

/* So many maps of `op` write over an operand, in chains or on their own. */
static void expect(world *a, rn_tensor y, const char *op, int over)
{
    run(a, y, 0, op, over);
    run(a, y, RN_PASS_FUSE, op, over);
    rn_graph_free(a->g);
}

Test(overlay, an_operand_that_is_read_twice_at_once)
{
    world a = begin();
    const rn_tensor y = rn_matmul(a.x, a.w);
    expect(&a, rn_matmul(rn_mul(y, y), a.w), "mul", 1);
}

Test(overlay, not_an_operand_that_is_read_in_another_order_too)
{
    world a = begin();
    const rn_tensor y = rn_matmul(a.x, a.w);
    expect(&a, rn_matmul(rn_mul(y, rn_transpose(y)), a.w), "mul", 0);
}

/* What it writes is not all of its buffer. */
Test(overlay, not_for_a_part_of_a_concatenation)
{
    world a = begin();
    const rn_tensor y = rn_matmul(a.x, a.w);
    const rn_tensor both[2] = {rn_sin(y), rn_cos(a.x)};
    expect(&a, rn_matmul(rn_concat(both, 2, 0), a.w), "sin", 0);
}

/* It would keep all of the wide one. */
Test(overlay, not_a_part_of_a_larger_value)
{
    world a = begin();
    const rn_tensor y = rn_matmul(rn_transpose(a.wide), a.w);
    expect(&a, rn_matmul(rn_sin(rn_slice(y, 0, N, 2 * N, 1)), a.w), "sin", 0);
}

/* ---- slots of stacks ---- */

/* z = s(t) + h w in the slot of s, where a stack of cos z goes too, of other columns than f
 * reads; then what f makes of z is multiplied. */
static rn_tensor recur(world *a, rn_tensor (*f)(world *a, rn_tensor z))
{
    rn_loop *loop = rn_loop_begin(a->g);
    const rn_tensor s = rn_loop_each(loop, rn_matmul(a->xs, a->wide));
    const rn_tensor h = rn_loop_carry(loop, a->x);
    const rn_tensor sum = rn_add(s, rn_matmul(h, a->wide)), z = f(a, sum);
    const rn_tensor kept = rn_cos(rn_slice(sum, 1, 0, 1, 1));

    rn_loop_next(loop, h, rn_matmul(rn_slice(z, 1, 0, N, 1), a->w));
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(a->g));
    return rn_add(rn_loop_final(loop, h), rn_sum_axis(rn_loop_collect(loop, kept), 0));
}

/* What follows reads z no more. */
Test(overlay, a_slot_that_the_step_has_written)
{
    world a = begin();
    rn_loop *loop = rn_loop_begin(a.g);
    const rn_tensor s = rn_loop_each(loop, rn_matmul(a.xs, a.wide));
    const rn_tensor h = rn_loop_carry(loop, a.x);
    const rn_tensor z = rn_sin(rn_add(s, rn_matmul(h, a.wide))), cos = rn_cos(z);

    rn_loop_next(loop, h, rn_matmul(rn_slice(z, 1, 0, N, 1), a.w));
    cr_assert(rn_loop_end(loop));
    const rn_tensor kept = rn_loop_collect(loop, cos);
    expect(&a, rn_add(rn_loop_final(loop, h), rn_slice(rn_sum_axis(kept, 0), 1, 0, N, 1)),
           "sin", 1);
}

/* A temporary is smaller, and stays in the cache. */
Test(overlay, not_a_slot_that_the_step_only_reads)
{
    world a = begin();
    rn_loop *loop = rn_loop_begin(a.g);
    const rn_tensor s = rn_loop_each(loop, rn_matmul(a.xs, a.w));
    const rn_tensor h = rn_loop_carry(loop, a.x);

    rn_loop_next(loop, h, rn_matmul(rn_sin(s), h));
    cr_assert(rn_loop_end(loop));
    expect(&a, rn_loop_final(loop, h), "sin", 0);
}

static rn_tensor sine_of_columns(world *a, rn_tensor z)
{
    (void)a;
    return rn_sin(rn_slice(z, 1, N, 3 * N, 1));
}

/* It is read in columns in any case. */
Test(overlay, columns_of_a_slot_for_a_value_that_is_read_in_columns)
{
    world a = begin();
    expect(&a, recur(&a, sine_of_columns), "sin", 1);
}

static rn_tensor sine_of_a_column(world *a, rn_tensor z)
{
    (void)a;
    return rn_sin(rn_slice(z, 1, N, 2 * N, 1));
}

Test(overlay, not_columns_of_a_slot_for_a_value_that_is_read_whole)
{
    world a = begin();
    expect(&a, recur(&a, sine_of_a_column), "sin", 0);
}

static rn_tensor sine_across_rows(world *a, rn_tensor z)
{
    const rn_tensor sine = rn_sin(rn_slice(z, 1, N, 3 * N, 1));
    const rn_tensor flat = rn_reshape(sine, rn_shape(2 * N * N));
    const rn_tensor every_third = rn_slice(flat, 0, 0, 48, 3);
    (void)a;
    return rn_mul(rn_slice(sine, 1, 0, N, 1), rn_sum_all(every_third));
}

/* No strides describe that where the rows are apart. */
Test(overlay, not_columns_of_a_slot_for_a_value_that_is_read_across_rows)
{
    world a = begin();
    expect(&a, recur(&a, sine_across_rows), "sin", 0);
}

/* What a user's kernel reads must be dense. */
static const char *same_shape(rn_typing *t)
{
    (void)t;
    return NULL;
}

static bool copy_kernel(const rn_call *call)
{
    int64_t n = 1;

    for (int i = 0; i < call->out->rank; i++) n *= call->out->size[i];
    memcpy(call->out->data, call->in[0].data, (size_t)n * sizeof(double));
    return true;
}

static rn_tensor sine_for_a_kernel(world *a, rn_tensor z)
{
    static const rn_op op = {.name = "copied",
                             .inputs = 1,
                             .shape = same_shape,
                             .kernel = {[RN_F64] = copy_kernel}};
    const rn_tensor sine = rn_sin(rn_slice(z, 1, N, 3 * N, 1));
    (void)a;
    return rn_apply(&op, &sine, 1, NULL, 0);
}

Test(overlay, not_columns_of_a_slot_for_a_kernel_that_takes_no_strides)
{
    world a = begin();
    expect(&a, recur(&a, sine_for_a_kernel), "sin", 0);
}
