/* SPDX-License-Identifier: MIT */
/* Cross entropy against sums in long double, for extreme numbers and indices. */
#include "nn_support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct classes {
    int64_t N, V;
    double *x;
    int32_t *t;
} classes;

/* The mean over rows whose target is not `ignored`; the gradient goes to dx. */
static long double expected(const classes *c, int64_t ignored, double *dx)
{
    long double sum = 0;
    int64_t counted = 0;

    for (int64_t n = 0; n < c->N; n++) counted += c->t[n] != ignored;
    for (int64_t n = 0; n < c->N; n++) {
        const double *x = c->x + n * c->V;
        long double m = -HUGE_VALL, total = 0;
        for (int64_t v = 0; v < c->V; v++) m = fmaxl(m, x[v]);
        for (int64_t v = 0; v < c->V; v++) total += expl(x[v] - m);
        const bool counts = c->t[n] != ignored;
        if (counts) sum += logl(total) - (x[c->t[n]] - m);
        for (int64_t v = 0; v < c->V; v++)
            dx[n * c->V + v] =
                counts ? (double)((expl(x[v] - m) / total - (v == c->t[n])) / counted) : 0;
    }
    return counted ? sum / counted : 0;
}

/* Logits [N, V] seen as [a, b, V] where N = a b. */
static void check(classes *c, rn_shape shape, const int32_t *ignored, double tolerance)
{
    rn_graph *g = rn_graph_new();
    rn_tensor t = rn_input(g, "t", RN_I32, shape);
    shape.size[shape.rank++] = c->V;
    rn_tensor x = rn_input(g, "x", RN_F64, shape);
    double *dx = (double *)malloc((size_t)(c->N * c->V) * sizeof *dx),
           *want = (double *)malloc((size_t)(c->N * c->V) * sizeof *want);
    rn_tensor loss =
        ignored ? rn_cross_entropy_ignoring(x, t, *ignored) : rn_cross_entropy(x, t);

    rn_test_near(rn_test_loss(g, loss, x, c->x, t, c->t, dx),
                 expected(c, ignored ? *ignored : INT64_MAX, want), tolerance);
    rn_test_close(dx, want, c->N * c->V, 1e-14, "gradient");
    free(dx);
    free(want);
    rn_graph_free(g);
}

static classes make(int64_t N, int64_t V, double scale)
{
    classes c = {N, V, NULL, NULL};

    c.x = (double *)malloc((size_t)(N * V) * sizeof *c.x);
    c.t = (int32_t *)malloc((size_t)N * sizeof *c.t);
    rn_test_numbers(c.x, N * V, 5);
    for (int64_t i = 0; i < N * V; i++) c.x[i] *= scale;
    for (int64_t i = 0; i < N; i++) c.t[i] = (int32_t)(i * 7 % V);
    return c;
}

static void drop(classes *c)
{
    free(c->x);
    free(c->t);
}

Test(cross_entropy, sizes)
{
    static const double scales[] = {0, 1e-8, 1, 30, 1000, 1e200};

    for (int i = 0; i < 6; i++) {
        classes c = make(12, 5, scales[i]);
        check(&c, rn_shape(12), NULL, 1e-14);
        check(&c, rn_shape(4, 3), NULL, 1e-14);
        drop(&c);
    }
    classes one = make(3, 1, 5);
    check(&one, rn_shape(3), NULL, 0);
    drop(&one);
    classes single = make(1, 6, 5);
    check(&single, rn_shape(), NULL, 1e-14);
    drop(&single);
}

/* A large number that all logits of a row share costs no digits. */
Test(cross_entropy, exact_far_from_zero)
{
    classes c = make(4, 3, 1);

    for (int i = 0; i < 12; i++) c.x[i] = 1e12 + (i * 5 % 7) / 8.0;
    check(&c, rn_shape(4), NULL, 1e-14);
    drop(&c);
}

/* A class of probability 0 is -inf; to be wrong about it costs infinitely much. */
Test(cross_entropy, infinite_logits)
{
    classes c = make(2, 3, 1);

    c.x[0] = -HUGE_VAL;
    c.t[0] = 1;
    check(&c, rn_shape(2), NULL, 1e-14);
    c.t[0] = 0;

    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(2, 3));
    rn_tensor t = rn_input(g, "t", RN_I32, rn_shape(2));
    cr_assert(rn_test_loss(g, rn_cross_entropy(x, t), x, c.x, t, c.t, NULL) == HUGE_VAL);
    rn_graph_free(g);
    drop(&c);
}

