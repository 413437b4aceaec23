/* SPDX-License-Identifier: MIT */
/* Judging rules of operators along an axis, by the oracle alone. */
#include <rondo/grad.h>
#include <string.h>

#include "rules.h"
#include "support/eval.h"

enum { TRIALS = 70 };

/* One trial: the operator on RULE_SIZE numbers, and dot = sum of dy y. */
typedef struct trial {
    rn_graph *g;
    rn_tensor x, dy, y, dot, dx, each[RULE_SIZE];
    int outputs; /* RULE_SIZE or 1 */
    double x_at[RULE_SIZE], dy_at[RULE_SIZE], scale;
    rn_test_quad *q;
} trial;

static trial trial_new(const axis_rule *r, const rule_precision *p)
{
    trial t = {.g = rn_graph_new()};

    t.x = rn_input(t.g, "x", p->type, rn_shape(RULE_SIZE));
    t.y = r->build(t.x);
    t.outputs = (int)rn_shape_count(rn_shape_get(t.y));
    t.dy = rn_input(t.g, "dy", p->type, rn_shape_get(t.y));
    t.dot = rn_sum_all(rn_mul(t.dy, t.y));
    for (int j = 0; j < t.outputs; j++)
        t.each[j] = rn_rank(t.y) ? rn_index(t.y, 0, j) : t.y;
    if (!rn_grad(t.y, t.dy, &t.x, 1, &t.dx)) t.dx = rn_null();
    t.q = rn_test_quad_new(t.g);
    return t;
}

static void trial_free(trial *t)
{
    rn_test_quad_free(t->q);
    rn_graph_free(t->g);
}

/* Often one dy alone is not 0, as of a cross entropy, and at times one x is far off. */
static void draw(const axis_rule *r, const rule_precision *p, trial *t, int kind,
                 uint64_t *random)
{
    t->scale = r->spread[kind];
    for (int i = 0; i < RULE_SIZE; i++) {
        t->x_at[i] = r->middle[kind] + t->scale * rule_draw(random, -1, 1);
        t->dy_at[i] = rule_draw(random, -4, 4);
    }
    if (rule_pick(random, 0, 3) == 0) t->x_at[rule_pick(random, 0, 4)] += 30 * t->scale;
    const int only = rule_pick(random, 0, 9);
    for (int i = 0; i < t->outputs; i++)
        if (t->outputs > 1 && only < RULE_SIZE && i != only) t->dy_at[i] = 0;
    for (int i = 0; i < RULE_SIZE; i++) {
        t->x_at[i] = rule_rounded(p, t->x_at[i]);
        t->dy_at[i] = rule_rounded(p, t->dy_at[i]);
    }
    rn_test_quad_set(t->q, t->x, t->x_at);
    rn_test_quad_set(t->q, t->dy, t->dy_at);
}

static void library(trial *t, double *dx)
{
    rn_test_array x = {rn_type_get(t->x), rn_shape_get(t->x), t->x_at};
    rn_test_array dy = {rn_type_get(t->dy), rn_shape_get(t->dy), t->dy_at};
    const rn_test_feed feeds[] = {{t->x, &x}, {t->dy, &dy}};
    rn_test_array got = rn_test_eval(t->dx, feeds, 2);

    memcpy(dx, got.at, RULE_SIZE * sizeof *dx);
    rn_test_array_free(&got);
}

/* ---- what is true ---- */

/* Of the gradient to one x; the error is the oracle's own. */
typedef struct truth {
    quad dx, condition, error;
    bool sound;
} truth;

/* dx[i], and the part of its condition that is due to dy. */
static truth first_order(const axis_rule *r, trial *t, const quad *x, int i)
{
    double unit[RULE_SIZE] = {0};
    const rn_test_quad_path path = {t->x, unit};
    truth d = {.sound = true};

    unit[i] = t->scale;
    for (int j = 0; j < t->outputs; j++) {
        const quad dy = (quad)t->dy_at[j] / (quad)t->scale;
        quad error, slope = rn_test_quad_derivative(t->q, t->each[j], &path, 1, &error);
        if (r->jacobian) {
            const quad closed = r->jacobian(x, j, i) * (quad)t->scale;
            if (!(fabsq(closed - slope) <= 4 * error + 1e-24Q)) d.sound = false;
            slope = closed, error = 0;
        }
        d.dx += dy * slope;
        d.condition += fabsq(dy * slope);
        d.error += fabsq(dy * error);
    }
    return d;
}

/* d dx[i] / d x[k] from the closed form, or from differences of the operator. */
static quad second_order(const axis_rule *r, trial *t, const quad *x, int i, int k)
{
    double unit[RULE_SIZE] = {0}, other[RULE_SIZE] = {0};
    quad up[RULE_SIZE], down[RULE_SIZE], change = 0, h = 0x1p-28Q * (quad)t->scale;

    unit[i] = 1, other[k] = 1;
    if (!r->jacobian)
        return rn_test_quad_second(t->q, t->dot, (rn_test_quad_path){t->x, unit}, h,
                                   (rn_test_quad_path){t->x, other}, h);
    memcpy(up, x, sizeof up);
    memcpy(down, x, sizeof down);
    up[k] += h, down[k] -= h;
    for (int j = 0; j < t->outputs; j++)
        change += (quad)t->dy_at[j] * (r->jacobian(up, j, i) - r->jacobian(down, j, i));
    return change / (2 * h);
}

static truth truth_of(const axis_rule *r, trial *t, const quad *x, int i)
{
    truth d = first_order(r, t, x, i);

    for (int k = 0; k < RULE_SIZE; k++)
        d.condition += fabsq(second_order(r, t, x, i, k) * x[k]);
    return d;
}

/* ---- judgement ---- */

static void judge(const axis_rule *r, const rule_precision *p, trial *t, const double *dx,
                  rule_result *result)
{
    quad x[RULE_SIZE], y[RULE_SIZE];

    memcpy(x, rn_test_quad_run(t->q, t->x), sizeof x);
    memcpy(y, rn_test_quad_run(t->q, t->y), (size_t)t->outputs * sizeof *y);
    for (int i = 0; i < RULE_SIZE; i++) {
        const truth d = truth_of(r, t, x, i);
        const quad scale = d.condition + (r->stated ? r->stated(x, y, t->dy_at, i) : 0);
        const quad off = fabsq((quad)dx[i] - d.dx) - d.error - p->lost;
        const double worst =
            isnanq(off) ? (double)INFINITY : (double)(off / ((quad)p->u * scale));
        result->points++;
        if (!d.sound || !(d.error <= (quad)p->u * scale)) result->unsound++;
        if (worst <= result->worst) continue;
        result->worst = worst, result->x = t->x_at[0], result->y = t->x_at[1];
    }
}

rule_result judge_axis(const axis_rule *r, const rule_precision *p)
{
    uint64_t random = 17;
    rule_result result = {0};
    trial t = trial_new(r, p);
    double dx[RULE_SIZE];

    for (int n = 0; n < 3 * TRIALS; n++) {
        draw(r, p, &t, n / TRIALS, &random);
        library(&t, dx);
        judge(r, p, &t, dx, &result);
    }
    trial_free(&t);
    return result;
}
