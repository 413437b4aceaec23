/* SPDX-License-Identifier: MIT */
/* The line between plans and back ends: what one makes of a plan, any other does too. */
#include "compile/random_graph.h"
#include "program/program.h"
#include "reference.h"

/* ---- the processor against the reference ---- */

static void fill(rn_program *p, const rn_test_pool *pool, uint64_t seed)
{
    static double data[100000];

    for (int k = 0; k < RN_TEST_INPUTS; k++) {
        rn_test_numbers(data, rn_test_count(pool->at[k]), seed + (uint64_t)k);
        rn_test_feed(p, pool->at[k], data);
    }
    rn_test_run(p);
}

Test(backend, random_programs_agree_to_rounding)
{
    static double want[100000], got[100000];

    for (uint64_t seed = 1; seed <= 60; seed++) {
        rn_test_dice d = {.seed = seed};
        rn_test_pool pool;
        rn_graph *g = rn_test_random_graph(&d, 30, &pool, NULL);
        const rn_compile_options options = {.outputs = pool.at, .output_count = pool.count};
        rn_program *judge = rn__compile_for(&rn_test_reference, g, options);
        rn_program *p = rn_compile(g, options);
        cr_assert(p && judge, "%s", rn_graph_error(g));
        cr_assert_str_eq(judge->backend->name, "reference");
        cr_assert_str_eq(p->backend->name, "cpu");
        fill(judge, &pool, seed);
        fill(p, &pool, seed);
        for (int i = 0; i < pool.count; i++) {
            rn_test_read(judge, pool.at[i], want), rn_test_read(p, pool.at[i], got);
            rn_test_near(got, want, rn_test_count(pool.at[i]), 1e-12, "an output");
        }
        rn_program_free(p);
        rn_program_free(judge);
        rn_graph_free(g);
    }
}

/* ---- the plan as it is made ---- */

typedef struct seen {
    int passes;
    char name[11][16];
    char last[20000];
} seen;

static void watch(void *with, const char *pass, const char *plan)
{
    seen *s = (seen *)with;

    cr_assert(s->passes < 11);
    snprintf(s->name[s->passes++], sizeof s->name[0], "%s", pass);
    snprintf(s->last, sizeof s->last, "%s", plan);
    cr_assert_eq(strstr(plan, "chain in tiles") != NULL, s->passes > 8, "%s: %s", pass,
                 plan);
    cr_assert_eq(strstr(plan, "@") != NULL, s->passes > 9, "%s: %s", pass, plan);
}

Test(backend, a_plan_is_shown_after_each_pass)
{
    static seen s;
    static char text[20000];
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(100, 100));
    const rn_tensor y = rn_exp(rn_tanh(rn_add(x, x)));
    const char *const passes[] = {"schedule",   "contract", "order", "elide",
                                  "accumulate", "overlay",  "pack",  "row_blocks",
                                  "fuse",       "place",    "watch"};

    rn_program *p = rn_compile(
        g, (rn_compile_options){RN_OUTPUTS(y), .trace = watch, .trace_with = &s});
    cr_assert(p, "%s", rn_graph_error(g));
    cr_assert_eq(s.passes, 11);
    for (int i = 0; i < 11; i++) cr_assert_str_eq(s.name[i], passes[i]);
    rn_program_print(p, text, sizeof text);
    cr_assert(strstr(text, s.last), "%s is not in %s", s.last, text);
    rn_program_free(p);
    rn_graph_free(g);
}

Test(backend, a_variable_is_printed_by_its_name)
{
    static char text[2000];
    rn_graph *g = rn_graph_new();
    rn_variable *w = rn_variable_new((rn_allocator){0}, "lstm/w", RN_F64, rn_shape(4));
    const rn_tensor x = rn_read_variable(g, w), part = rn_slice(x, 0, 1, 3, 1);
    const rn_compile_options options = {RN_OUTPUTS(rn_exp(x), rn_tanh(part))};

    rn_program *p = rn_compile(g, options);
    cr_assert(p, "%s", rn_graph_error(g));
    rn_program_print(p, text, sizeof text);
    cr_assert(strstr(text, "<- @\"lstm/w\"\n"), "%s", text);
    cr_assert(strstr(text, "<- @\"lstm/w\"+8\n"), "%s", text);
    rn_program_free(p);
    rn_graph_free(g);
    rn_variable_release(w);
}

/* ---- chains ---- */

