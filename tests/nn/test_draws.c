/* SPDX-License-Identifier: MIT */
/* Draws of tokens, and filters of logits, against plain loops and probabilities. */
#include "nn_support.h"

#include <math.h>
#include <string.h>

#include "rondo/gradcheck.h"
#include "rondo/ops.h"

static const double none = -(double)INFINITY;

/* Draws of a model whose runs are counted. */
static rn_tensor drawn(rn_test_world *w, rn_tensor logits)
{
    return rn_categorical(rn_random_ticks(w->root, logits),
                          rn_random_key_next(w->root, "token"), logits);
}

static void read(rn_program *p, rn_tensor y, int32_t *data, int64_t count)
{
    cr_assert(!rn_run(p), "%s", rn_program_error(p));
    cr_assert(!rn_read_i32(p, y, data, count), "%s", rn_program_error(p));
}

/* ---- draws ---- */

enum { ROWS = 20000, V = 6 };
static const double row[V] = {0.5, -INFINITY, 2, -1, -3, 0.5};

static rn_tensor rows_of(rn_graph *g, rn_type type)
{
    const rn_tensor x = rn_cast(rn_constant(g, RN_F64, rn_shape(V), row), type);

    return rn_broadcast(x, rn_shape(ROWS, V));
}

/* Pearson's statistic: with 4 degrees of freedom above 33 once in a million times. */
Test(draws, frequencies)
{
    static int32_t y[ROWS];

    for (int type = RN_F32; type <= RN_F64; type++) {
        rn_test_world w = rn_test_begin();
        rn_tensor token = drawn(&w, rows_of(w.graph, (rn_type)type));
        rn_program *p = rn_test_compile(token);
        double seen[V] = {0}, total = 0, statistic = 0;

        read(p, token, y, ROWS);
        for (int i = 0; i < ROWS; i++) seen[y[i]]++;
        for (int i = 0; i < V; i++) total += exp(row[i]);
        cr_assert(seen[1] == 0);
        for (int i = 0; i < V; i++) {
            const double want = ROWS * exp(row[i]) / total;
            if (want > 0) statistic += (seen[i] - want) * (seen[i] - want) / want;
        }
        cr_assert(statistic < 33, "%s: %g", rn_type_name((rn_type)type), statistic);
        rn_program_free(p);
        rn_test_end(&w);
    }
}

/* Another draw in every row, run, call and step; each row has its own numbers whatever the
 * number of rows and of threads. */
Test(draws, what_they_depend_on)
{
    enum { N = 60, C = 50 };
    int32_t y[4][4 * N];
    rn_test_world w = rn_test_begin();
    const rn_tensor zeros = rn_fill(w.graph, RN_F32, rn_shape(N, C), 0);
    rn_tensor draws[3] = {drawn(&w, zeros), drawn(&w, zeros)};
    rn_loop *t = rn_loop_begin(w.graph);

    rn_loop_steps(t, 4);
    rn_tensor in_loop = drawn(
        &w, rn_broadcast(rn_constant_scalar(rn_loop_body(t), RN_F32, 0), rn_shape(N, C)));
    rn_loop_end(t);
    draws[2] = rn_loop_collect(t, in_loop);
    for (int threads = 1; threads < 4; threads += 2) {
        rn_program *p = rn_compile(
            w.graph,
            (rn_compile_options){.outputs = draws, .output_count = 3, .threads = threads});
        cr_assert(p, "%s", rn_graph_error(w.graph));
        read(p, draws[0], y[0], N);
        rn_read_i32(p, draws[1], y[1], N);
        rn_read_i32(p, draws[2], y[2], 4 * N);
        read(p, draws[0], y[3], N);
        const int32_t *all[7] = {y[0],         y[1],         y[2], y[2] + N,
                                 y[2] + 2 * N, y[2] + 3 * N, y[3]};
        for (int a = 0; a < 7; a++)
            for (int b = 0; b < a; b++) {
                int equal = 0;
                for (int i = 0; i < N; i++) equal += all[a][i] == all[b][i];
                cr_assert(equal < N / 6, "%d and %d share %d", a, b, equal);
            }
        rn_program_free(p);
    }
    rn_test_end(&w);
}

