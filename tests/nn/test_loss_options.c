/* SPDX-License-Identifier: MIT */
/* Weights, masks and reductions of losses, the focal losses, and refusals. */
#include "nn_support.h"

#include <math.h>
#include <string.h>

#include "rondo/gradcheck.h"
#include "rondo/losses.h"
#include "rondo/ops.h"

enum { R = 3, V = 4, ALL = R * V };

typedef rn_tensor pair_loss(rn_tensor x, rn_tensor y, rn_loss_options o);

static double squared(double x, double y)
{
    return (x - y) * (x - y);
}

static double absolute(double x, double y)
{
    return fabs(x - y);
}

static double huber(double x, double y)
{
    const double d = fabs(x - y);

    return d <= 1 ? d * d / 2 : d - 0.5;
}

static double poisson(double x, double y)
{
    return exp(x) - y * x;
}

static double divergence(double x, double y)
{
    return y * (log(y) - x);
}

static double hinge(double x, double y)
{
    return fmax(0, 1 - x * y);
}

static double binary(double x, double y)
{
    return -y * log(1 / (1 + exp(-x))) - (1 - y) * log(1 / (1 + exp(x)));
}

/* The losses of pairs, and their terms. */
static const struct {
    const char *name;
    pair_loss *build;
    double (*term)(double x, double y);
} pairs[] = {{"squared_error", rn_squared_error, squared},
             {"absolute_error", rn_absolute_error, absolute},
             {"huber", rn_huber, huber},
             {"poisson", rn_poisson, poisson},
             {"kl_divergence", rn_kl_divergence, divergence},
             {"hinge", rn_hinge, hinge},
             {"binary_cross_entropy", rn_binary_cross_entropy_with, binary}};
enum { PAIRS = sizeof pairs / sizeof *pairs };

/* x, and y within 0..1. */
static void operands(double *x, double *y)
{
    rn_test_numbers(x, ALL, 1);
    rn_test_numbers(y, ALL, 2);
    for (int i = 0; i < ALL; i++) y[i] = 1 / (1 + exp(y[i]));
}

/* The loss and dx of pairs [R, V] in f64. With NONE the loss is the sum of its squares. */
static double run(pair_loss *build, const double *x, const double *y, rn_graph *g,
                  rn_loss_options o, double *dx)
{
    rn_tensor a = rn_input(g, "x", RN_F64, rn_shape(R, V));
    rn_tensor b = rn_input(g, "y", RN_F64, rn_shape(R, V));
    rn_tensor loss = build(a, b, o);

    cr_assert_str_eq(rn_graph_error(g), "");
    if (o.reduction == RN_REDUCE_NONE) loss = rn_sum_all(rn_square(loss));
    return rn_test_loss(g, loss, a, x, b, y, dx);
}

/* ---- weights and masks ---- */

static const double row_weights[R] = {2, 0.5, 3};
static const uint8_t real[ALL] = {1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0};

static rn_loss_options weighed(rn_graph *g, rn_reduction reduction)
{
    return (rn_loss_options){.reduction = reduction,
                             .weights = rn_constant(g, RN_F64, rn_shape(R, 1), row_weights),
                             .mask = rn_constant(g, RN_BOOL, rn_shape(R, V), real)};
}

Test(loss_options, weights_and_masks)
{
    double x[ALL], y[ALL], dx[ALL];

    operands(x, y);
    for (int k = 0; k < PAIRS; k++)
        for (int r = 0; r < 3; r++) {
            rn_graph *g = rn_graph_new();
            double sum = 0, weight = 0, squares = 0;
            for (int i = 0; i < ALL; i++) {
                const double term =
                    real[i] ? row_weights[i / V] * pairs[k].term(x[i], y[i]) : 0;
                sum += term, squares += term * term;
                weight += real[i] ? row_weights[i / V] : 0;
            }
            const double want[] = {sum / weight, sum, squares};
            rn_test_near(run(pairs[k].build, x, y, g, weighed(g, (rn_reduction)r), dx),
                         want[r], 1e-13);
            rn_graph_free(g);
        }
}

Test(loss_options, masks_alone_divide_by_what_counts)
{
    rn_graph *g = rn_graph_new();
    double x[ALL], y[ALL], dx[ALL], sum = 0;

    operands(x, y);
    for (int i = 0; i < ALL; i++) sum += real[i] ? squared(x[i], y[i]) : 0;
    const rn_loss_options o = {.mask = rn_constant(g, RN_BOOL, rn_shape(R, V), real)};
    rn_test_near(run(rn_squared_error, x, y, g, o, dx), sum / 8, 1e-14);
    rn_graph_free(g);
}

