/* SPDX-License-Identifier: MIT */
/* NaN and infinities that no operator produced are not reported as such, and watching
 * changes nothing else. */
#include "nonfinite.h"

#include <rondo/layers.h>
#include <rondo/model.h>
#include <rondo/train.h>

#include "compile/random_graph.h"

#include <fenv.h>

/* ---- what was there before the run ---- */

Test(nonfinite, inputs_and_variables_are_told_apart)
{
    rn_graph *g = rn_graph_new();
    rn_variable *variable = rn_variable_new((rn_allocator){0}, "w", RN_F64, rn_shape(2, 2));
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2, 2));
    const rn_tensor y = rn_matmul(x, rn_read_variable(g, variable));
    rn_program *p = WATCHED(g, y);

    rn_test_feed(p, x, (double[]){1, 2, 3, NAN});
    rn_test_run(p);
    expect_text(p, 0, "input \"x\" [2,2]: NaN at element 3");
    cr_assert_eq(found_at(p, 0).origin, RN_ORIGIN_INPUT);
    rn_test_feed(p, x, (double[]){1, 2, 3, 4});
    ((double *)rn_variable_data(variable))[1] = -INFINITY;
    rn_test_run(p);
    expect_text(p, 0, "variable \"w\" [2,2]: -inf at element 1");
    cr_assert_eq(found_at(p, 0).origin, RN_ORIGIN_VARIABLE);
    rn_program_free(p);
    rn_graph_free(g);
    rn_variable_release(variable);
}

/* ---- nothing to report ---- */

Test(nonfinite, infinite_masks_and_chosen_away_logarithms)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(4)), zero = rn_scale(x, 0);
    const rn_tensor mask =
        rn_test_constant_f64(g, rn_shape(4), (double[]){0, -INFINITY, 0, -INFINITY});
    const rn_tensor y = rn_softmax(rn_add(x, mask), 0);
    const rn_tensor z = rn_where(rn_less(zero, x), rn_log(x), zero);
    rn_program *p = WATCHED(g, y), *q = WATCHED(g, z);
    rn_nonfinite f;

    rn_test_feed(p, x, (double[]){1, 2, 3, 4});
    rn_test_run(p);
    expect_nothing(p);
    rn_test_feed(q, x, (double[]){1, 0, 3, 4});
    rn_test_run(q);
    /* Whether log raises a flag is its own matter; that it matters to no one is known. */
    cr_assert(!rn_program_nonfinite(q, 0, &f) || !f.reached);
    rn_program_free(p);
    rn_program_free(q);
    rn_graph_free(g);
}

/* Looking changes no bit, whatever it finds, and finds nothing in clean runs. */
static void compare(rn_graph *g, const rn_test_pool *pool, double scale, uint64_t seed)
{
    static double data[100000], want[100000], got[100000];
    rn_program *p[2];
    bool clean = true;
    rn_nonfinite f;

    for (int i = 0; i < 2; i++) {
        p[i] = rn_test_compile_with(
            g, (rn_compile_options){.outputs = pool->at,
                                    .output_count = pool->count,
                                    .watch = i ? RN_WATCH_ON : RN_WATCH_OFF});
        for (int k = 0; k < RN_TEST_INPUTS; k++) {
            const int64_t n = rn_test_count(pool->at[k]);
            rn_test_numbers(data, n, seed + (uint64_t)k);
            for (int64_t j = 0; j < n; j++) data[j] *= scale;
            rn_test_feed(p[i], pool->at[k], data);
        }
        rn_test_run(p[i]);
    }
    for (int i = 0; i < pool->count; i++) {
        const int64_t n = rn_test_count(pool->at[i]);
        rn_test_read(p[0], pool->at[i], want), rn_test_read(p[1], pool->at[i], got);
        cr_assert_eq(memcmp(want, got, (size_t)n * sizeof *got), 0, "seed %d", (int)seed);
        for (int64_t j = 0; j < n; j++) clean = clean && isfinite(want[j]);
    }
    const bool found = rn_program_nonfinite(p[1], 0, &f);
    /* What is born of huge inputs may come to nothing, 1 / inf = 0. */
    const bool right = clean ? !found || (scale > 1 && !f.reached) : found && f.reached;
    cr_assert(right, "seed %d: %s", (int)seed, found ? f.text : "nothing found");
    rn_program_free(p[0]);
    rn_program_free(p[1]);
}