Test(draws, rows_and_threads)
{
    enum { N = 300, C = 400, FEW = 7 };
    static int32_t y[3][N];

    for (int i = 0; i < 3; i++) {
        const int64_t n = i == 2 ? FEW : N;
        rn_test_world w = rn_test_begin();
        rn_tensor x = rn_input(w.graph, "x", RN_F32, rn_shape(n, C));
        rn_tensor token = drawn(&w, x);
        static float data[N * C];
        for (int k = 0; k < N * C; k++) data[k] = (float)rn_test_number((uint64_t)k);
        rn_program *p = rn_compile(
            w.graph, (rn_compile_options){RN_OUTPUTS(token), .threads = i == 1 ? 3 : 1});
        cr_assert(!rn_feed_f32(p, x, data, n * C));
        read(p, token, y[i], n);
        rn_program_free(p);
        rn_test_end(&w);
    }
    cr_assert(memcmp(y[0], y[1], sizeof *y) == 0);
    cr_assert(memcmp(y[0], y[2], FEW * sizeof **y) == 0);
}

/* The token is the first whose cumulative probability exceeds the uniform number. */
Test(draws, inverse_of_the_sum)
{
    enum { N = 200, C = 9 };
    double x[N * C], u[N];
    int32_t y[N];
    rn_graph *g = rn_graph_new();
    const rn_tensor ticks = rn_constant(g, RN_I32, rn_shape(2), (int32_t[]){3, 1});

    rn_test_numbers(x, N * C, 4);
    for (int i = 0; i < N * C; i++) x[i] = i % 7 == 2 ? none : 5 * x[i];
    rn_tensor uniform = rn_uniform(ticks, 77, RN_F64, rn_shape(N));
    rn_tensor token = rn_categorical(ticks, 77, rn_constant(g, RN_F64, rn_shape(N, C), x));
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(uniform, token)});
    read(p, token, y, N);
    rn_test_read_f64(p, uniform, u);
    for (int i = 0; i < N; i++) {
        double total = 0, sum = 0;
        int want = 0;
        for (int j = 0; j < C; j++) total += exp(x[i * C + j]);
        for (want = 0; want < C - 1; want++) {
            sum += exp(x[i * C + want]);
            if (sum > u[i] * total) break;
        }
        cr_assert_eq(y[i], want, "row %d: %d, not %d", i, y[i], want);
    }
    rn_program_free(p);
    rn_graph_free(g);
}

Test(draws, odd_rows)
{
    const double x[8 * 3] = {none,     none, none, 1,      NAN,   NAN,    none,  INFINITY,
                             INFINITY, none, none, -1e300, 1e300, -1e300, none,  none,
                             NAN,      none, 5,    none,   none,  -1e308, 1e308, 1e308};
    const int32_t want[7] = {0, 0, 1, 2, 0, 0, 0};
    int32_t y[8];
    rn_test_world w = rn_test_begin();
    rn_tensor token = drawn(&w, rn_constant(w.graph, RN_F64, rn_shape(8, 3), x));
    rn_tensor one = drawn(&w, rn_fill(w.graph, RN_F32, rn_shape(4, 1), -7));
    rn_tensor scalar = drawn(&w, rn_constant(w.graph, RN_F64, rn_shape(3), x + 18));
    rn_tensor empty = drawn(&w, rn_fill(w.graph, RN_F32, rn_shape(0, 3), 0));
    rn_program *p =
        rn_compile(w.graph, (rn_compile_options){RN_OUTPUTS(token, one, scalar, empty)});

    cr_assert(p, "%s", rn_graph_error(w.graph));
    read(p, token, y, 8);
    for (int i = 0; i < 7; i++) cr_assert_eq(y[i], want[i], "row %d: %d", i, y[i]);
    cr_assert(y[7] == 1 || y[7] == 2);
    cr_assert(!rn_read_i32(p, one, y, 4));
    for (int i = 0; i < 4; i++) cr_assert_eq(y[i], 0);
    cr_assert(!rn_read_i32(p, scalar, y, 1));
    cr_assert_eq(y[0], 0);
    rn_program_free(p);
    rn_test_end(&w);
}