/* What is masked has no influence on any bit, whatever it is. */
Test(loss_options, masked_operands_do_not_matter)
{
    static const double worst[] = {0, NAN, HUGE_VAL, -HUGE_VAL, 1e308};
    double x[ALL], y[ALL], dx[2][ALL], loss[2];

    for (int k = 0; k < PAIRS; k++)
        for (int w = 1; w < 5; w++) {
            for (int j = 0; j < 2; j++) {
                rn_graph *g = rn_graph_new();
                operands(x, y);
                for (int i = 0; i < ALL; i++)
                    if (!real[i]) x[i] = worst[j ? w : 0], y[i] = worst[j ? w : 0];
                loss[j] = run(pairs[k].build, x, y, g, weighed(g, RN_REDUCE_MEAN), dx[j]);
                rn_graph_free(g);
            }
            cr_assert(loss[0] == loss[1] && !memcmp(dx[0], dx[1], sizeof dx[0]), "%s %g",
                      pairs[k].name, worst[w]);
            for (int i = 0; i < ALL; i++) cr_assert(real[i] || dx[1][i] == 0);
        }
}

Test(loss_options, nothing_that_counts_costs_nothing)
{
    static const uint8_t none[R] = {0};
    double x[ALL], y[ALL], dx[ALL];

    operands(x, y);
    for (int k = 0; k < PAIRS; k++)
        for (int weights = 0; weights < 2; weights++) {
            rn_graph *g = rn_graph_new();
            rn_loss_options o = weighed(g, RN_REDUCE_MEAN);
            o.mask = rn_constant(g, RN_BOOL, rn_shape(R, 1), none);
            if (!weights) o.weights = rn_null();
            cr_assert(run(pairs[k].build, x, y, g, o, dx) == 0);
            for (int i = 0; i < ALL; i++) cr_assert(dx[i] == 0);
            rn_graph_free(g);
        }
}

/* ---- gradients ---- */

static void check_gradient(rn_tensor loss, const char *name)
{
    rn_gradcheck_report *r = rn_gradcheck(loss, (rn_gradcheck_options){.exhaustive = -1});

    cr_assert(r && r->passed, "%s: %s", name, r ? r->text : "no report");
    rn_gradcheck_free(r);
}

Test(loss_options, gradients_of_pairs)
{
    double x[ALL], y[ALL];

    operands(x, y);
    for (int k = 0; k < PAIRS; k++) {
        rn_model *model = rn_test_model(1);
        rn_graph *g = rn_graph_new();
        const rn_init normal = {RN_INIT_NORMAL, 1};
        rn_tensor a = rn_weight(rn_root(g, model), "x", rn_shape(R, V), normal);
        rn_tensor b = rn_weight(rn_root(g, model), "y", rn_shape(R, V), normal);
        const rn_loss_options o = weighed(g, RN_REDUCE_MEAN);
        check_gradient(pairs[k].build(a, rn_sigmoid(b), o), pairs[k].name);
        check_gradient(
            rn_cosine_distance(a, b,
                               (rn_loss_options){.weights = rn_constant(
                                                     g, RN_F64, rn_shape(R), row_weights)}),
            "cosine_distance");
        rn_graph_free(g);
        rn_model_free(model);
    }
}

/* A row of zeros has no direction; its gradient is finite. */
Test(loss_options, cosine_of_zeros)
{
    static const double x[8] = {0, 0, 0, 0, 1, 0, 0, 0}, y[8] = {1, 2, 3, 4, 0, 2, 0, 0};
    rn_graph *g = rn_graph_new();
    rn_tensor a = rn_input(g, "x", RN_F64, rn_shape(2, 4));
    rn_tensor b = rn_input(g, "y", RN_F64, rn_shape(2, 4));
    double dx[8];
    rn_tensor loss = rn_cosine_distance(a, b, (rn_loss_options){.gamma = 0});

    cr_assert(rn_test_loss(g, loss, a, x, b, y, dx) == 1);
    for (int i = 0; i < 8; i++) cr_assert(isfinite(dx[i]));
    rn_graph_free(g);
}

/* ---- weights of terms and of classes ---- */

Test(loss_options, weights_of_terms_and_classes_multiply)
{
    static const int32_t t[R] = {1, 3, 0};
    static const double of_class[V] = {2, 0.25, 7, 1.5};
    rn_graph *g = rn_graph_new();
    rn_tensor a = rn_input(g, "x", RN_F64, rn_shape(R, V));
    rn_tensor b = rn_input(g, "t", RN_I32, rn_shape(R));
    const rn_loss_options o = {.weights = rn_constant(g, RN_F64, rn_shape(R), row_weights),
                               .class_weights =
                                   rn_constant(g, RN_F64, rn_shape(V), of_class)};
    double x[ALL], dx[ALL], cost = 0, weight = 0;

    rn_test_numbers(x, ALL, 1);
    for (int n = 0; n < R; n++) {
        const double w = row_weights[n] * of_class[t[n]];
        double sum = 0;
        for (int v = 0; v < V; v++) sum += exp(x[n * V + v]);
        cost += w * (log(sum) - x[n * V + t[n]]);
        weight += w;
    }
    rn_test_near(rn_test_loss(g, rn_cross_entropy_with(a, b, o), a, x, b, t, dx),
                 cost / weight, 1e-13);
    rn_graph_free(g);
}

/* ---- focal losses ---- */

