/* SPDX-License-Identifier: MIT */
/* Judging rules of element-wise operators, at points of every size. */
#include <rondo/grad.h>
#include <string.h>

#include "rules.h"
#include "support/eval.h"

enum { CLASSES = 7, POINTS = CLASSES * CLASSES * 60 };

/* ---- points ---- */

static double signed_power(uint64_t *random, double low, double high)
{
    const quad size = powq(10, (quad)rule_draw(random, low, high));

    return (double)(rule_pick(random, 0, 1) ? size : -size);
}

/* Regular, saturated, small, tiny, huge, near 1 and exact. */
static double draw(const rule_precision *t, int class, uint64_t *random)
{
    switch (class) {
    case 0:
        return rule_draw(random, -2, 2);
    case 1:
        return rule_draw(random, -40, 40);
    case 2:
        return signed_power(random, -8, -1);
    case 3:
        return signed_power(random, t->low, -8);
    case 4:
        return signed_power(random, 1, t->high);
    case 5:
        return (rule_pick(random, 0, 1) ? 1 : -1) + rule_pick(random, -4, 4) * 2 * t->u;
    default:
        return rule_pick(random, -4, 4) / 2.0;
    }
}

typedef struct points {
    int count;
    double x[RULE_OPERANDS][POINTS], dy[POINTS];
} points;

static void draw_points(const element_rule *r, const rule_precision *t, points *p)
{
    uint64_t random = 4711;

    p->count = 0;
    for (int i = 0; i < POINTS; i++) {
        double x[RULE_OPERANDS];
        x[0] = rule_rounded(t, draw(t, i % CLASSES, &random));
        x[1] = rule_rounded(t, draw(t, i / CLASSES % CLASSES, &random));
        if (r->domain && !r->domain(x)) continue;
        p->x[0][p->count] = x[0];
        p->x[1][p->count] = x[1];
        p->dy[p->count++] = rule_rounded(t, rule_draw(&random, 0.25, 4)) *
                            (rule_pick(&random, 0, 1) ? 1 : -1);
    }
}

/* ---- what the library computes ---- */

static void library(const element_rule *r, const rule_precision *t, const points *p,
                    int operand, double *y, double *dx)
{
    const rn_shape shape = {1, {p->count}};
    rn_graph *g = rn_graph_new();
    rn_test_array array[3], got[2];
    rn_test_feed feeds[3];
    rn_tensor in[3], out[2];

    for (int i = 0; i < 3; i++) {
        array[i] = rn_test_array_new(t->type, shape);
        memcpy(array[i].at, i < 2 ? p->x[i] : p->dy, (size_t)p->count * sizeof(double));
        in[i] = rn_input(g, "x", t->type, shape);
        feeds[i] = (rn_test_feed){in[i], &array[i]};
    }
    out[0] = r->build(in);
    if (!rn_grad(out[0], in[2], &in[operand], 1, &out[1])) out[1] = rn_null();
    rn_test_run(out, 2, feeds, 3, got);
    memcpy(y, got[0].at, (size_t)p->count * sizeof(double));
    memcpy(dx, got[1].at, (size_t)p->count * sizeof(double));
    for (int i = 0; i < 3; i++) rn_test_array_free(&array[i]);
    for (int i = 0; i < 2; i++) rn_test_array_free(&got[i]);
    rn_graph_free(g);
}

/* ---- what is true ---- */

/* The condition of a slope, over |dy|. */
static quad condition(const element_rule *r, int operand, const quad *x)
{
    quad sum = fabsq(r->slope[operand](x));

    for (int j = 0; j < r->inputs; j++) {
        const quad h = 0x1p-30Q * x[j];
        quad up[RULE_OPERANDS] = {x[0], x[1]}, down[RULE_OPERANDS] = {x[0], x[1]};
        if (h == 0) continue;
        up[j] += h, down[j] -= h;
        const quad change = r->slope[operand](up) - r->slope[operand](down);
        if (finiteq(change)) sum += fabsq(change / (2 * h) * x[j]);
    }
    return sum;
}

/* The operator on single numbers, for the oracle. */
typedef struct scene {
    rn_graph *g;
    rn_tensor x[RULE_OPERANDS], y;
    rn_test_quad *q;
} scene;

static scene scene_new(const element_rule *r, const rule_precision *t)
{
    const rn_shape scalar = {0};
    scene s = {.g = rn_graph_new()};

    for (int i = 0; i < RULE_OPERANDS; i++) s.x[i] = rn_input(s.g, "x", t->type, scalar);
    s.y = r->build(s.x);
    s.q = rn_test_quad_new(s.g);
    return s;
}

static void scene_free(scene *s)
{
    rn_test_quad_free(s->q);
    rn_graph_free(s->g);
}

/* Where the oracle is exact, for its own digits may cancel within the operator. */
static bool sound(const scene *s, int operand, const double *x, quad slope)
{
    const double one = 1;
    quad error;

    for (int i = 0; i < RULE_OPERANDS; i++) rn_test_quad_set(s->q, s->x[i], &x[i]);
    const quad want = rn_test_quad_derivative(
        s->q, s->y, &(rn_test_quad_path){s->x[operand], &one}, 1, &error);
    const quad cancelled = 1e-27Q * (1 + fabsq((quad)x[operand]));
    if (!finiteq(want) || !finiteq(error)) return true;
    return fabsq(want - slope) <= 4 * error + 1e-24Q * fabsq(slope) + cancelled;
}

/* ---- judgement ---- */

/* The error over u scale. */
static double judged(const rule_precision *t, quad error, quad scale)
{
    const quad rest = error - t->lost;

    if (isnanq(error)) return (double)INFINITY;
    return rest > 0 ? (double)(rest / ((quad)t->u * scale)) : 0;
}

/* Whether there is something to judge: neither value nor gradients overflow. */
static bool judgeable(const element_rule *r, const rule_precision *t, double y,
                      const quad *x)
{
    bool finite = fabs(y) <= t->largest;

    for (int i = 0; i < r->inputs; i++)
        finite &= 4 * fabsq(r->slope[i](x)) <= (quad)t->largest;
    return finite;
}

rule_result judge_element(const element_rule *r, int operand, const rule_precision *t)
{
    static points p;
    static double y[POINTS], dx[POINTS];
    rule_result result = {0};
    scene s = scene_new(r, t);

    draw_points(r, t, &p);
    library(r, t, &p, operand, y, dx);
    for (int i = 0; i < p.count; i++) {
        const double at[RULE_OPERANDS] = {p.x[0][i], p.x[1][i]};
        const quad x[RULE_OPERANDS] = {(quad)at[0], (quad)at[1]}, dy = (quad)p.dy[i];
        const quad slope = r->slope[operand](x);
        if (!judgeable(r, t, y[i], x)) continue;
        const quad scale = r->stated ? r->stated(x) : condition(r, operand, x);
        const double worst = judged(t, fabsq((quad)dx[i] - dy * slope), fabsq(dy) * scale);
        result.points++;
        if (!sound(&s, operand, at, slope)) result.unsound++;
        if (worst <= result.worst) continue;
        result.worst = worst, result.x = at[0], result.y = at[1];
    }
    scene_free(&s);
    return result;
}
