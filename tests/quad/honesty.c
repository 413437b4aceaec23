/* SPDX-License-Identifier: MIT */
#include "honesty.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <rondo/gradcheck.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quad.h"
#include "records.h"

const record *const honesty_records[] = {
#define RN_OP(name, code, kind, ...) &record_##name,
#include "ops/ops.def"
#undef RN_OP
#define RN_COMPOSITE(name) &record_##name,
#include "composites.def"
#undef RN_COMPOSITE
};
const int honesty_record_count = sizeof honesty_records / sizeof *honesty_records;

static bool is(const record *r, const char *name)
{
    return strcmp(r->name, name) == 0;
}

bool honesty_applies(const record *r)
{
    bool real = false;

    for (int i = 0; i < r->inputs; i++) real |= r->samples[0].x[i].type == RN_F32;
    return real && !is(r, "stop_gradient") && !is(r, "range") && !is(r, "unpack");
}

/* ---- values ---- */

enum { CLASSES = 8 };

static double power(rn_test_random *random, double low, double high)
{
    const double size = pow(10, rn_test_uniform(random, low, high));

    return rn_test_integer(random, 0, 1) ? size : -size;
}

/* Regular, saturated, small, tiny, huge, next to 1, halves; or one of these by element. */
static double draw(int class, rn_test_random *random)
{
    switch (class) {
    case 0:
        return rn_test_uniform(random, -2, 2);
    case 1:
        return rn_test_uniform(random, -40, 40);
    case 2:
        return power(random, -8, -1);
    case 3:
        return power(random, -100, -8);
    case 4:
        return power(random, 1, 30);
    case 5:
        return (rn_test_integer(random, 0, 1) ? 1 : -1) +
               (double)rn_test_integer(random, -4, 4) * 0x1p-52;
    case 6:
        return (double)rn_test_integer(random, -4, 4) / 2;
    default:
        return draw((int)rn_test_integer(random, 0, CLASSES - 2), random);
    }
}

/* Into the operator's domain, by how its samples are filled. */
static double fitted(const operand *o, double x)
{
    if (o->fill == rn_test_fill_positive) return x == 0 ? 0.5 : fabs(x);
    if (o->fill == rn_test_fill_open && fabs(x) >= 1) return 0.5 / x;
    return x;
}

/* ---- one graph ---- */

typedef struct scene {
    const record *record;
    rn_graph *graph;
    rn_tensor x[OPERANDS], loss;
    rn_test_array values[OPERANDS];
    void *data[OPERANDS];
    rn_value value[OPERANDS];
    rn_gradcheck_report *report;
    rn_test_quad *quad;
} scene;

static void make_operand(scene *s, const sample *from, int i, int class,
                         rn_test_random *random)
{
    const operand *o = &from->x[i];
    /* A cast is one only from f32. */
    const rn_type real = is(s->record, "cast") ? RN_F32 : RN_F64;
    char name[16];
    size_t bytes;

    s->values[i] = rn_test_array_new(o->type == RN_F32 ? real : o->type, o->shape);
    rn_test_array *a = &s->values[i];
    if (o->type != RN_F32) o->fill(a, random);
    for (int64_t k = 0; o->type == RN_F32 && k < rn_test_array_count(a); k++)
        a->at[k] = fitted(o, draw(class, random));
    rn_test_array_round(a);
    snprintf(name, sizeof name, "x%d", i);
    s->x[i] = rn_input(s->graph, name, a->type, a->shape);
    s->data[i] = rn_test_array_pack(a, &bytes);
    s->value[i] = (rn_value){s->x[i], s->data[i]};
}

static scene make_scene(const record *r, const sample *from, rn_test_random *random)
{
    scene s = {.record = r, .graph = rn_graph_new()};
    int64_t most = 16;

    for (int i = 0; i < r->inputs; i++) {
        make_operand(&s, from, i, (int)rn_test_integer(random, 0, CLASSES - 1), random);
        most += rn_test_array_count(&s.values[i]);
    }
    const rn_tensor y = rn_cast(r->build(s.x, from->with), RN_F64);
    s.loss = rn_test_project(y, random, false);
    cr_assert_str_eq(rn_graph_error(s.graph), "", "%s", r->name);
    s.report = rn_gradcheck(s.loss, (rn_gradcheck_options){.values = s.value,
                                                           .value_count = r->inputs,
                                                           .exhaustive = INT64_MAX,
                                                           .worst = (int)most});
    return s;
}

static void free_scene(scene *s)
{
    for (int i = 0; i < s->record->inputs; i++) {
        rn_test_array_free(&s->values[i]);
        free(s->data[i]);
    }
    if (s->quad) rn_test_quad_free(s->quad);
    rn_gradcheck_free(s->report);
    rn_graph_free(s->graph);
}

/* ---- the oracle ---- */

static void wake_oracle(scene *s)
{
    if (s->quad) return;
    s->quad = rn_test_quad_new(s->graph);
    for (int i = 0; i < s->record->inputs; i++)
        rn_test_quad_set_data(s->quad, s->x[i], s->data[i]);
}

/* Where one element moves. */
static double *unit(const scene *s, int i, int64_t element)
{
    const size_t n = (size_t)rn_test_array_count(&s->values[i]);
    double *direction = (double *)calloc(n + 1, sizeof *direction);

    cr_assert(direction);
    direction[element] = 1;
    return direction;
}

static quad loss_at(scene *s, int i, const double *direction, quad t)
{
    rn_test_quad_move(s->quad, s->x[i], direction, t);
    const quad y = rn_test_quad_run(s->quad, s->loss)[0];
    rn_test_quad_move(s->quad, s->x[i], NULL, 0);
    return y;
}

/* Differences over steps in proportion to x: the oracle's own would cross the pole next to
 * a tiny x. */