/* ---- filters ---- */

/* Position of x[i] in descending order, the first of equal ones first. */
static int rank_of(const double *x, int n, int i)
{
    int before = 0;

    for (int j = 0; j < n; j++) before += x[j] > x[i] || (x[j] == x[i] && j < i);
    return before;
}

static void plain_filter(double *x, int n, rn_filter f)
{
    double sorted[32], sum = 0, p[32], y[32];
    const double t = f.temperature > 0 ? f.temperature : 1;
    const int k = f.top_k > 0 && f.top_k < n ? (int)f.top_k : n;

    for (int i = 0; i < n; i++) sorted[rank_of(x, n, i)] = x[i];
    const double most = sorted[0];
    for (int i = 0; i < k; i++) sum += p[i] = exp((sorted[i] - most) / t);
    int stays = 0;
    for (double part = 0; stays < k; part += p[stays++] / sum)
        if (f.top_p > 0 && f.top_p < 1 && part >= f.top_p) break;
    for (int i = 0; i < n; i++) {
        const int at = rank_of(x, n, i);
        y[i] = t == 1 ? x[i] : (x[i] - most) / t;
        if (at >= stays || p[at] < f.min_p * (1 - 1e-9)) y[i] = none;
    }
    memcpy(x, y, (size_t)n * sizeof *x);
}

static void check_filter(rn_filter f)
{
    enum { N = 40, C = 11 };
    double x[N * C], got[N * C];
    rn_graph *g = rn_graph_new();

    /* Few different values, so that there are ties; some missing. */
    rn_test_numbers(x, N * C, 6);
    for (int i = 0; i < N * C; i++) x[i] = i % 13 == 5 ? none : round(5 * x[i]) / 3;
    rn_tensor y = rn_filter_logits(rn_constant(g, RN_F64, rn_shape(N, C), x), f);
    rn_test_value_f64(y, got);
    for (int i = 0; i < N; i++) plain_filter(x + i * C, C, f);
    for (int i = 0; i < N * C; i++)
        cr_assert(got[i] == x[i] || fabs(got[i] - x[i]) < 1e-12,
                  "t %g k %d p %g m %g: element %d is %g, not %g", f.temperature,
                  (int)f.top_k, f.top_p, f.min_p, i, got[i], x[i]);
    rn_graph_free(g);
}

Test(draws, filters)
{
    check_filter((rn_filter){0});
    check_filter((rn_filter){.temperature = 1});
    check_filter((rn_filter){.temperature = 0.4});
    check_filter((rn_filter){.temperature = 7});
    check_filter((rn_filter){.top_k = 1});
    check_filter((rn_filter){.top_k = 4});
    check_filter((rn_filter){.top_k = 100});
    check_filter((rn_filter){.top_p = 0.5});
    check_filter((rn_filter){.top_p = 0.93});
    check_filter((rn_filter){.top_p = 1e-9});
    check_filter((rn_filter){.top_p = 1});
    check_filter((rn_filter){.min_p = 0.3});
    check_filter((rn_filter){.min_p = 1});
    check_filter((rn_filter){.temperature = 2, .top_k = 6, .top_p = 0.8, .min_p = 0.2});
}

/* A temperature near 0 leaves the largest, whatever its sign. */
Test(draws, cold)
{
    const double x[2 * 3] = {-3, -2.5, -4, 1, 0, none};
    const float want[2 * 3] = {0, 1, 0, 1, 0, 0};
    float y[2 * 3];
    rn_graph *g = rn_graph_new();
    rn_tensor logits = rn_cast(rn_constant(g, RN_F64, rn_shape(2, 3), x), RN_F32);
    rn_tensor p =
        rn_softmax(rn_filter_logits(logits, (rn_filter){.temperature = 1e-300}), -1);
    rn_program *program = rn_test_compile(p);

    rn_test_run_once(program);
    cr_assert(!rn_read_f32(program, p, y, 6));
    cr_assert(memcmp(y, want, sizeof y) == 0);
    rn_program_free(program);
    rn_graph_free(g);
}

