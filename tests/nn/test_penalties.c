/* SPDX-License-Identifier: MIT */
/* Penalties of weights and of activations. */
#include "nn_support.h"

#include <math.h>
#include <string.h>

enum { T = 4, B = 3, H = 2, ALL = T * B * H };

static const rn_init normal = {RN_INIT_NORMAL, 1};

static rn_tensor weight(const rn_test_world *w, const char *name, rn_shape shape)
{
    return rn_weight(w->root, name, shape, normal);
}

static double value_of(rn_tensor x)
{
    double y;

    rn_test_value_f64(x, &y);
    return y;
}

/* ---- weights ---- */

/* What the penalty of one variable should be. */
static double penalty_of(const rn_test_world *w, const char *name, int count, double l1,
                         double l2)
{
    const double *x = rn_test_values(w->model, name);
    double sum = 0;

    for (int i = 0; i < count; i++) sum += l1 * fabs(x[i]) + l2 * x[i] * x[i];
    return sum;
}

Test(penalties, of_weights)
{
    rn_test_world w = rn_test_begin();
    rn_graph *other = rn_graph_new();

    rn_weight(rn_root(other, w.model), "unused/w", rn_shape(3), normal);
    weight(&w, "a/w", rn_shape(2, 3)), weight(&w, "a/b", rn_shape(3));
    weight(&w, "b/w", rn_shape(5)), rn_state(w.root, "b/s", RN_F64, rn_shape(2));
    rn_test_scramble(w.model, 1);
    const double a = penalty_of(&w, "a/w", 6, 0, 0.5), b = penalty_of(&w, "b/w", 5, 0, 0.5);
    rn_test_near(value_of(rn_weight_penalty(w.root, "*w", 0, 0.5)), a + b, 1e-15);
    rn_test_near(value_of(rn_weight_penalty(w.root, "b*, a/w", 0, 0.5)), a + b, 1e-15);
    rn_test_near(value_of(rn_weight_penalty(w.root, "a/b", 3, 0.25)),
                 penalty_of(&w, "a/b", 3, 3, 0.25), 1e-15);
    rn_test_near(value_of(rn_weight_penalty(w.root, NULL, 2, 0)),
                 penalty_of(&w, "a/b", 3, 2, 0) + penalty_of(&w, "a/w", 6, 2, 0) +
                     penalty_of(&w, "b/w", 5, 2, 0),
                 1e-15);
    cr_assert(value_of(rn_weight_penalty(w.root, NULL, 0, 0)) == 0);
    rn_graph_free(other);
    rn_test_end(&w);
}

/* Plain gradient descent on sum w^2 / 2 + .. : the penalty's gradient is l1 sign w + 2 l2
 * w.
 */
Test(penalties, shrink_weights)
{
    rn_test_world w = rn_test_begin();
    rn_tensor x = weight(&w, "w", rn_shape(3));
    const double before[3] = {1, -2, 0};

    cr_assert_eq(rn_model_set(w.model, "w", before, sizeof before), RN_OK);
    rn_tensor loss = rn_add(rn_sum_all(x), rn_weight_penalty(w.root, "w", 0.25, 0.5));
    rn_program *p = rn_test_training(loss, rn_sgd(0.5, 0));
    rn_test_run_once(p);
    const double *after = rn_test_values(w.model, "w");
    cr_assert(after[0] == 1 - 0.5 * (1 + 0.25 + 1));
    cr_assert(after[1] == -2 - 0.5 * (1 - 0.25 - 2));
    cr_assert(after[2] == -0.5);
    rn_program_free(p);
    rn_test_end(&w);
}

/* ---- activations ---- */

static rn_tensor both(rn_tensor h, rn_tensor valid)
{
    return rn_add(rn_activation_penalty(h, valid, 0.5, 1.25),
                  rn_scale(rn_temporal_penalty(h, valid, 0.75), 3));
}

/* The same by plain loops. */
static double both_plainly(const double *h, const bool *valid)
{
    double sizes = 0, changes = 0, steps = 0, pairs = 0;

    for (int i = 0; i < ALL; i++) {
        const int at = i / H, before = at - B;
        if (!valid[at]) continue;
        sizes += 0.5 * fabs(h[i]) + 1.25 * h[i] * h[i];
        steps++;
        if (before < 0 || !valid[before]) continue;
        changes += 0.75 * (h[i] - h[i - B * H]) * (h[i] - h[i - B * H]);
        pairs++;
    }
    return (steps > 0 ? sizes / steps : 0) + (pairs > 0 ? 3 * changes / pairs : 0);
}

