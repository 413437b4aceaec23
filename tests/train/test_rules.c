/* SPDX-License-Identifier: MIT */
/* Rules from outside the library, and what the library's become: one pass over a weight. */
#include "nn_support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- rules of a user's ---- */

/* Adam again, by public functions alone. */
static bool counts(const rn_optimizer *self)
{
    (void)self;
    return true;
}

static void prepare(rn_update *u)
{
    const double beta[] = {u->self->beta1, u->self->beta2};

    for (int k = 0; k < 2; k++) {
        const rn_tensor power = rn_pow(rn_constant_like(u->t, beta[k]), u->t);
        u->factor[k] = rn_cast(rn_reciprocal(rn_one_minus(power)), u->type);
    }
}

static rn_tensor mean(rn_update *u, int i, const char *name, double beta, rn_tensor x)
{
    const rn_tensor m = rn_update_moment(u, i, name);

    return rn_update_advance(u, m, rn_add(rn_scale(m, beta), rn_scale(x, 1 - beta)));
}

static rn_tensor step(rn_update *u, int i)
{
    const rn_optimizer *o = u->self;
    rn_tensor m = mean(u, i, "m", o->beta1, u->dw[i]);
    rn_tensor v = mean(u, i, "v", o->beta2, rn_square(u->dw[i]));
    rn_tensor root = rn_sqrt(rn_mul(v, rn_index(u->factor[1], 0, i)));

    m = rn_mul(m, rn_index(u->factor[0], 0, i));
    return rn_mul(u->rate[i], rn_div(m, rn_offset(root, o->eps)));
}

static double limit(const rn_optimizer *self, double largest)
{
    (void)self;
    return sqrt(largest) / 2;
}

static const rn_hyperparameter parameters[] = {
    RN_HYPERPARAMETER(beta1, 0.9, 0, 1), RN_HYPERPARAMETER(beta2, 0.999, 0, 1),
    RN_HYPERPARAMETER(eps, 1e-8, 1e-300, 1e300),
    RN_HYPERPARAMETER(weight_decay, 0, 0, 1e300)};

static const rn_optimizer_rule mine = {.name = "mine",
                                       .parameters = parameters,
                                       .parameter_count = 4,
                                       .decay = RN_DECAY_WEIGHT,
                                       .counts = counts,
                                       .limit = limit,
                                       .prepare = prepare,
                                       .step = step};

static rn_tensor loss_of(const rn_test_world *w, rn_tensor x)
{
    return rn_mean_all(rn_square(rn_tanh(rn_linear(w->root, "net", x, 3))));
}

/* The weights after some runs. */
static void train(rn_optimizer optimizer, double *weights)
{
    rn_test_world w = rn_test_begin();
    rn_program *p = rn_test_training(
        loss_of(&w, rn_fill(w.graph, RN_F64, rn_shape(2, 4), 0.5)), optimizer);

    for (int i = 0; i < 10; i++) rn_test_run_once(p);
    memcpy(weights, rn_test_values(w.model, "net/w"), 12 * sizeof *weights);
    rn_program_free(p);
    rn_test_end(&w);
}

Test(rules, one_of_a_user_is_like_the_librarys)
{
    rn_optimizer o = rn_clipped(rn_optimizer_of(&mine, 0.05), 0.1), p = rn_adamw(0.05, 0.1);
    double got[12], want[12];

    o.weight_decay = 0.1;
    o.beta1 = p.beta1 = 0.8;
    train(o, got);
    train(rn_clipped(p, 0.1), want);
    rn_test_close(got, want, 12, 1e-12, "mine");
}

/* ---- rules that are wrong ---- */

static rn_tensor nothing(rn_update *u, int i)
{
    (void)u, (void)i;
    return rn_null();
}

static rn_tensor no_weight(rn_update *u, int i)
{
    return rn_update_moment(u, i + u->count, "m");
}

static rn_tensor too_large(rn_update *u, int i)
{
    return rn_fill(u->graph, u->type, rn_shape(7, 2, 2), i);
}

static rn_tensor other_shape(rn_update *u, int i)
{
    return rn_update_moment_of(u, i, "m", RN_I32, rn_shape(5));
}

static const char *never(const rn_optimizer *self)
{
    return self->own ? "it is never right" : NULL;
}

static void refused(const rn_optimizer_rule *rule, const char *message)
{
    rn_test_world w = rn_test_begin();
    rn_tensor x = rn_weight(w.root, "w", rn_shape(2), (rn_init){RN_INIT_CONSTANT, 1});
    rn_optimizer o = rn_optimizer_of(rule, 1);

    o.own = &w;
    cr_assert(
        !rn_compile(w.graph, (rn_compile_options){.minimize = rn_sum_all(x), .with = o}));
    cr_assert(strstr(rn_graph_error(w.graph), message), "%s", rn_graph_error(w.graph));
    cr_assert_eq(rn_model_count(w.model), 1);
    rn_test_end(&w);
}

Test(rules, that_are_wrong)
{
    refused(NULL, "optimizer: the optimiser has no rule");
    refused(&(rn_optimizer_rule){.name = "x"}, "optimizer: the optimiser has no rule");
    refused(&(rn_optimizer_rule){.name = "x", .step = nothing},
            "x: the rule returned no change of a weight: w");
    refused(&(rn_optimizer_rule){.step = no_weight},
            "optimizer: there is no weight 1 of 1");
    refused(&(rn_optimizer_rule){.name = "x", .step = too_large}, "[7,2,2]");
    refused(&(rn_optimizer_rule){.name = "x", .step = other_shape}, "sub");
    refused(&(rn_optimizer_rule){.name = "x", .step = nothing, .fault = never},
            "x: it is never right");
    cr_assert(rn_is_null(rn_update_moment(NULL, 0, "m")));
    cr_assert(rn_is_null(rn_update_advance(NULL, rn_null(), rn_null())));
}

/* ---- one pass ---- */

/* The steps of the plan that make something of the shape of the weight, [37,41], without
 * those of chains, which run tile by tile. */
static int passes(rn_optimizer optimizer)
{
    rn_test_world w = rn_test_begin();
    rn_tensor x = rn_weight(w.root, "w", rn_shape(37, 41), (rn_init){RN_INIT_NORMAL, 1});
    rn_program *p = rn_test_training(rn_sum_all(rn_square(x)), optimizer);
    const size_t bytes = rn_program_print(p, NULL, 0) + 1;
    char *text = (char *)malloc(bytes);
    int count = 0;

    cr_assert(text && rn_program_print(p, text, bytes) == bytes - 1);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        count += line[0] >= '0' && line[0] <= '9' && strstr(line, "[37,41]");
    free(text);
    rn_program_free(p);
    rn_test_end(&w);
    return count;
}

/* LAMB needs norms of what it computes, a clipped gradient its own, before weights change.
 */
Test(rules, one_pass)
{
    const double rate = 0.1, second = 0.1;
    rn_optimizer o = rn_clipped(rn_adamw(rate, second), 1);
    const int least = passes(rn_sgd(rate, 0));

#define RN_OPTIMIZER(name, arguments, ...)                                                 \
    cr_assert_eq(passes(rn_##name arguments), least + (strcmp(#name, "lamb") ? 0 : 2),     \
                 "%s: %d", #name, passes(rn_##name arguments));
#define RN_OPTIMIZER_OTHER RN_OPTIMIZER
#include "updates.def"
    cr_assert_eq(passes(o), least + 1);
    o.accumulate = 3;
    cr_assert_eq(passes(o), least + 2);
}
