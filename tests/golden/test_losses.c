/* SPDX-License-Identifier: MIT */
/* PyTorch's losses, reproduced with their gradients in both real types. */
#include "nn_support.h"
#include "torch_losses.h"

#include <math.h>
#include <string.h>

#include "rondo/losses.h"
#include "rondo/ops.h"

/* Steps are only CTC's. */
enum { N = 5, V = 4, T = 6, B = 6, S = 3, LARGEST = T * B * V };

typedef struct loss_case {
    rn_shape x, y;
    rn_type target; /* of y */
    rn_tensor (*build)(rn_tensor x, rn_tensor y, rn_loss_options o);
    rn_loss_options options;
    const double *at; /* x, y, loss, dx */
    size_t numbers;
} loss_case;

/* ---- one case ---- */

static void feed(rn_program *p, rn_tensor t, const double *numbers, int64_t count)
{
    float f[LARGEST];
    int32_t i[LARGEST];

    for (int64_t k = 0; k < count; k++)
        f[k] = (float)numbers[k], i[k] = (int32_t)numbers[k];
    if (rn_type_get(t) == RN_F64)
        cr_assert_eq(rn_feed_f64(p, t, numbers, count), RN_OK);
    else if (rn_type_get(t) == RN_F32)
        cr_assert_eq(rn_feed_f32(p, t, f, count), RN_OK);
    else
        cr_assert_eq(rn_feed_i32(p, t, i, count), RN_OK);
}

static void compare(rn_program *p, rn_tensor t, const double *want, const char *what)
{
    const bool f64 = rn_type_get(t) == RN_F64;
    const int64_t count = rn_shape_count(rn_shape_get(t));
    const double tolerance = f64 ? 1e-12 : 1e-6;
    double got[LARGEST];
    float f[LARGEST];

    if (f64)
        cr_assert_eq(rn_read_f64(p, t, got, count), RN_OK);
    else
        cr_assert_eq(rn_read_f32(p, t, f, count), RN_OK);
    for (int64_t i = 0; i < count; i++) {
        const double y = f64 ? got[i] : (double)f[i];
        cr_assert(fabs(y - want[i]) <= tolerance * (1 + fabs(want[i])),
                  "%s[%lld]: %g, not %g", what, (long long)i, y, want[i]);
    }
}

/* The loss's elements are multiplied by numbers from 0.5 to 1.5, as in the script. */
static rn_tensor cotangent(rn_graph *g, rn_type type, rn_shape shape)
{
    const int64_t count = rn_shape_count(shape);
    double c[LARGEST];
    float f[LARGEST];

    for (int64_t i = 0; i < count; i++) {
        c[i] = count > 1 ? 0.5 + (double)i / (double)(count - 1) : 0.5;
        f[i] = (float)c[i];
    }
    return rn_constant(g, type, shape, type == RN_F64 ? (const void *)c : (const void *)f);
}

static void reproduce_in(const loss_case *k, rn_type type)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", type, k->x), dx;
    rn_tensor y = rn_input(g, "y", k->target == RN_I32 ? RN_I32 : type, k->y);
    rn_tensor loss = k->build(x, y, k->options);
    const int64_t m = rn_shape_count(k->x), n = rn_shape_count(k->y);

    cr_assert_str_eq(rn_graph_error(g), "");
    const rn_shape shape = rn_shape_get(loss);
    const int64_t l = rn_shape_count(shape);
    cr_assert_eq((size_t)(m + n + l + m), k->numbers);
    cr_assert(rn_grad(loss, cotangent(g, type, shape), &x, 1, &dx));
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(loss, dx)});
    cr_assert(p, "%s", rn_graph_error(g));
    feed(p, x, k->at, m);
    feed(p, y, k->at + m, n);
    rn_test_run_once(p);
    compare(p, loss, k->at + m + n, "loss");
    compare(p, dx, k->at + m + n + l, "dx");
    rn_program_free(p);
    rn_graph_free(g);
}

static void reproduce(loss_case k)
{
    reproduce_in(&k, RN_F64);
    reproduce_in(&k, RN_F32);
}

/* A constant vector of V numbers, of the type of x. */
static rn_tensor vector(rn_tensor x, const double *numbers)
{
    float f[V];

    for (int i = 0; i < V; i++) f[i] = (float)numbers[i];
    return rn_constant(x.graph, rn_type_get(x), rn_shape(V),
                       rn_type_get(x) == RN_F64 ? (const void *)numbers : (const void *)f);
}

/* ---- pairs ---- */