/* Runs element-wise operators on arrays of several tiles. Returns the number of chains. */
static int run_maps(const rn__backend *backend, double *values)
{
    static char text[20000];
    static double data[20000];
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(200, 100));
    const rn_tensor y = rn_mul(rn_exp(rn_tanh(rn_add(x, x))), rn_sin(x));
    const rn_compile_options options = {RN_OUTPUTS(y), .threads = 3};
    int chains = 0;

    rn_program *p = rn__compile_for(backend, g, options);
    cr_assert(p, "%s", rn_graph_error(g));
    rn_test_numbers(data, 20000, 7);
    rn_test_feed(p, x, data);
    rn_test_run(p);
    rn_test_read(p, y, values);
    rn_program_print(p, text, sizeof text);
    for (const char *at = text; (at = strstr(at, "chain in tiles")); at++) chains++;
    rn_program_free(p);
    rn_graph_free(g);
    return chains;
}

static void expect_no_chains(const rn__backend *backend)
{
    static double with[20000], without[20000];
    rn__backend other = *backend;

    other.tile_bytes = 0;
    cr_assert(run_maps(backend, with) > 0, "%s", backend->name);
    cr_assert_eq(run_maps(&other, without), 0, "%s", backend->name);
    cr_assert_eq(memcmp(with, without, sizeof with), 0, "%s", backend->name);
}

Test(backend, without_a_size_of_tiles_there_are_no_chains_and_the_same_values)
{
    expect_no_chains(&rn_test_reference);
    expect_no_chains(&rn__cpu);
}

/* ---- scratch memory ---- */

static size_t given;
static int given_threads;

static size_t some_scratch(const rn__plan *plan, const rn__step *step)
{
    const rn__node *node = rn__step_node(plan, step);

    return node && strcmp(node->op->name, "exp") == 0 ? 1000 : 10;
}

static size_t no_scratch(const rn__plan *plan, const rn__step *step)
{
    (void)plan, (void)step;
    return SIZE_MAX;
}

static void *load_given(const rn__plan *plan, size_t scratch, int threads)
{
    given = scratch;
    given_threads = threads;
    return rn_test_reference.load(plan, scratch, threads);
}

Test(backend, the_most_scratch_memory_of_a_step_and_threads_are_given)
{
    static double values[20000];
    rn__backend other = rn_test_reference;

    other.scratch = some_scratch;
    other.load = load_given;
    run_maps(&other, values);
    cr_assert_eq(given, 1000);
    cr_assert_eq(given_threads, 3);
}

/* ---- back ends that cannot ---- */

static bool no_support(const rn_op *op, rn_type variant)
{
    return variant != RN_F64 || strcmp(op->name, "tanh") != 0;
}

static void *no_memory(const rn__plan *plan, size_t scratch, int threads)
{
    (void)plan, (void)scratch, (void)threads;
    return NULL;
}

static void expect_refusal(const rn__backend *backend, const char *message)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2, 3)), y = rn_name(rn_tanh(x), "y");

    cr_assert_null(rn__compile_for(backend, g, (rn_compile_options){RN_OUTPUTS(y)}));
    cr_assert_str_eq(rn_graph_error(g), message);
    rn_graph_free(g);
}

Test(backend, what_a_back_end_refuses_is_an_error_of_the_graph)
{
    rn__backend other = rn_test_reference;

    other.supports = no_support;
    expect_refusal(&other, "tanh: no map or kernel for f64");
    other = rn_test_reference;
    other.load = no_memory;
    expect_refusal(&other, "compile: out of memory for a workspace of 128 bytes"
                           "; the largest value: tanh y f64 [2,3], 48 bytes");
    other.scratch = some_scratch;
    expect_refusal(&other, "compile: out of memory for a workspace of 138 bytes"
                           "; the largest value: tanh y f64 [2,3], 48 bytes");
    other = rn_test_reference;
    other.scratch = no_scratch;
    expect_refusal(&other, "graph: out of memory");
}

static void no_map(int64_t n, const void *const *x, const int64_t *step, void *y,
                   const void *attributes)
{
    (void)n, (void)x, (void)step, (void)y, (void)attributes;
}

Test(backend, a_map_has_no_more_operands_than_a_plan_allows)
{
    static const rn_op many = {.name = "many", .inputs = -1, .map = {[RN_F64] = no_map}};
    rn_graph *g = rn_graph_new();
    rn_tensor x[17];

    for (int i = 0; i < 17; i++) x[i] = rn_test_f64(g, "x", rn_shape(2));
    const rn_tensor y = rn_apply(&many, x, 17, NULL, 0),
                    z = rn_apply(&many, x, 16, NULL, 0);
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(z)});
    cr_assert(p, "%s", rn_graph_error(g));
    rn_program_free(p);
    cr_assert_null(rn_compile(g, (rn_compile_options){RN_OUTPUTS(y)}));
    cr_assert_str_eq(rn_graph_error(g),
                     "many: an element-wise operator of 17 operands, at most 16");
    rn_graph_free(g);
}
