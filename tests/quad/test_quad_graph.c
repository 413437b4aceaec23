/* SPDX-License-Identifier: MIT */
/* The quad evaluator on whole graphs: random graphs with nested loops, against the compiled
 * program; and after setting new values. */
#include "compile/random_graph.h"
#include "quad.h"

enum { MOST = 100000 };

/* All tensors of the pool, at the inputs' present values. */
static void compare(rn_test_quad *q, rn_program *p, const rn_test_pool *pool, uint64_t seed)
{
    double *got = (double *)malloc(MOST * sizeof *got),
           *want = (double *)malloc(MOST * sizeof *want);
    char what[60];

    rn_test_run(p);
    for (int i = 0; i < pool->count; i++) {
        const int64_t n = rn_test_count(pool->at[i]);
        const quad *y = rn_test_quad_run(q, pool->at[i]);
        for (int64_t j = 0; j < n; j++) want[j] = (double)y[j];
        snprintf(what, sizeof what, "seed %d, tensor %d", (int)seed, i);
        rn_test_near(rn_test_read(p, pool->at[i], got), want, n, 1e-11, what);
    }
    free(got);
    free(want);
}

static void set(rn_test_quad *q, rn_program *p, rn_tensor x, uint64_t seed)
{
    double values[64];

    rn_test_numbers(values, rn_test_count(x), seed);
    rn_test_feed(p, x, values);
    rn_test_quad_set(q, x, values);
}

Test(quad_graph, random_graphs_and_some_inputs_set_anew)
{
    for (uint64_t seed = 1; seed <= 150; seed++) {
        rn_test_dice d = {.seed = seed, .smooth = true};
        rn_test_pool pool;
        rn_graph *g = rn_test_random_graph(&d, 20, &pool, NULL);
        rn_program *p = rn_test_compile_with(
            g, (rn_compile_options){.outputs = pool.at, .output_count = pool.count});
        rn_test_quad *q = rn_test_quad_new(g);
        for (int i = 0; i < RN_TEST_INPUTS; i++) set(q, p, pool.at[i], seed);
        compare(q, p, &pool, seed);
        for (int i = 0; i < RN_TEST_INPUTS; i++) {
            set(q, p, pool.at[i], seed + 1000);
            compare(q, p, &pool, seed);
        }
        rn_test_quad_free(q);
        rn_program_free(p);
        rn_graph_free(g);
    }
}

/* A gradient of the library's, along a random direction of all inputs, is the
 * derivative. */
Test(quad_graph, derivatives_of_random_graphs)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        rn_test_dice d = {.seed = seed, .smooth = true};
        rn_test_pool pool;
        rn_tensor dx[RN_TEST_INPUTS], loss = rn_null(), slope = rn_null();
        rn_test_quad_path paths[RN_TEST_INPUTS];
        double directions[RN_TEST_INPUTS][64];
        rn_graph *g = rn_test_random_graph(&d, 16, &pool, NULL);

        for (int i = pool.count - 4; i < pool.count; i++) {
            const rn_tensor part = rn_sum_all(rn_tanh(pool.at[i]));
            loss = rn_is_null(loss) ? part : rn_add(loss, part);
        }
        cr_assert(rn_grad(loss, rn_null(), pool.at, RN_TEST_INPUTS, dx), "%s",
                  rn_graph_error(g));
        for (int i = 0; i < RN_TEST_INPUTS; i++) {
            rn_test_numbers(directions[i], rn_test_count(dx[i]), seed * 7 + (uint64_t)i);
            const rn_tensor direction =
                rn_constant(g, RN_F64, rn_shape_get(dx[i]), directions[i]);
            const rn_tensor part = rn_sum_all(rn_mul(dx[i], direction));
            slope = i ? rn_add(slope, part) : part;
            paths[i] = (rn_test_quad_path){pool.at[i], directions[i]};
        }
        rn_program *p = rn_test_compile(g, slope);
        rn_test_quad *q = rn_test_quad_new(g);
        for (int i = 0; i < RN_TEST_INPUTS; i++) set(q, p, pool.at[i], seed);
        rn_test_run(p);

        quad error;
        const quad want = rn_test_quad_derivative(q, loss, paths, RN_TEST_INPUTS, &error);
        const double got = rn_scalar(p, slope), wanted = (double)want;
        cr_assert(error <= 1e-18Q * (1 + fabsq(want)), "seed %d: error %g", (int)seed,
                  (double)error);
        rn_test_near(&got, &wanted, 1, 1e-11, "slope");
        const quad in_quad = rn_test_quad_run(q, slope)[0];
        cr_assert(fabsq(in_quad - want) <= error + 1e-20Q * fabsq(want),
                  "seed %d: %g is not %g, by %g; error %g", (int)seed, (double)in_quad,
                  wanted, (double)(in_quad - want), (double)error);
        rn_test_quad_free(q);
        rn_program_free(p);
        rn_graph_free(g);
    }
}

Test(quad_graph, variables_have_their_values)
{
    rn_variable *v = rn_variable_new((rn_allocator){0}, "v", RN_F32, rn_shape(2));
    rn_graph *g = rn_graph_new();

    ((float *)rn_variable_data(v))[1] = 0.1f;
    const rn_tensor x = rn_read_variable(g, v);
    rn_test_quad *q = rn_test_quad_new(g);
    cr_assert(rn_test_quad_run(q, x)[1] == (quad)0.1f);
    rn_test_quad_set(q, x, (const double[]){0, 0.1});
    cr_assert(rn_test_quad_run(q, x)[1] == (quad)0.1);
    rn_test_quad_set_data(q, x, (const float[]){0, 0.3f});
    cr_assert(rn_test_quad_run(q, x)[1] == (quad)0.3f);
    rn_test_quad_free(q);
    rn_graph_free(g);
    rn_variable_release(v);
}
