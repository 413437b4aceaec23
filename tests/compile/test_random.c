/* SPDX-License-Identifier: MIT */
/*
 * Random graphs and their gradients: a program computes the same as a direct evaluation of
 * its graph, with any number of outputs. The message of a failure has its seed;
 * RONDO_SEEDS=first:count runs others.
 */
#include "naive.h"
#include "random_graph.h"

static uint64_t first = 1;
static double tolerance = 1e-10;

static int seeds(int count)
{
    const char *text = getenv("RONDO_SEEDS");
    char *end;

    if (!text) return count;
    first = strtoull(text, &end, 10);
    return *end == ':' ? (int)strtol(end + 1, NULL, 10) : 1;
}

static void set_leaf(const rn_graph *graph, int32_t id, void *to)
{
    const rn__node *node = rn__at(graph, id);

    rn_test_numbers((double *)to, rn_shape_count(node->shape), 1000 + (uint64_t)id);
}

static rn_program *compiled(rn_graph *g, const rn_tensor *y, int count, uint64_t seed)
{
    rn_program *p =
        rn_compile(g, (rn_compile_options){.outputs = y, .output_count = count});

    cr_assert(p, "seed %d: %s", (int)seed, rn_graph_error(g));
    return p;
}

/* Compiles for these outputs, runs twice, and compares with the values of the graph. */
static void compare(rn_graph *g, const rn_test_naive *naive, const rn_test_pool *inputs,
                    const rn_tensor *y, int count, const char *what, uint64_t seed)
{
    rn_program *p = compiled(g, y, count, seed);
    double *got = (double *)malloc(sizeof(double) * 100000);
    char text[100];

    for (int i = 0; i < RN_TEST_INPUTS; i++)
        rn_test_feed(p, inputs->at[i], (const double *)naive->at[inputs->at[i].id]);
    rn_test_run(p), rn_test_run(p);
    for (int i = 0; i < count; i++) {
        snprintf(text, sizeof text, "seed %d, %s, output %d of %d, node %d", (int)seed,
                 what, i, count, (int)y[i].id);
        rn_test_near(rn_test_read(p, y[i], got), (const double *)naive->at[y[i].id],
                     rn_test_count(y[i]), tolerance, text);
    }
    free(got);
    rn_program_free(p);
}

/* All tensors as outputs, so that hardly any memory can be used again; every one alone, of
 * the last few; and some. */
static void compare_all(rn_graph *g, const rn_test_pool *pool, uint64_t seed)
{
    rn_test_naive naive = rn_test_naive_new(g, NULL);
    rn_test_dice d = {.seed = seed, .thrown = 1 << 20};
    rn_tensor some[RN_TEST_POOL];
    int count = 0;

    rn_test_naive_run(&naive, set_leaf);
    compare(g, &naive, pool, pool->at, pool->count, "all", seed);
    for (int i = pool->count - 1; i >= pool->count - 3; i--)
        compare(g, &naive, pool, &pool->at[i], 1, "one", seed);
    for (int i = 0; i < pool->count; i++)
        if (rn_test_throw(&d, 5) == 0) some[count++] = pool->at[i];
    if (count) compare(g, &naive, pool, some, count, "some", seed);
    rn_test_naive_free(&naive);
}

Test(random, programs_compute_what_graphs_say)
{
    const int count = seeds(400);

    for (uint64_t seed = first; seed < first + (uint64_t)count; seed++) {
        rn_test_dice d = {.seed = seed};
        rn_test_pool pool;
        rn_graph *g = rn_test_random_graph(&d, 30, &pool, NULL);
        compare_all(g, &pool, seed);
        rn_graph_free(g);
    }
}

/* A scalar of the last few tensors. */
static rn_tensor loss_of(const rn_test_pool *pool)
{
    rn_tensor loss = rn_mean_all(rn_tanh(pool->at[0]));

    for (int i = pool->count - 5; i < pool->count; i++)
        loss = rn_add(loss, rn_sum_all(rn_tanh(pool->at[i])));
    return loss;
}

/* The same with gradients, once and twice, which bring loops within loops that no person
 * would write. */