static void check(const char *steps, const int32_t *lengths)
{
    bool mask[T * B];
    double h[ALL], dx[2][ALL], loss[2];
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, H));
    rn_tensor none = rn_input(g, "none", RN_F64, rn_shape(0));

    for (int i = 0; i < T * B; i++) mask[i] = steps[i] == '1';
    rn_test_numbers(h, ALL, 4);
    const double want = both_plainly(h, mask);
    rn_tensor valid = lengths ? rn_constant(g, RN_I32, rn_shape(B), lengths)
                              : rn_constant(g, RN_BOOL, rn_shape(T, B), mask);
    rn_tensor y = both(x, valid);
    for (int k = 0; k < 2; k++) {
        loss[k] = rn_test_loss(g, y, x, h, none, h, dx[k]);
        for (int i = 0; i < ALL; i++)
            if (!mask[i / H]) h[i] = i % 2 ? NAN : HUGE_VAL;
    }
    rn_test_near(loss[0], want, 1e-15);
    cr_assert(!memcmp(&loss[0], &loss[1], sizeof loss[0]), "padding counts");
    cr_assert(!memcmp(dx[0], dx[1], sizeof dx[0]), "padding counts in the gradient");
    for (int i = 0; i < ALL; i++) cr_assert(mask[i / H] || dx[0][i] == 0);
    rn_graph_free(g);
}

Test(penalties, of_activations)
{
    check("111111111111", (const int32_t[]){4, 4, 4});
    check("110110010010", (const int32_t[]){2, 4, 0});
    check("000000000000", (const int32_t[]){0, 0, 0});
    check("111000000000", (const int32_t[]){1, 1, 1});
    check("011101110001", NULL);
    check("101010101010", NULL);
}

Test(penalties, have_gradients)
{
    static const int32_t lengths[] = {2, 4, 0};
    rn_test_world w = rn_test_begin();
    rn_tensor h = weight(&w, "h", rn_shape(T, B, H)), v = weight(&w, "v", rn_shape(5));
    rn_tensor valid = rn_constant(w.graph, RN_I32, rn_shape(B), lengths);
    rn_tensor y = rn_add(both(h, valid), both(rn_square(h), rn_null()));
    y = rn_add(y, rn_mul(rn_weight_penalty(w.root, "v", 0.5, 0.75), rn_mean_all(v)));
    rn_gradcheck_report *r = rn_gradcheck(y, (rn_gradcheck_options){.seed = 2});

    cr_assert(r && r->passed, "%s", r ? r->text : rn_graph_error(w.graph));
    cr_assert(r->largest < 1e-9, "%g", r->largest);
    rn_gradcheck_free(r);
    rn_test_end(&w);
}

Test(penalties, of_no_steps)
{
    for (int64_t steps = 0; steps < 2; steps++) {
        rn_graph *g = rn_graph_new();
        rn_tensor h = rn_fill(g, RN_F64, rn_shape(steps, B, H), 2);
        cr_assert(value_of(rn_temporal_penalty(h, rn_null(), 1)) == 0);
        cr_assert(value_of(rn_activation_penalty(h, rn_null(), 1, 1)) ==
                  (double)(6 * steps));
        rn_graph_free(g);
    }
}

/* ---- refusals ---- */

#define REFUSED(message, ...)                                                              \
    do {                                                                                   \
        rn_test_world w = rn_test_begin();                                                 \
        rn_tensor h = weight(&w, "h", rn_shape(T, B, H));                                  \
        (void)h;                                                                           \
        cr_assert(rn_is_null(__VA_ARGS__));                                                \
        rn_test_error_is(w.graph, message);                                                \
        rn_test_end(&w);                                                                   \
    } while (0)

Test(penalties, that_are_refused)
{
    REFUSED("weight_penalty: the graph uses no such weight: x*",
            rn_weight_penalty(w.root, "h, x*", 0, 1));
    REFUSED("weight_penalty: the graph uses no such weight: ",
            rn_weight_penalty(w.root, " ,", 0, 1));
    REFUSED("weight_penalty: factors must be at least 0 and finite: 0, -1",
            rn_weight_penalty(w.root, "h", 0, -1));
    REFUSED("weight_penalty: the scope has no model",
            rn_weight_penalty(rn_root(w.graph, NULL), "h", 0, 1));
    REFUSED("temporal_penalty: h must be real [T,B,..]: f64 v [3] for v [3]",
            rn_temporal_penalty(weight(&w, "v", rn_shape(3)), rn_null(), 1));
    REFUSED("activation_penalty: valid must be i32 [B] or bool [T,B]: i32 n [2] for h "
            "[4,3,2]",
            rn_activation_penalty(h, rn_input(w.graph, "n", RN_I32, rn_shape(2)), 0, 1));
    REFUSED("activation_penalty: factors must be at least 0 and finite: nan, 1",
            rn_activation_penalty(h, rn_null(), NAN, 1));
    cr_assert(rn_is_null(rn_activation_penalty(rn_null(), rn_null(), 0, 1)));
}
