/* SPDX-License-Identifier: MIT */
/* L-BFGS against PyTorch's, and what it refuses. */
#include "driver_support.h"

enum { CASES = sizeof cases / sizeof *cases, ROWS = sizeof steps / sizeof *steps };

static rn_program *compile(rn_test_world *w, rn_tensor loss, rn_optimizer with)
{
    rn_program *p =
        rn_compile(w->graph, (rn_compile_options){.minimize = loss, .with = with});

    cr_assert(p, "%s", rn_graph_error(w->graph));
    return p;
}

/* One case, step by step; returns the row of the next. */
static int follow(int which, int row)
{
    rn_tensor all;
    rn_test_world w = with_weights(RN_F64, &all);
    const rn_tensor loss = cases[which].rosenbrock ? rosenbrock(all) : convex(all);
    rn_program *p = compile(&w, loss, rn_lbfgs_gradients());
    rn_lbfgs *l = rn_lbfgs_new(w.model, p, loss, cases[which].options);

    cr_assert(l, "%s", rn_model_error(w.model));
    set_weights(w.model, start);
    for (; row < ROWS && steps[row].which == which; row++) {
        rn_lbfgs_result r;
        double got[WEIGHTS];
        cr_assert_eq(rn_lbfgs_step(l, &r), RN_OK, "%s", rn_lbfgs_error(l));
        cr_assert_eq(r.iterations, steps[row].iterations, "case %d: %d iterations", which,
                     r.iterations);
        cr_assert_eq(r.evaluations, steps[row].evaluations, "case %d: %d evaluations",
                     which, r.evaluations);
        get_weights(w.model, got);
        rn_test_close(&r.first, &steps[row].first, 1, 1e-9, "loss");
        rn_test_close(got, steps[row].w, WEIGHTS, 1e-9, "weights");
    }
    rn_lbfgs_free(l);
    rn_program_free(p);
    rn_test_end(&w);
    return row;
}

Test(lbfgs, steps_of_pytorch)
{
    int row = 0;

    for (int i = 0; i < CASES; i++) row = follow(i, row);
    cr_assert_eq(row, ROWS);
}

Test(lbfgs, weights_of_f32)
{
    rn_tensor all;
    rn_test_world w = with_weights(RN_F32, &all);
    const rn_tensor loss = convex(all);
    rn_program *p = compile(&w, loss, rn_lbfgs_gradients());
    rn_lbfgs *l = rn_lbfgs_new(w.model, p, loss, (rn_lbfgs_options){.strong_wolfe = true});
    rn_lbfgs_result r;

    cr_assert_eq(rn_lbfgs_step(l, &r), RN_OK);
    cr_assert(fabs(r.loss - 2.259729390475566) < 1e-5, "%g", r.loss);
    cr_assert(r.first > 9);
    rn_lbfgs_free(l);
    rn_program_free(p);
    rn_test_end(&w);
}

/* Weights that are frozen, or that the program does not compute, stay. */
Test(lbfgs, frozen_weights)
{
    rn_tensor all;
    rn_test_world w = with_weights(RN_F64, &all);
    const rn_tensor loss = convex(all);
    double got[WEIGHTS];

    set_weights(w.model, start);
    rn_program *both = compile(&w, loss, rn_lbfgs_gradients());
    rn_test_run_once(both);
    rn_program *p = compile(&w, loss, rn_except(rn_lbfgs_gradients(), "a"));
    get_weights(w.model, got);
    rn_test_close(got, start, WEIGHTS, 0, "a run changes no weights");
    rn_lbfgs *l = rn_lbfgs_new(w.model, p, loss, (rn_lbfgs_options){0});
    cr_assert_eq(rn_lbfgs_step(l, NULL), RN_OK);
    get_weights(w.model, got);
    rn_test_close(got, start, FIRST, 0, "frozen");
    cr_assert(got[FIRST] != start[FIRST]);
    rn_lbfgs_free(l);
    rn_program_free(both);
    rn_program_free(p);
    rn_test_end(&w);
}

/* w - log w has its minimum at 1 and is not finite for w <= 0. */
static void out_of_bounds(bool strong_wolfe)
{
    rn_test_world w = rn_test_begin();
    rn_tensor x = rn_weight(w.root, "x", rn_shape(1), (rn_init){RN_INIT_CONSTANT, 3});
    rn_tensor loss = rn_sum_all(rn_sub(x, rn_log(x)));
    rn_program *p = compile(&w, loss, rn_lbfgs_gradients());
    rn_lbfgs *l = rn_lbfgs_new(w.model, p, loss,
                               (rn_lbfgs_options){.strong_wolfe = strong_wolfe, .lr = 60});
    double *value = rn_test_values(w.model, "x");

    cr_assert_eq(rn_lbfgs_step(l, NULL), RN_OK, "%s", rn_lbfgs_error(l));
    cr_assert(strong_wolfe ? fabs(*value - 1) < 1e-4 : *value == 3, "%g", *value);
    *value = -1;
    cr_assert_eq(rn_lbfgs_step(l, NULL), RN_BAD_VALUE);
    cr_assert_str_eq(rn_lbfgs_error(l), "lbfgs_step: loss or gradient is not finite");
    cr_assert(*value == -1);
    rn_lbfgs_free(l);
    rn_program_free(p);
    rn_test_end(&w);
}