Test(loss_options, focal_of_classes)
{
    static const int32_t t[R] = {1, 3, 0};
    const double gamma = 2;
    rn_graph *g = rn_graph_new();
    rn_tensor a = rn_input(g, "x", RN_F64, rn_shape(R, V));
    rn_tensor b = rn_input(g, "t", RN_I32, rn_shape(R));
    double x[ALL], dx[ALL], want = 0;

    rn_test_numbers(x, ALL, 1);
    for (int n = 0; n < R; n++) {
        double sum = 0;
        for (int v = 0; v < V; v++) sum += exp(x[n * V + v]);
        const double p = exp(x[n * V + t[n]]) / sum;
        want -= pow(1 - p, gamma) * log(p) / R;
    }
    rn_test_near(
        rn_test_loss(g, rn_cross_entropy_with(a, b, (rn_loss_options){.gamma = gamma}), a,
                     x, b, t, dx),
        want, 1e-13);
    rn_graph_free(g);
}

/* Certainty, right or wrong, has a finite gradient. */
Test(loss_options, focal_of_certain_classes)
{
    static const double x[8] = {1000, 0, 0, 0, 1000, 0, 0, 0};
    static const int32_t t[2] = {0, 1};
    rn_graph *g = rn_graph_new();
    rn_tensor a = rn_input(g, "x", RN_F64, rn_shape(2, 4));
    rn_tensor b = rn_input(g, "t", RN_I32, rn_shape(2));
    rn_tensor loss = rn_cross_entropy_with(a, b, (rn_loss_options){.gamma = 1.5});
    double dx[8];

    rn_test_near(rn_test_loss(g, loss, a, x, b, t, dx), 500, 1e-14);
    for (int i = 0; i < 8; i++) {
        const double want = i == 4 ? 0.5 : i == 5 ? -0.5 : 0;
        cr_assert(fabs(dx[i] - want) < 1e-12, "%d: %g", i, dx[i]);
    }
    rn_graph_free(g);
}

Test(loss_options, focal_of_two_classes)
{
    rn_graph *g = rn_graph_new();
    double x[ALL], y[ALL], dx[ALL], want = 0;

    operands(x, y);
    for (int i = 0; i < ALL; i++) {
        const double p = 1 / (1 + exp(-x[i]));
        want -= y[i] * pow(1 - p, 3) * log(p) + (1 - y[i]) * pow(p, 3) * log(1 - p);
    }
    const rn_loss_options o = {.gamma = 3};
    rn_test_near(run(rn_binary_cross_entropy_with, x, y, g, o, dx), want / ALL, 1e-13);
    rn_graph_free(g);
}

/* ---- refusals ---- */

static void refuses(rn_loss_options o, const char *message)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(R, V));

    if (!rn_is_null(o.weights)) o.weights = rn_input(g, "w", RN_F64, rn_shape(2));
    if (!rn_is_null(o.mask)) o.mask = rn_input(g, "m", RN_F64, rn_shape(R, V));
    cr_assert(rn_is_null(rn_squared_error(x, x, o)));
    rn_test_error_is(g, message);
    rn_graph_free(g);
}

Test(loss_options, refusals)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor any = rn_input(g, "any", RN_F64, rn_shape());

    refuses((rn_loss_options){.reduction = (rn_reduction)7},
            "squared_error: there is no such reduction");
    refuses((rn_loss_options){.ignores = true}, "squared_error: it has no classes");
    refuses((rn_loss_options){.smoothing = 0.1}, "squared_error: it has no smoothing");
    refuses((rn_loss_options){.gamma = 2}, "squared_error: it has no gamma");
    refuses((rn_loss_options){.delta = 2}, "squared_error: it has no delta");
    refuses((rn_loss_options){.weights = any},
            "squared_error: weights: cannot be broadcast to the terms: w [2] to [3,4]");
    refuses((rn_loss_options){.mask = any},
            "squared_error: mask must be bool: f64 m [3,4]");
    rn_graph_free(g);
}

static void refuses_classes(rn_loss_options o, const char *message)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(R, V));
    rn_tensor t = rn_input(g, "t", RN_I32, rn_shape(R));

    if (!rn_is_null(o.class_weights))
        o.class_weights = rn_input(g, "w", RN_F64, rn_shape(3));
    cr_assert(rn_is_null(rn_cross_entropy_with(x, t, o)));
    rn_test_error_is(g, message);
    rn_graph_free(g);
}

Test(loss_options, refusals_of_classes)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor any = rn_input(g, "any", RN_F64, rn_shape());

    refuses_classes((rn_loss_options){.smoothing = 1.5},
                    "cross_entropy: smoothing must be in 0..1");
    refuses_classes((rn_loss_options){.gamma = 0.5},
                    "cross_entropy: gamma must be 0, or at least 1 and finite");
    refuses_classes((rn_loss_options){.gamma = 2, .smoothing = 0.1},
                    "cross_entropy: smoothing and gamma exclude each other");
    refuses_classes((rn_loss_options){.class_weights = any},
                    "cross_entropy: class_weights must be f64 [4]: f64 w [3]");
    rn_graph_free(g);
}