/* Rows with classes of probability 0: finite losses have finite gradients, 0 for what is
 * masked; a row without any class costs infinitely much and spoils no other. */
Test(cross_entropy, masked_classes)
{
    const double I = HUGE_VAL, x_data[12] = {0, -I, 1, -I, -I, -I, -I, 5, -I, 2, 2, -I};
    static const int32_t with_empty[4] = {2, 1, 1, 0}, without[4] = {2, -7, 1, 0};
    const double p = 1 / (1 + exp(1.0));
    const double rows[4][3] = {{p, 0, -p}, {0, -1, 0}, {0, 0, 0}, {-0.5, 0.5, 0}};
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(4, 3));
    rn_tensor t = rn_input(g, "t", RN_I32, rn_shape(4));
    rn_tensor all = rn_cross_entropy(x, t), ignoring = rn_cross_entropy_ignoring(x, t, -7);
    double dx[12];

    cr_assert(rn_test_loss(g, all, x, x_data, t, with_empty, dx) == HUGE_VAL);
    for (int i = 0; i < 12; i++)
        cr_assert(fabs(dx[i] - rows[i / 3][i % 3] / 4) < 1e-15, "%d: %g", i, dx[i]);

    rn_test_near(rn_test_loss(g, ignoring, x, x_data, t, without, dx),
                 (log1pl(expl(-1)) + logl(2)) / 3, 1e-14);
    for (int i = 0; i < 12; i++) {
        const double want = i / 3 == 1 ? 0 : rows[i / 3][i % 3] / 3;
        cr_assert(fabs(dx[i] - want) < 1e-15, "ignoring, %d: %g", i, dx[i]);
    }
    rn_graph_free(g);
}

Test(cross_entropy, ignoring)
{
    static const int32_t ignored[] = {-100, 0, 3};

    for (int k = 0; k < 3; k++) {
        classes c = make(12, 5, 2);
        for (int i = 0; i < 12; i += 1 + i % 3) c.t[i] = ignored[k];
        check(&c, rn_shape(4, 3), &ignored[k], 1e-14);
        for (int i = 0; i < 12; i++) c.t[i] = ignored[k];
        check(&c, rn_shape(12), &ignored[k], 0);
        drop(&c);
    }
}

Test(cross_entropy, what_is_ignored_may_be_anything)
{
    const int32_t ignored = -1;
    classes c = make(3, 4, 2);
    const double values[3] = {NAN, HUGE_VAL, 1e308};
    double plain[12], odd[12];
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(3, 4));
    rn_tensor t = rn_input(g, "t", RN_I32, rn_shape(3));
    rn_tensor loss = rn_cross_entropy_ignoring(x, t, ignored);

    c.t[1] = ignored;
    const double want = rn_test_loss(g, loss, x, c.x, t, c.t, plain);
    for (int k = 0; k < 3; k++) {
        for (int v = 0; v < 4; v++) c.x[4 + v] = v == 2 ? -values[k] : values[k];
        cr_assert(rn_test_loss(g, loss, x, c.x, t, c.t, odd) == want);
        cr_assert(!memcmp(odd, plain, sizeof odd));
    }
    rn_graph_free(g);
    drop(&c);
}

Test(cross_entropy, targets_that_are_no_class)
{
    static const int32_t targets[] = {-1, 4, 5, INT32_MIN, INT32_MAX};
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(3, 4));
    rn_tensor t = rn_input(g, "t", RN_I32, rn_shape(3));
    rn_tensor loss = rn_cross_entropy(x, t), other = rn_cross_entropy_ignoring(x, t, -100);
    rn_program *p = rn_test_compile(loss), *q = rn_test_compile(other);

    rn_test_feed_f64(p, x, (const double[12]){0});
    rn_test_feed_f64(q, x, (const double[12]){0});
    for (int i = 0; i < 5; i++) {
        const int32_t data[3] = {0, targets[i], 3};
        char message[128];
        rn_test_feed_i32(p, t, data);
        rn_test_feed_i32(q, t, data);
        cr_assert_eq(rn_run(p), RN_BAD_VALUE, "target %d", (int)targets[i]);
        cr_assert_eq(rn_run(q), RN_BAD_VALUE, "target %d", (int)targets[i]);
        snprintf(message, sizeof message,
                 "cross_entropy: target %d is outside 0..3 at element 1 of t [3]",
                 (int)targets[i]);
        cr_assert_str_eq(rn_program_error(p), message);
        cr_assert_str_eq(rn_program_error(q), message);
    }
    rn_program_free(p);
    rn_program_free(q);
    rn_graph_free(g);
}
