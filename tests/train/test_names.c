/* SPDX-License-Identifier: MIT */
/* Several optimisers and several programs over one model: which variables they share. */
#include "nn_support.h"

#include <math.h>
#include <string.h>

static const rn_init ones = {RN_INIT_CONSTANT, 1};

static rn_tensor weight(const rn_test_world *w, const char *name)
{
    return rn_weight(rn_share(w->root), name, rn_shape(2), ones);
}

static double first(const rn_test_world *w, const char *name)
{
    return rn_test_values(w->model, name)[0];
}

/* ---- rates ---- */

Test(names, programs_keep_the_rate_that_they_were_given)
{
    rn_test_world w = rn_test_begin();
    rn_program *p = rn_test_training(rn_sum_all(weight(&w, "a")), rn_sgd(0.5, 0));
    rn_program *q = rn_test_training(rn_sum_all(weight(&w, "b")), rn_sgd(0.125, 0));
    rn_program *r = rn_test_training(rn_sum_all(weight(&w, "b")), rn_sgd(0.25, 0));

    rn_test_run_once(p);
    cr_assert(first(&w, "a") == 0.5);
    rn_test_run_once(q);
    cr_assert(first(&w, "b") == 0.875);
    rn_test_run_once(r);
    cr_assert(first(&w, "b") == 0.625);
    cr_assert(first(&w, "optimizer/rate") == 0.5, "the first one's");
    cr_assert(first(&w, "optimizer/rate2") == 0.125);
    cr_assert(first(&w, "optimizer/rate3") == 0.25);
    cr_assert_eq(rn_training_of(w.model).steps, 3);

    cr_assert_eq(rn_set_learning_rate(w.model, 1), RN_OK);
    const int count = rn_model_count(w.model);
    rn_program *again = rn_test_training(rn_sum_all(weight(&w, "b")), rn_sgd(0.25, 0));
    cr_assert_eq(rn_model_count(w.model), count);
    rn_test_run_once(p), rn_test_run_once(q), rn_test_run_once(again);
    cr_assert(first(&w, "a") == -0.5 && first(&w, "b") == -1.375, "all are set");
    rn_program *new = rn_test_training(rn_sum_all(weight(&w, "b")), rn_sgd(0.0625, 0));
    rn_test_run_once(new), rn_test_run_once(p);
    cr_assert(first(&w, "b") == -1.4375 && first(&w, "a") == -1.5);
    rn_program *all[] = {p, q, r, again, new};
    for (int i = 0; i < 5; i++) rn_program_free(all[i]);
    rn_test_end(&w);
}

Test(names, a_name_has_rates_and_counts_of_its_own)
{
    rn_test_world w = rn_test_begin();
    rn_tensor loss = rn_sum_all(weight(&w, "a"));
    rn_program *p = rn_test_training(loss, rn_sgd(0.5, 0));
    rn_program *q = rn_test_training(loss, rn_named(rn_sgd(0.5, 0), "critic"));

    cr_assert_eq(rn_set_learning_rate_of(w.model, "critic", 0.25), RN_OK);
    rn_test_run_once(p);
    cr_assert(first(&w, "a") == 0.5);
    rn_test_run_once(q);
    cr_assert(first(&w, "a") == 0.25);
    rn_test_run_once(q);
    cr_assert_eq(rn_training_of(w.model).steps, 1);
    cr_assert_eq(rn_training_of_named(w.model, NULL).steps, 1);
    cr_assert_eq(rn_training_of_named(w.model, "critic").steps, 2);
    cr_assert_eq(rn_training_of_named(w.model, "nobody").steps, 0);
    cr_assert_eq(rn_set_learning_rate_of(w.model, "nobody", 1), RN_INVALID);
    cr_assert_str_eq(rn_model_error(w.model),
                     "set_learning_rate: the model has no optimiser yet: \"nobody\"");
    cr_assert_eq(rn_set_learning_rate_of(w.model, "crit", 1), RN_INVALID);
    cr_assert_eq(rn_set_learning_rate(w.model, 1), RN_OK);
    cr_assert(first(&w, "critic/rate") == 0.25);
    rn_program_free(p), rn_program_free(q);
    rn_test_end(&w);
}

/* ---- counts ---- */

/* Adam's first step of any weight is the rate, whenever it joins. */
Test(names, a_weight_that_joins_later_counts_from_there)
{
    rn_test_world w = rn_test_begin();
    rn_tensor a = rn_sum_all(weight(&w, "a"));
    rn_program *p = rn_test_training(a, rn_adam(0.5));

    for (int i = 0; i < 20; i++) rn_test_run_once(p);
    rn_program *q = rn_test_training(rn_add(a, rn_sum_all(weight(&w, "b"))), rn_adam(0.5));
    const double before = first(&w, "a");
    for (int i = 1; i <= 3; i++) {
        rn_test_run_once(q);
        cr_assert(fabs(first(&w, "b") - (1 - 0.5 * i)) < 1e-7, "%g", first(&w, "b"));
        cr_assert(fabs(first(&w, "a") - (before - 0.5 * i)) < 1e-6);
    }
    rn_program_free(p), rn_program_free(q);
    rn_test_end(&w);
}