static quad near_pole(scene *s, int i, const double *direction, double x, quad *error)
{
    const quad h = 0x1p-20Q * fabsq((quad)x);
    quad d[4], size = 0;

    for (int k = 1; k <= 3; k++) {
        const quad up = loss_at(s, i, direction, k * h),
                   down = loss_at(s, i, direction, -k * h);
        d[k] = up - down;
        size = fmaxq(size, fmaxq(fabsq(up), fabsq(down)));
    }
    const quad fourth = (8 * d[1] - d[2]) / (12 * h);
    const quad sixth = (45 * d[1] - 9 * d[2] + d[3]) / (60 * h);
    *error = 8 * fabsq(sixth - fourth) + 0x1p-110Q * size / h;
    return sixth;
}

static bool has_pole_at_zero(const record *r)
{
    return is(r, "div") || is(r, "reciprocal") || is(r, "log") || is(r, "sqrt") ||
           is(r, "pow");
}

static quad derivative(scene *s, int i, int64_t element, quad *error)
{
    const double x = s->values[i].at[element];

    wake_oracle(s);
    double *direction = unit(s, i, element);
    const rn_test_quad_path path = {s->x[i], direction};
    const quad d = has_pole_at_zero(s->record) && x != 0 && fabs(x) < 0x1p-10
                       ? near_pole(s, i, direction, x, error)
                       : rn_test_quad_derivative(s->quad, s->loss, &path, 1, error);

    free(direction);
    return d;
}

/* Whether there is a kink within the shortest of the check's steps. */
static bool straddles(scene *s, int i, int64_t element)
{
    const double x = s->values[i].at[element];
    const double scale = fabs(x) > 0x1p30 ? ldexp(1, ilogb(x) - 30) : 1;
    const quad d = (quad)ldexp(scale, -27);

    wake_oracle(s);
    double *direction = unit(s, i, element);
    const quad here = loss_at(s, i, direction, 0), up = loss_at(s, i, direction, d),
               down = loss_at(s, i, direction, -d);
    free(direction);
    const quad second = fabsq((up - here) + (down - here));
    return second > 1e-28Q * (fabsq(here) + fabsq(up) + fabsq(down));
}

/* ---- judging ---- */

/* Where the truth is known much better than the number claims to be. No bound is finer than
 * the smallest number. */
static void judge(honesty_side *side, double got, double bound, quad want, quad unsure)
{
    const quad off = fabsq((quad)got - want) - unsure - (quad)DBL_TRUE_MIN;

    if (!isfinite(got) || !isfinite(bound)) return;
    if (unsure > (quad)bound / 10 && unsure > 1e-25Q * fabsq(want)) return;
    side->judged++;
    if (!(off > 0)) return;
    const double share = bound > 0 ? (double)(off / (quad)bound) : (double)INFINITY;
    if (share > 1) side->outside++;
    side->worst = fmax(side->worst, share);
}

static void judge_entry(honesty *h, scene *s, const rn_gradcheck_entry *e)
{
    quad unsure;
    const quad want = derivative(s, e->tensor[1] - '0', e->element, &unsure);

    if (!finiteq(want) || !finiteq(unsure) || fabsq(want) > 1e300Q) return;
    judge(&h->numeric, e->numeric, e->numeric_bound, want, unsure);
    judge(&h->analytic, e->analytic, e->analytic_bound, want, unsure);
}

static void judge_kinks(honesty *h, scene *s)
{
    const rn_gradcheck_report *r = s->report;

    for (int64_t k = 0; k < r->kinks; k++) {
        if (r->kink[k].element < 0) continue;
        if (strcmp(r->kink[k].op, "loss") == 0)
            h->inconclusive++;
        else
            h->left_out++;
    }
}

/* Counts a compared element that lies at a kink: it should have been left out. */
static void judge_straddle(honesty *h, scene *s, const rn_gradcheck_entry *e)
{
    if (!straddles(s, e->tensor[1] - '0', e->element)) return;
    h->straddled++;
    h->unreported++;
}

static void judge_scene(honesty *h, scene *s, int64_t stride)
{
    const rn_gradcheck_report *r = s->report;

    cr_assert(r && (r->status == RN_OK || r->status == RN_BAD_VALUE), "%s",
              r ? r->text : "out of memory");
    h->graphs++;
    if (r->status != RN_OK) {
        h->not_finite++;
        return;
    }
    if (!r->passed && !h->alarm[0])
        snprintf(h->alarm, sizeof h->alarm, "%s: %s", s->record->name, r->text);
    h->alarms += r->failed;
    judge_kinks(h, s);
    for (int k = 0; k < r->worst_count; k++) {
        const rn_gradcheck_entry *e = &r->worst[k];
        if (e->element < 0) continue;
        /* Where a second difference is zero, or reveals a kink. */
        if (s->record->flags & PIECEWISE) judge_straddle(h, s, e);
        if (h->points++ % stride == 0) judge_entry(h, s, e);
    }
}

/* In a large sample most elements share their size. */
static bool small_enough(const record *r, const sample *from)
{
    enum { MOST = 64 };
    int64_t elements = 0;

    for (int i = 0; i < r->inputs; i++) elements += rn_shape_count(from->x[i].shape);
    return elements <= MOST;
}

honesty honesty_of(const record *r, int64_t points, int64_t stride, uint64_t seed)
{
    honesty h = {0};
    rn_test_random random = {4710 + seed};

    for (int64_t n = 0; h.points < points && n < 40 * points; n++) {
        const sample *from = &r->samples[n % r->sample_count];
        if (!small_enough(r, from)) continue;
        scene s = make_scene(r, from, &random);
        judge_scene(&h, &s, stride);
        free_scene(&s);
    }
    h.straddled += h.left_out;
    return h;
}