/* All reductions of a case, in their order. */
#define LOSS(test, y, target, f, ...)                                                      \
    Test(torch_losses, test)                                                               \
    {                                                                                      \
        static const double *const at[] = {torch_##test##_mean, torch_##test##_sum,        \
                                           torch_##test##_none};                           \
        static const size_t numbers[] = {sizeof torch_##test##_mean / sizeof(double),      \
                                         sizeof torch_##test##_sum / sizeof(double),       \
                                         sizeof torch_##test##_none / sizeof(double)};     \
        for (int r = 0; r < 3; r++)                                                        \
            reproduce((loss_case){rn_shape(N, V),                                          \
                                  y,                                                       \
                                  target,                                                  \
                                  f,                                                       \
                                  {.reduction = (rn_reduction)r, __VA_ARGS__},             \
                                  at[r],                                                   \
                                  numbers[r]});                                            \
    }
#define PAIRS(test, f, ...) LOSS(test, rn_shape(N, V), RN_F64, f, __VA_ARGS__)
#define CLASSES(test, f, ...)                                                              \
    LOSS(test, rn_shape(N), RN_I32, f, .ignores = true, .ignored = -100, __VA_ARGS__)

static rn_tensor positive(rn_tensor x, rn_tensor y, rn_loss_options o)
{
    o.positive_weights = vector(x, (const double[]){0.5, 2, 1, 3});
    return rn_binary_cross_entropy_with(x, y, o);
}

PAIRS(squared_error, rn_squared_error, .gamma = 0)
PAIRS(absolute_error, rn_absolute_error, .gamma = 0)
PAIRS(huber, rn_huber, .delta = 0.75)
PAIRS(poisson, rn_poisson, .gamma = 0)
PAIRS(kl_divergence, rn_kl_divergence, .gamma = 0)
PAIRS(binary, rn_binary_cross_entropy_with, .gamma = 0)
PAIRS(binary_weighed, positive, .gamma = 0)
PAIRS(cosine, rn_cosine_distance, .gamma = 0)

/* ---- classes ---- */

static rn_tensor weighed(rn_tensor x, rn_tensor y, rn_loss_options o)
{
    o.class_weights = vector(x, (const double[]){0.5, 2, 1.25, 3});
    return rn_cross_entropy_with(x, y, o);
}

static rn_tensor likelihood(rn_tensor x, rn_tensor y, rn_loss_options o)
{
    o.class_weights = vector(x, (const double[]){0.5, 2, 1.25, 3});
    return rn_negative_log_likelihood(x, y, o);
}

CLASSES(ce, rn_cross_entropy_with, .smoothing = 0)
CLASSES(ce_weighed, weighed, .smoothing = 0)
CLASSES(ce_smooth, rn_cross_entropy_with, .smoothing = 0.2)
CLASSES(ce_all, weighed, .smoothing = 0.3)
CLASSES(nll, likelihood, .smoothing = 0)

/* ---- ctc ---- */

static rn_tensor ctc_blank(rn_tensor x, rn_tensor y, rn_loss_options o, int blank)
{
    static const int32_t steps[B] = {6, 4, 1, 3, 4, 0}, lengths[B] = {3, 2, 1, 0, 3, 0};
    rn_graph *g = x.graph;

    return rn_ctc(x, y, rn_constant(g, RN_I32, rn_shape(B), steps),
                  rn_constant(g, RN_I32, rn_shape(B), lengths),
                  (rn_ctc_options){.all = o,
                                   .blank = blank,
                                   .by_length = o.reduction == RN_REDUCE_MEAN,
                                   .zero_infeasible = true});
}

static rn_tensor ctc_first(rn_tensor x, rn_tensor y, rn_loss_options o)
{
    return ctc_blank(x, y, o, 0);
}

static rn_tensor ctc_third(rn_tensor x, rn_tensor y, rn_loss_options o)
{
    return ctc_blank(x, y, o, 2);
}

static void check_ctc(rn_tensor (*build)(rn_tensor, rn_tensor, rn_loss_options),
                      const double *at, size_t bytes, rn_reduction reduction)
{
    reproduce((loss_case){rn_shape(T, B, V),
                          rn_shape(B, S),
                          RN_I32,
                          build,
                          {.reduction = reduction},
                          at,
                          bytes / sizeof *at});
}

#define CTC(build, blank)                                                                  \
    check_ctc(build, torch_ctc_##blank##_mean, sizeof torch_ctc_##blank##_mean,            \
              RN_REDUCE_MEAN);                                                             \
    check_ctc(build, torch_ctc_##blank##_sum, sizeof torch_ctc_##blank##_sum,              \
              RN_REDUCE_SUM);                                                              \
    check_ctc(build, torch_ctc_##blank##_none, sizeof torch_ctc_##blank##_none,            \
              RN_REDUCE_NONE)

Test(torch_losses, ctc)
{
    CTC(ctc_first, 0);
    CTC(ctc_third, 2);
}

/* ---- penalties ---- */

static rn_tensor activation(rn_tensor x, rn_tensor y, rn_loss_options o)
{
    (void)o;
    return rn_activation_penalty(x, y, 0.5, 2);
}

static rn_tensor temporal(rn_tensor x, rn_tensor y, rn_loss_options o)
{
    (void)o;
    return rn_temporal_penalty(x, y, 1.5);
}

#define PENALTY(kind, name)                                                                \
    reproduce((loss_case){rn_shape(5, 4, 3),                                               \
                          rn_shape(4),                                                     \
                          RN_I32,                                                          \
                          kind,                                                            \
                          {.gamma = 0},                                                    \
                          torch_##kind##_##name,                                           \
                          sizeof torch_##kind##_##name / sizeof(double)})

Test(torch_losses, penalties)
{
    PENALTY(activation, whole);
    PENALTY(activation, ragged);
    PENALTY(temporal, whole);
    PENALTY(temporal, ragged);
}