Test(random, programs_of_gradients_compute_what_graphs_say)
{
    const int count = seeds(150);

    tolerance = 1e-8; /* much may cancel in a second derivative */
    for (uint64_t seed = first; seed < first + (uint64_t)count; seed++) {
        rn_test_dice d = {.seed = seed};
        rn_test_pool pool;
        rn_tensor dx[RN_TEST_INPUTS];
        rn_graph *g = rn_test_random_graph(&d, 16, &pool, NULL);
        rn_tensor loss = loss_of(&pool);
        for (int order = 0; order < 2; order++) {
            cr_assert(rn_grad(loss, rn_null(), pool.at, RN_TEST_INPUTS, dx), "seed %d: %s",
                      (int)seed, rn_graph_error(g));
            for (int i = 0; i < RN_TEST_INPUTS; i++) rn_test_put(&pool, dx[i]);
            loss = rn_add(rn_sum_all(rn_sin(dx[0])), rn_sum_all(rn_sin(dx[2])));
        }
        compare_all(g, &pool, seed);
        rn_graph_free(g);
    }
}

/* ---- variables ---- */

static const rn_shape variable_shapes[RN_TEST_VARIABLES] = {
    {2, {4, 4}}, {1, {4}}, {2, {4, 4}}, {2, {3, 4}}};

/* Assigns to most variables something of their shape, often made of other variables, and
 * sets value[i] to it, or to the variable itself. */
static void assign(rn_test_dice *d, const rn_test_pool *pool, rn_tensor *value)
{
    for (int i = 0; i < RN_TEST_VARIABLES; i++) {
        const rn_tensor variable = value[i] = pool->at[RN_TEST_INPUTS + i];
        for (int tries = 0; tries < 20; tries++) {
            const rn_tensor x = pool->at[rn_test_throw(d, pool->count)];
            if (!rn_shape_equal(rn_shape_get(x), rn_shape_get(variable))) continue;
            value[i] = rn_assign(variable,
                                 rn_test_throw(d, 3) ? x : rn_reverse(rn_reverse(x, 0), 0));
            break;
        }
    }
}

/* One run changes the variables to what the graph says, all at once. */
static void compare_assigned(rn_graph *g, const rn_test_pool *pool, rn_variable **v,
                             const rn_tensor *value, int outputs, uint64_t seed)
{
    rn_test_naive naive = rn_test_naive_new(g, NULL);
    double *got = (double *)malloc(sizeof(double) * 100000);
    char text[100];
    rn_program *p = compiled(g, pool->at + pool->count - outputs, outputs, seed);

    rn_test_naive_run(&naive, set_leaf);
    for (int i = 0; i < RN_TEST_VARIABLES; i++)
        memcpy(rn_variable_data(v[i]), naive.at[pool->at[RN_TEST_INPUTS + i].id],
               (size_t)rn_test_count(pool->at[RN_TEST_INPUTS + i]) * sizeof(double));
    for (int i = 0; i < RN_TEST_INPUTS; i++)
        rn_test_feed(p, pool->at[i], (const double *)naive.at[pool->at[i].id]);
    rn_test_run(p);
    for (int i = 0; i < RN_TEST_VARIABLES; i++) {
        snprintf(text, sizeof text, "seed %d, %d outputs, variable %d", (int)seed, outputs,
                 i);
        rn_test_near((const double *)rn_variable_data(v[i]),
                     (const double *)naive.at[value[i].id], rn_test_count(value[i]),
                     tolerance, text);
    }
    for (int i = pool->count - outputs; i < pool->count; i++) {
        snprintf(text, sizeof text, "seed %d, output %d", (int)seed, i);
        rn_test_near(rn_test_read(p, pool->at[i], got),
                     (const double *)naive.at[pool->at[i].id], rn_test_count(pool->at[i]),
                     tolerance, text);
    }
    free(got);
    rn_program_free(p);
    rn_test_naive_free(&naive);
}

Test(random, assignments_make_what_graphs_say)
{
    const int count = seeds(300);

    for (uint64_t seed = first; seed < first + (uint64_t)count; seed++) {
        rn_test_dice d = {.seed = seed};
        rn_test_pool pool;
        rn_variable *v[RN_TEST_VARIABLES];
        rn_tensor value[RN_TEST_VARIABLES];
        for (int i = 0; i < RN_TEST_VARIABLES; i++)
            v[i] = rn_variable_new((rn_allocator){0}, "v", RN_F64, variable_shapes[i]);
        rn_graph *g = rn_test_random_graph(&d, 12, &pool, v);
        assign(&d, &pool, value);
        compare_assigned(g, &pool, v, value, 0, seed);
        compare_assigned(g, &pool, v, value, 1, seed);
        compare_assigned(g, &pool, v, value, pool.count, seed);
        rn_graph_free(g);
        for (int i = 0; i < RN_TEST_VARIABLES; i++) rn_variable_release(v[i]);
    }
}