Test(lbfgs, trials_that_are_not_finite)
{
    out_of_bounds(true);
    out_of_bounds(false);
}

Test(lbfgs, refusals)
{
    rn_tensor all;
    rn_test_world w = with_weights(RN_F64, &all);
    const rn_tensor loss = convex(all), k = rn_input(w.graph, "k", RN_F64, rn_shape());
    const rn_lbfgs_options none = {0};
    const char *const nothing =
        "lbfgs_new: no program leaves gradients in the model: \"lbfgs\"";

    rn_program *sgd = rn_test_training(loss, rn_sgd(1, 0));
    cr_assert(!rn_lbfgs_new(w.model, sgd, loss, none));
    cr_assert_str_eq(rn_model_error(w.model), nothing);
    rn_program *p = compile(&w, rn_mul(loss, k), rn_lbfgs_gradients());
    cr_assert(!rn_lbfgs_new(NULL, p, loss, none));
    cr_assert(!rn_lbfgs_new(w.model, NULL, loss, none));
    cr_assert_str_eq(rn_model_error(w.model), "lbfgs_new: no program");
    cr_assert(!rn_lbfgs_new(w.model, p, loss, (rn_lbfgs_options){.lr = NAN}));
    cr_assert_str_eq(rn_model_error(w.model),
                     "lbfgs_new: lr must be finite and positive: nan");
    cr_assert(!rn_lbfgs_new(w.model, p, loss, (rn_lbfgs_options){.max_eval = -1}));
    cr_assert(
        !rn_lbfgs_new(w.model, p, loss, (rn_lbfgs_options){.history_size = INT32_MAX}));
    cr_assert_eq(rn_lbfgs_step(NULL, NULL), RN_INVALID);
    cr_assert_str_eq(rn_lbfgs_error(NULL), "");

    rn_lbfgs *l = rn_lbfgs_new(w.model, p, loss, none);
    cr_assert(l, "%s", rn_model_error(w.model));
    cr_assert_eq(rn_lbfgs_step(l, NULL), RN_INVALID, "an input that was not fed");
    cr_assert(strstr(rn_lbfgs_error(l), "never fed"), "%s", rn_lbfgs_error(l));
    rn_feed_f64(p, k, &(double){1}, 1);
    cr_assert_eq(rn_lbfgs_step(l, NULL), RN_INVALID, "not the program's loss");
    cr_assert(strstr(rn_lbfgs_error(l), "not an output"), "%s", rn_lbfgs_error(l));
    rn_lbfgs_free(l);
    rn_program_free(sgd);
    rn_program_free(p);
    rn_test_end(&w);
}

Test(lbfgs, its_gradients_are_of_a_loss_that_falls)
{
    rn_test_world w = rn_test_begin();
    rn_tensor x = rn_weight(w.root, "x", rn_shape(2), (rn_init){RN_INIT_ZEROS, 0});
    rn_optimizer o = rn_lbfgs_gradients();

    o.maximize = true;
    cr_assert(
        !rn_compile(w.graph, (rn_compile_options){.minimize = rn_sum_all(x), .with = o}));
    rn_test_error_is(w.graph, "lbfgs: it only minimises");
    rn_test_end(&w);
}

static bool work(rn_allocator a)
{
    rn_model *model = rn_model_new_using(1, RN_F64, a);
    rn_graph *g = rn_graph_new();
    rn_tensor w =
        rn_weight(rn_root(g, model), "w", rn_shape(2), (rn_init){RN_INIT_ZEROS, 0});
    rn_tensor loss = rn_sum_all(rn_square(rn_offset(w, 1)));
    rn_program *p = rn_is_null(loss)
                        ? NULL
                        : rn_compile(g, (rn_compile_options){.minimize = loss,
                                                             .with = rn_lbfgs_gradients()});
    rn_lbfgs *l = p ? rn_lbfgs_new(model, p, loss, (rn_lbfgs_options){0}) : NULL;
    const bool done = l && rn_lbfgs_step(l, NULL) == RN_OK;

    if (p && !l) cr_assert_str_eq(rn_model_error(model), "lbfgs_new: out of memory");
    rn_lbfgs_free(l);
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
    return done;
}

Test(lbfgs, every_allocation_may_fail)
{
    rn_test_each_failure(work);
}
