/* SPDX-License-Identifier: MIT */
/*
 * Random graphs of up to 30 operators, including loops and their bodies: the gradient
 * agrees with differences of the loss. A failure is shrunk to the smallest graph that still
 * fails, and printed. RONDO_SEEDS=first:count runs other graphs.
 */
#include "shrink.h"

#include <rondo/gradcheck.h>

#include "ops/op.h"

enum { OPERATORS = 30 };

/* Far above what rounding does to deep graphs, far below what a wrong rule does. */
static const double tolerance = 1e-6;

typedef struct seeds {
    uint64_t first, last;
} seeds;

static seeds which(int count)
{
    const char *text = getenv("RONDO_SEEDS");
    char *end;

    if (!text) return (seeds){1, (uint64_t)count};
    const uint64_t first = strtoull(text, &end, 10);
    return (seeds){first, *end == ':' ? first + strtoull(end + 1, NULL, 10) - 1 : first};
}

/* ---- graphs ---- */

/* Differences know nothing of a condition that changes on the way, nor of a gradient that
 * is stopped there: all are constants. */
static void freeze_conditions(rn_graph *g)
{
    for (; g; g = rn_test_next_graph(g))
        for (int32_t id = 0; id < g->count; id++)
            if (rn__at(g, id)->op == &rn__op_less ||
                rn__at(g, id)->op == &rn__op_stop_gradient)
                rn_test_become_constant(g, id);
}

/* Every element of the last few tensors counts, each with another weight. */
static rn_tensor loss_of(const rn_test_pool *pool, uint64_t seed)
{
    rn_tensor loss = rn_mean_all(rn_tanh(pool->at[0]));

    for (int i = pool->count > 6 ? pool->count - 6 : 0; i < pool->count; i++) {
        const rn_tensor x = pool->at[i];
        double weights[600];
        rn_test_numbers(weights, rn_test_count(x), seed * 100 + (uint64_t)i);
        const rn_tensor w = rn_test_constant_f64(x.graph, rn_shape_get(x), weights);
        loss = rn_add(loss, rn_sum_all(rn_mul(rn_tanh(x), w)));
    }
    return loss;
}

/* The graph of a seed with as many nodes as keep its operators below the limit. */
static rn_tensor random_loss(uint64_t seed)
{
    for (int nodes = OPERATORS;; nodes--) {
        rn_test_dice d = {.seed = seed};
        rn_test_pool pool;
        rn_graph *g = rn_test_random_graph(&d, nodes, &pool, NULL);
        if (nodes == 1 || rn_test_operators(g) <= OPERATORS) {
            freeze_conditions(g);
            return loss_of(&pool, seed);
        }
        rn_graph_free(g);
    }
}

/* ---- checking ---- */

enum { LEAVES = 64, LARGEST = 600 };

/* The inputs, those too that shrinking made, and values that their names decide. */
typedef struct world {
    rn_value value[LEAVES];
    double number[LEAVES][LARGEST];
    int count;
} world;

static world *world_of(rn_graph *g)
{
    static world w;

    w.count = 0;
    for (int32_t id = 0; id < g->count && w.count < LEAVES; id++) {
        const rn_tensor x = rn__tensor(g, id);
        if (rn__node_of(x)->op != &rn__op_input) continue;
        const char *name = rn_name_get(x);
        const uint64_t seed =
            (uint64_t)strtol(name + strcspn(name, "0123456789"), NULL, 10);
        double *numbers = w.number[w.count];
        rn_test_numbers(numbers, rn_test_count(x), 1000 + seed);
        w.value[w.count++] = (rn_value){x, numbers};
    }
    return &w;
}

static rn_gradcheck_report *report_of(rn_tensor loss)
{
    const world *w = world_of(loss.graph);

    return rn_gradcheck(
        loss,
        (rn_gradcheck_options){.values = w->value, .value_count = w->count, .worst = 200});
}

static double loss_at(rn_program *p, rn_tensor loss, rn_value x, double *at, double h)
{
    const double before = *at;

    *at += h;
    rn_test_feed(p, x.input, (const double *)x.data);
    *at = before;
    rn_test_run(p);
    return rn_scalar(p, loss);
}

/* Where the loss bends sharply (48 steps of tanh) the steps of rn_gradcheck are too large.
 * The same element with steps of 2^-15: whether it fails all the same. */