Test(draws, gradient_of_filters)
{
    double c[3 * 7];
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(3, 7));
    const rn_filter f = {.temperature = 0.7, .top_k = 5, .top_p = 0.8, .min_p = 0.05};

    rn_test_numbers(c, 3 * 7, 2);
    rn_tensor y = rn_softmax(rn_filter_logits(x, f), -1);
    rn_tensor loss = rn_sum_all(rn_mul(y, rn_constant(g, RN_F64, rn_shape(3, 7), c)));
    rn_gradcheck_report *report = rn_gradcheck(loss, (rn_gradcheck_options){.seed = 3});
    cr_assert(report->passed, "%s", report->text);
    rn_gradcheck_free(report);
    rn_graph_free(g);
}

Test(draws, repetition_penalty)
{
    const double x[4] = {2, -2, 3, none}, want[4] = {1, -4, 3, none};
    const bool seen[4] = {true, true, false, true};
    double y[4];
    rn_graph *g = rn_graph_new();

    rn_test_value_f64(rn_repetition_penalty(rn_constant(g, RN_F64, rn_shape(4), x),
                                            rn_constant(g, RN_BOOL, rn_shape(4), seen), 2),
                      y);
    for (int i = 0; i < 4; i++) cr_assert(y[i] == want[i]);
    rn_graph_free(g);
}

/* ---- refusals ---- */

static void refuses(rn_filter f, const char *message)
{
    rn_graph *g = rn_graph_new();

    rn_filter_logits(rn_input(g, "x", RN_F32, rn_shape(2, 3)), f);
    rn_test_error_is(g, message);
    rn_graph_free(g);
}

#define REFUSED(message, y)                                                                \
    do {                                                                                   \
        rn_graph *g = rn_graph_new();                                                      \
        rn_tensor t = rn_constant_scalar(g, RN_I32, 0);                                    \
        (void)t;                                                                           \
        cr_assert(rn_is_null(y));                                                          \
        rn_test_error_is(g, message);                                                      \
        rn_graph_free(g);                                                                  \
    } while (0)

Test(draws, refusals)
{
    refuses((rn_filter){.temperature = -1},
            "filter_logits: temperature must not be negative: -1");
    refuses((rn_filter){.temperature = NAN},
            "filter_logits: temperature must not be negative: nan");
    refuses((rn_filter){.top_k = -2}, "filter_logits: top_k must not be negative: -2");
    refuses((rn_filter){.top_p = 1.5},
            "filter_logits: top_p must be in 0 <= top_p <= 1: 1.5");
    refuses((rn_filter){.min_p = -1},
            "filter_logits: min_p must be in 0 <= min_p <= 1: -1");
    REFUSED("categorical: the last axis must have elements",
            rn_categorical(t, 1, rn_fill(g, RN_F32, rn_shape(2, 0), 0)));
    REFUSED("categorical: the last axis must have elements",
            rn_categorical(t, 1, rn_fill(g, RN_F32, rn_shape(), 0)));
    REFUSED("categorical: x must be f32 or f64: n [3] i32",
            rn_categorical(t, 1, rn_input(g, "n", RN_I32, rn_shape(3))));
    REFUSED("filter_logits: the last axis must have elements",
            rn_filter_logits(rn_fill(g, RN_F32, rn_shape(0), 0), (rn_filter){0}));
    REFUSED("repetition_penalty: the penalty must be positive: 0",
            rn_repetition_penalty(rn_fill(g, RN_F32, rn_shape(3), 0),
                                  rn_fill(g, RN_BOOL, rn_shape(3), 0), 0));
}
