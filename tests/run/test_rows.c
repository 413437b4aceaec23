/* SPDX-License-Identifier: MIT */
/* Rows of a map or a chain that run alone, in any order and in contexts of their own. */
#include "backend/cpu/cpu.h"
#include "driver.h"
#include "plan/planner.h"

enum { ROWS = 11, COLUMNS = 24, COUNT = ROWS * COLUMNS };

/* A lowered plan, and two contexts as two threads have them. */
typedef struct lowered {
    rn__plan plan;
    rn__cpu_program program;
    rn__cpu_context context[2];
    rn_graph *graph;
} lowered;

static void lower(lowered *l, rn_graph *g, rn_tensor y)
{
    const int32_t wanted = y.id;
    const rn__plan_options options = {
        .wanted = &wanted, .count = 1, .tile_bytes = 2 * COLUMNS * sizeof(double)};

    l->graph = g;
    cr_assert(rn__plan_make(&l->plan, g, &options), "%s", rn_graph_error(g));
    cr_assert(rn__cpu_lower(&l->program, &l->plan, 1));
    for (int i = 0; i < 2; i++) cr_assert(rn__context_init(&l->context[i], &l->program, 0));
    for (int i = 0; i < l->plan.inputs; i++) {
        const rn__operand *x = &l->plan.input[i].value;
        rn_test_numbers((double *)(void *)rn__cpu_buffer(&l->program, x->at.buffer),
                        rn__operand_count(x), (uint64_t)i);
    }
}

static double *output(lowered *l)
{
    const rn__address *at = &l->plan.output[0].value.at;

    return (double *)(void *)(rn__cpu_buffer(&l->program, at->buffer) + at->offset);
}

static void run(lowered *l, int context, int64_t first, int64_t rows)
{
    rn__cpu_context *c = &l->context[context];

    if (l->plan.step[0].kind == RN__STEP_CHAIN)
        rn__cpu_chain_rows(c, 0, first, rows);
    else
        rn__cpu_map_rows(c, &l->program.call[0], first, rows);
}

/* Runs everything, and then parts of it, last ones first. */
static void check(lowered *l, rn__step_kind kind, int64_t rows)
{
    double whole[COUNT];

    cr_assert_eq(l->plan.step[0].kind, kind);
    cr_assert_eq(rn__cpu_rows(&l->context[0], &l->program.call[0]), rows);
    run(l, 0, 0, rows);
    memcpy(whole, output(l), sizeof whole);
    memset(output(l), 0, sizeof whole);
    run(l, 1, rows - 4, 4);
    run(l, 0, 0, 1);
    run(l, 1, 1, 0);
    cr_assert_eq(memcmp(output(l), whole, sizeof whole) == 0, false);
    run(l, 0, 1, rows - 5);
    cr_assert_arr_eq(output(l), whole, sizeof whole);
    for (int i = 0; i < 2; i++) rn__context_finish(&l->context[i]);
    rn__cpu_finish(&l->program);
    rn__plan_finish(&l->plan);
    rn_graph_free(l->graph);
}

Test(rows, of_a_chain_with_a_broadcast_operand)
{
    static lowered l;
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(ROWS, COLUMNS));
    const rn_tensor b = rn_test_f64(g, "b", rn_shape(COLUMNS));

    lower(&l, g, rn_mul(rn_exp(rn_tanh(rn_add(x, b))), x));
    check(&l, RN__STEP_CHAIN, ROWS);
}

Test(rows, of_a_chain_that_is_dense_are_elements)
{
    static lowered l;
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(ROWS, COLUMNS));

    lower(&l, g, rn_mul(rn_exp(rn_tanh(x)), x));
    check(&l, RN__STEP_CHAIN, COUNT);
}

Test(rows, of_a_map_of_three_axes)
{
    static lowered l;
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(ROWS, COLUMNS / 4, 4));
    const rn_tensor b = rn_test_f64(g, "b", rn_shape(COLUMNS / 4, 1));

    lower(&l, g, rn_add(x, b));
    check(&l, RN__STEP_MAP, ROWS);
}
