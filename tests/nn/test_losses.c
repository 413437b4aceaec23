/* SPDX-License-Identifier: MIT */
/* Losses against long double, for extreme numbers, and their refusals. */
#include "nn_support.h"

#include <math.h>
#include <stdio.h>

/* ---- all that are means over pairs ---- */

#define RN_LOSS(name, term, slope)                                                         \
    static long double term_of_##name(long double x, long double y)                        \
    {                                                                                      \
        return term;                                                                       \
    }                                                                                      \
    static long double slope_of_##name(long double x, long double y)                       \
    {                                                                                      \
        return slope;                                                                      \
    }
#include "losses.def"

static const struct {
    const char *name;
    rn_tensor (*build)(rn_tensor x, rn_tensor y);
    long double (*term)(long double x, long double y),
        (*slope)(long double x, long double y);
} losses[] = {
#define RN_LOSS(name, term, slope) {#name, rn_##name, term_of_##name, slope_of_##name},
#include "losses.def"
};
enum { LOSSES = sizeof losses / sizeof *losses };

Test(losses, values_and_gradients)
{
    for (int k = 0; k < LOSSES; k++) {
        rn_graph *g = rn_graph_new();
        rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(3, 4));
        rn_tensor y = rn_input(g, "y", RN_F64, rn_shape(3, 4));
        double a[12], b[12], dx[12];
        long double want = 0;

        rn_test_numbers(a, 12, 1);
        rn_test_numbers(b, 12, 2);
        for (int i = 0; i < 12; i++) b[i] = 1 / (1 + exp(b[i]));
        for (int i = 0; i < 12; i++) want += losses[k].term(a[i], b[i]) / 12;
        rn_test_near(rn_test_loss(g, losses[k].build(x, y), x, a, y, b, dx), want, 1e-14);
        for (int i = 0; i < 12; i++)
            rn_test_near(dx[i], losses[k].slope(a[i], b[i]) / 12, 1e-14);
        rn_graph_free(g);
    }
}

Test(losses, nothing_costs_nothing)
{
    for (int k = 0; k < LOSSES; k++) {
        rn_graph *g = rn_graph_new();
        rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(0, 5));
        rn_tensor y = rn_input(g, "y", RN_F64, rn_shape(0, 5));
        double none[1];

        cr_assert(rn_test_loss(g, losses[k].build(x, y), x, none, y, none, none) == 0);
        rn_graph_free(g);
    }
}

static void refuses(int k, rn_type type, rn_shape shape, const char *message)
{
    char text[200];
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(2, 3));

    snprintf(text, sizeof text, "%s: %s", losses[k].name, message);
    cr_assert(rn_is_null(losses[k].build(x, rn_input(g, "y", type, shape))));
    rn_test_error_is(g, text);
    rn_graph_free(g);
}

Test(losses, pairs_that_are_refused)
{
    for (int k = 0; k < LOSSES; k++) {
        refuses(k, RN_F32, rn_shape(2, 3),
                "x and y must have the same real type: f64 x [2,3] and f32 y [2,3]");
        refuses(k, RN_F64, rn_shape(3),
                "x and y must have the same shape: f64 x [2,3] and f64 y [3]");
    }
}

/* ---- binary cross entropy ---- */

Test(losses, binary_cross_entropy)
{
    static const double logits[] = {0,  1e-9, 0.5, -0.5, 3,     -3,
                                    40, -40,  700, -700, 1e300, -1e300};
    static const double targets[] = {0, 1, 0.25};
    enum { N = 12 };

    for (int k = 0; k < 3; k++)
        for (int i = 0; i < N; i++) {
            rn_graph *g = rn_graph_new();
            rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(1));
            rn_tensor y = rn_input(g, "y", RN_F64, rn_shape(1));
            const long double l = logits[i], t = targets[k];
            const long double up = l < 0 ? log1pl(expl(l)) : l + log1pl(expl(-l));
            const long double down = l > 0 ? log1pl(expl(-l)) : -l + log1pl(expl(l));
            double dx;
            rn_test_near(rn_test_loss(g, rn_binary_cross_entropy(x, y), x, &logits[i], y,
                                      &targets[k], &dx),
                         t * down + (1 - t) * up, 1e-14);
            cr_assert(fabsl(dx - (1 / (1 + expl(-l)) - t)) < 1e-15);
            rn_graph_free(g);
        }
}