Test(nonfinite, random_programs)
{
    for (uint64_t seed = 1; seed <= 150; seed++) {
        rn_test_dice d = {.seed = seed};
        rn_test_pool pool;
        rn_graph *g = rn_test_random_graph(&d, 30, &pool, NULL);
        compare(g, &pool, 1, seed);
        compare(g, &pool, 1e200, seed);
        rn_graph_free(g);
    }
}

/* ---- the caller's processor state ---- */

Test(nonfinite, flags_and_rounding_are_left_alone)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape(2)), y = rn_sqrt(rn_square(x));
    rn_program *p = WATCHED(g, y);

    rn_test_feed(p, x, (double[]){3, 1e200});
    for (int round = 0; round < 2; round++) {
        const int flags = round ? FE_UNDERFLOW | FE_DIVBYZERO : 0;
        feclearexcept(FE_ALL_EXCEPT);
        feraiseexcept(flags);
        fesetround(round ? FE_UPWARD : FE_TONEAREST);
        const int before = fetestexcept(FE_ALL_EXCEPT);
        rn_run(p);
        const int after = fetestexcept(FE_ALL_EXCEPT), rounding = fegetround();
        fesetround(FE_TONEAREST);
        cr_assert_eq(after, before);
        cr_assert_eq(rounding, round ? FE_UPWARD : FE_TONEAREST);
    }
    expect(p, 0, "square", "", 1);
    rn_program_free(p);
    rn_graph_free(g);
}

/* ---- when it is looked for ---- */

static bool set(const rn_optimizer *self, rn_tensor loss)
{
    (void)self;
    return !rn_is_null(loss);
}

Test(nonfinite, on_by_default_where_something_is_minimised)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape()), y = rn_name(rn_log(x), "y");
    const rn_optimizer none = {.build = set};
    const rn_compile_options options[] = {
        {RN_OUTPUTS(y)},
        {RN_OUTPUTS(y), .watch = RN_WATCH_ON},
        {.minimize = y, .with = none},
        {.minimize = y, .with = none, .watch = RN_WATCH_OFF}};

    for (int i = 0; i < 4; i++) {
        rn_program *p = rn_test_compile_with(g, options[i]);
        rn_nonfinite f;
        cr_assert_not(rn_program_nonfinite(p, 0, &f));
        rn_test_feed(p, x, (double[]){-1});
        rn_test_run(p);
        cr_assert_eq(rn_program_nonfinite(p, 0, &f), i == 1 || i == 2);
        cr_assert_not(rn_program_nonfinite(p, 1, &f) || rn_program_nonfinite(p, -1, &f));
        rn_program_free(p);
    }
    cr_assert_not(rn_program_nonfinite(NULL, 0, NULL));
    rn_graph_free(g);
}

/* The norm of the run before is NaN too, but it is written before anything reads it. */
Test(nonfinite, the_last_norm_is_no_cause)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(2, 3));
    const rn_tensor y = rn_linear(rn_root(g, model), "out", x, 2);
    const rn_tensor loss = rn_sum_all(rn_name(rn_sqrt(rn_neg(rn_square(y))), "wrong"));
    rn_program *p = rn_test_compile_with(
        g, (rn_compile_options){.minimize = loss, .with = rn_sgd(0.1, 0)});
    static const float data[6] = {1, 2, 3, 4, 5, 6};

    cr_assert_eq(rn_feed(p, x, data, sizeof data), RN_OK);
    for (int run = 0; run < 3; run++) {
        rn_test_run(p);
        expect(p, 0, "sqrt", "wrong", 0);
        cr_assert_eq(found_at(p, 0).ago, 0);
    }
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

/* A run that is like many before it shows what the last look found. */
Test(nonfinite, not_every_run_of_many)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_test_f64(g, "x", rn_shape()), y = rn_name(rn_log(x), "y");
    rn_program *p = WATCHED(g, y);

    rn_test_feed(p, x, (double[]){-1});
    for (int64_t run = 1; run <= 40; run++) {
        rn_test_run(p);
        const int64_t last = run <= 8 ? run : run < 16 ? 8 : run < 32 ? 16 : 32;
        cr_assert_eq(found_at(p, 0).ago, run - last, "run %d", (int)run);
    }
    rn_test_feed(p, x, (double[]){1});
    rn_test_run(p);
    expect_nothing(p);
    rn_test_feed(p, x, (double[]){-1});
    rn_test_run(p);
    cr_assert_eq(found_at(p, 0).ago, 0);
    rn_program_free(p);
    rn_graph_free(g);
}