static bool fails_in_small_steps(rn_tensor loss, const rn_gradcheck_entry *e)
{
    const double h = 0x1p-15;
    world *w = world_of(loss.graph);
    bool failed = true;

    rn_program *p = rn_test_compile_with(
        loss.graph,
        (rn_compile_options){RN_OUTPUTS(loss), .real = RN_F64, .convert = true});
    for (int i = 0; i < w->count; i++)
        rn_test_feed(p, w->value[i].input, (const double *)w->value[i].data);
    for (int i = 0; i < w->count && e->element >= 0; i++) {
        const rn_value x = w->value[i];
        if (strcmp(rn_name_get(x.input), e->tensor) != 0) continue;
        double *at = &w->number[i][e->element];
        const double near = loss_at(p, loss, x, at, h) - loss_at(p, loss, x, at, -h);
        const double far = loss_at(p, loss, x, at, 2 * h) - loss_at(p, loss, x, at, -2 * h);
        const double numeric = (8 * near - far) / (12 * h);
        failed = !(fabs(numeric - e->analytic) <= tolerance * fmax(1e-3, fabs(numeric)));
    }
    rn_program_free(p);
    return failed;
}

static bool fails(rn_tensor loss, const void *data)
{
    rn_gradcheck_report *report = report_of(loss);
    bool failed = false;

    (void)data;
    cr_assert(report, "out of memory");
    for (int i = 0; report->status == RN_OK && i < report->worst_count; i++)
        if (!report->worst[i].passed && fails_in_small_steps(loss, &report->worst[i]))
            failed = true;
    rn_gradcheck_free(report);
    return failed;
}

/* Shrinks a failing graph and fails the test with what is left. */
static void tell(rn_tensor loss, uint64_t seed)
{
    static char text[20000];
    rn_tensor small;
    rn_graph *g = rn_test_shrink(loss, fails, NULL, &small);
    rn_gradcheck_report *report = report_of(small);

    rn_graph_print(g, text, sizeof text);
    cr_assert(false, "seed %d: a wrong gradient; in the smallest graph:\n%s%s", (int)seed,
              report ? report->text : "", text);
}

Test(random_gradient, agrees_with_differences)
{
    const seeds s = which(300);

    for (uint64_t seed = s.first; seed <= s.last; seed++) {
        const rn_tensor loss = random_loss(seed);
        rn_gradcheck_report *report = report_of(loss);
        cr_assert(report && report->status == RN_OK, "seed %d: %s", (int)seed,
                  report ? report->text : "out of memory");
        if (!report->passed && fails(loss, NULL)) tell(loss, seed);
        rn_gradcheck_free(report);
        rn_graph_free(loss.graph);
    }
}

/* ---- and would it be found ---- */

static void sines(int64_t n, const void *const *x, const int64_t *step, void *y,
                  const void *attributes)
{
    (void)attributes;
    for (int64_t i = 0; i < n; i++)
        ((double *)y)[i] = sin(((const double *)x[0])[i * step[0]]);
}

static void wrong(rn_pullback *p)
{
    p->dx[0] = rn_scale(rn_mul(p->dy, rn_cos(p->x[0])), 1 + 1e-4);
}

static const rn_op wrong_sin = {
    .name = "wrong_sin", .inputs = 1, .map = {[RN_F64] = sines}, .gradient = wrong};

static int put_wrong_sines(rn_graph *g)
{
    int count = 0;

    for (; g; g = rn_test_next_graph(g))
        for (int32_t id = 0; id < g->count; id++) {
            rn__node *node = rn__at(g, id);
            if (strcmp(node->op->name, "sin") != 0) continue;
            node->op = &wrong_sin;
            count++;
        }
    return count;
}

static bool holds_wrong_sine(rn_graph *g)
{
    for (; g; g = rn_test_next_graph(g))
        for (int32_t id = 0; id < g->count; id++)
            if (rn__at(g, id)->op == &wrong_sin) return true;
    return false;
}

/* One wrong operator among many: three are left at most, beside the sum that makes a scalar
 * of them; in one graph of a hundred one or two more, where a loop cannot be opened. */
Test(random_gradient, a_wrong_rule_shrinks_to_three_operators)
{
    static char text[20000];
    int found = 0, missed = 0, large = 0;

    for (uint64_t seed = 1; found < 30; seed++) {
        rn_tensor loss = random_loss(seed), small;
        rn_graph *needed = NULL;
        if (put_wrong_sines(loss.graph)) needed = rn_test_needed(loss, &small);
        if (needed && holds_wrong_sine(needed)) {
            if (fails(loss, NULL)) {
                rn_graph *g = rn_test_shrink(loss, fails, NULL, &small);
                cr_assert(fails(small, NULL), "seed %d", (int)seed);
                cr_assert(holds_wrong_sine(g), "seed %d", (int)seed);
                const int operators = rn_test_operators(g);
                rn_graph_print(g, text, sizeof text);
                cr_assert_leq(operators, 6 + 1, "seed %d:\n%s", (int)seed, text);
                large += operators > 3 + 1;
                rn_graph_free(g);
                found++;
            } else {
                missed++;
            }
        }
        rn_graph_free(needed);
        rn_graph_free(loss.graph);
    }
    /* One that counts for nothing, in a slice of no elements for one, cannot be found. */
    cr_assert_leq(missed, found);
    cr_assert_leq(large, 3);
}