/* Infinite logits: certainty that is right costs nothing, certainty that is wrong all. */
Test(losses, binary_cross_entropy_of_infinite_logits)
{
    static const double cases[][4] = {
        /* logit, target, loss, gradient */
        {HUGE_VAL, 1, 0, 0},
        {-HUGE_VAL, 0, 0, 0},
        {HUGE_VAL, 0, HUGE_VAL, 1},
        {-HUGE_VAL, 1, HUGE_VAL, -1},
        {HUGE_VAL, 0.25, HUGE_VAL, 0.75},
        {-HUGE_VAL, 0.25, HUGE_VAL, -0.25},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rn_graph *g = rn_graph_new();
        rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(1));
        rn_tensor y = rn_input(g, "y", RN_F64, rn_shape(1));
        double dx;
        const double loss = rn_test_loss(g, rn_binary_cross_entropy(x, y), x, &cases[i][0],
                                         y, &cases[i][1], &dx);
        cr_assert(loss == cases[i][2], "logit %g, target %g: %g", cases[i][0], cases[i][1],
                  loss);
        cr_assert(dx == cases[i][3], "logit %g, target %g: gradient %g", cases[i][0],
                  cases[i][1], dx);
        rn_graph_free(g);
    }
}

/* Soft targets are trained too: the derivative to a target of 0 or 1 is -x. */
Test(losses, binary_cross_entropy_by_its_targets)
{
    static const double logits[4] = {3, -2, 0.5, 1000}, targets[4] = {0, 1, 0.5, 1};
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(4));
    rn_tensor y = rn_input(g, "y", RN_F64, rn_shape(4));
    double dy[4];

    rn_test_loss(g, rn_binary_cross_entropy(x, y), y, targets, x, logits, dy);
    for (int i = 0; i < 4; i++) rn_test_near(dy[i], -logits[i] / 4, 1e-14);
    rn_graph_free(g);
}

/* ---- cross entropy ---- */

Test(losses, no_rows_cost_nothing)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(0, 5));
    rn_tensor t = rn_input(g, "t", RN_I32, rn_shape(0));
    double none[1];

    cr_assert(rn_test_loss(g, rn_cross_entropy(x, t), x, none, t, none, none) == 0);
    cr_assert(rn_test_loss(g, rn_cross_entropy_ignoring(x, t, 1), x, none, t, none, none) ==
              0);
    rn_graph_free(g);
}

/* ---- refusals ---- */

#define REFUSES(test, message, ...)                                                        \
    Test(losses, test)                                                                     \
    {                                                                                      \
        rn_graph *g = rn_graph_new();                                                      \
        rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(2, 3));                            \
        rn_tensor y = rn_input(g, "y", RN_F32, rn_shape(2, 3));                            \
        rn_tensor z = rn_input(g, "z", RN_F64, rn_shape(3));                               \
        rn_tensor t = rn_input(g, "t", RN_I32, rn_shape(3));                               \
        rn_tensor none = rn_input(g, "none", RN_F64, rn_shape(3, 0));                      \
        cr_assert(!rn_is_null(x) && !rn_is_null(y) && !rn_is_null(z));                     \
        cr_assert(!rn_is_null(t) && !rn_is_null(none));                                    \
        cr_assert(rn_is_null(__VA_ARGS__));                                                \
        rn_test_error_is(g, message);                                                      \
        rn_graph_free(g);                                                                  \
    }

REFUSES(
    integers,
    "binary_cross_entropy: x and y must have the same real type: i32 t [3] and i32 t [3]",
    rn_binary_cross_entropy(t, t))
REFUSES(rows_differ, "cross_entropy: shapes do not match: logits x [2,3], targets t [3]",
        rn_cross_entropy(x, t))
REFUSES(real_targets, "cross_entropy: targets must be i32: logits x [2,3], targets z [3]",
        rn_cross_entropy(x, z))
REFUSES(integer_logits, "cross_entropy: logits must be real: logits t [3], targets t [3]",
        rn_cross_entropy_ignoring(t, t, 0))
REFUSES(no_classes, "cross_entropy: there are no classes: logits none [3,0], targets t [3]",
        rn_cross_entropy(none, t))