/* ---- two optimisers against plain loops ---- */

enum { N = 3, STEPS = 15 };

typedef struct plain {
    double w[N], velocity[N], m[N], v[N], m2[N], v2[N];
    int t, t2;
} plain;

/* The gradient of  sum k (w - i)^2 / 2. */
static double slope(const plain *p, int i, double k)
{
    return k * (p->w[i] - i);
}

static void plain_sgd(plain *p, double k, double rate)
{
    for (int i = 0; i < N; i++) {
        p->velocity[i] = 0.9 * p->velocity[i] + slope(p, i, k);
        p->w[i] -= rate * p->velocity[i];
    }
}

static void plain_adam(plain *p, double *m, double *v, int t, double k, double rate)
{
    for (int i = 0; i < N; i++) {
        const double dw = slope(p, i, k);
        m[i] = 0.9 * m[i] + 0.1 * dw;
        v[i] = 0.999 * v[i] + 0.001 * dw * dw;
        p->w[i] -=
            rate * (m[i] / (1 - pow(0.9, t))) / (sqrt(v[i] / (1 - pow(0.999, t))) + 1e-8);
    }
}

/* SGD with momentum and two Adams over the same weights, in turns that are not regular. */
Test(names, optimisers_take_turns_over_the_same_weights)
{
    rn_test_world w = rn_test_begin();
    const double place[N] = {0, 1, 2};
    rn_tensor k = rn_input(w.graph, "k", RN_F64, rn_shape());
    rn_tensor x = rn_weight(w.root, "w", rn_shape(N), ones);
    rn_tensor off = rn_sub(x, rn_constant(w.graph, RN_F64, rn_shape(N), place));
    rn_tensor loss = rn_mul(k, rn_scale(rn_sum_all(rn_square(off)), 0.5));
    rn_program *p[3] = {rn_test_training(loss, rn_sgd(0.1, 0.9)),
                        rn_test_training(loss, rn_named(rn_adam(0.02), "adam")),
                        rn_test_training(loss, rn_named(rn_adam(0.3), "other"))};
    plain want = {.w = {1, 1, 1}};

    for (int i = 0; i < STEPS; i++) {
        const double factor = 0.25 + i % 4;
        const int turn = (i + i / 4) % 3;
        rn_test_feed_f64(p[turn], k, &factor);
        rn_test_run_once(p[turn]);
        if (turn == 0) plain_sgd(&want, factor, 0.1);
        if (turn == 1) plain_adam(&want, want.m, want.v, ++want.t, factor, 0.02);
        if (turn == 2) plain_adam(&want, want.m2, want.v2, ++want.t2, factor, 0.3);
        rn_test_close(rn_test_values(w.model, "w"), want.w, N, 1e-12, "w");
    }
    cr_assert(want.t > 1 && want.t2 > 1 && want.t + want.t2 < STEPS - 1);
    rn_test_close(rn_test_values(w.model, "adam/w/v"), want.v, N, 1e-12, "v");
    rn_test_close(rn_test_values(w.model, "other/w/v"), want.v2, N, 1e-12, "the other v");
    rn_test_close(rn_test_values(w.model, "optimizer/w/velocity"), want.velocity, N, 1e-12,
                  "velocity");
    for (int i = 0; i < 3; i++) rn_program_free(p[i]);
    rn_test_end(&w);
}

/* ---- refusals ---- */

static void refused(const char *name, const char *message)
{
    rn_test_world w = rn_test_begin();

    cr_assert(
        !rn_compile(w.graph, (rn_compile_options){.minimize = rn_sum_all(weight(&w, "a")),
                                                  .with = rn_named(rn_sgd(1, 0), name)}));
    rn_test_error_is(w.graph, message);
    rn_test_end(&w);
}

Test(names, names_that_could_be_mixed_up)
{
    refused("", "sgd: its name must have 1 to 200 bytes and no '/': \"\"");
    refused("a/b", "sgd: its name must have 1 to 200 bytes and no '/': \"a/b\"");
}

Test(names, a_state_of_somebody_else)
{
    rn_test_world w = rn_test_begin();

    rn_state(rn_scope_in(w.root, "mine"), "steps", RN_I32, rn_shape());
    cr_assert(
        !rn_compile(w.graph, (rn_compile_options){.minimize = rn_sum_all(weight(&w, "a")),
                                                  .with = rn_named(rn_sgd(1, 0), "mine")}));
    rn_test_error_is(w.graph, "state: the model has a state of that name: mine/steps");
    rn_test_end(&w);
}
