/* SPDX-License-Identifier: MIT */
/* Loops and their gradients, run with the pass and without. */
#ifndef RN_TESTS_COMPILE_SCAN_WORLD_H
#define RN_TESTS_COMPILE_SCAN_WORLD_H

#include "run/driver.h"
#include "scan_bodies.h"

enum { MOST = 1 << 18 };

/* The reference back end rounds a scan once at the end, not in every step. */
#ifdef RN_TESTS_BACKEND_ON_REFERENCE_H
static const double exactly = 1e-6;
static const bool slow = true;
#else
static const double exactly = 0;
static const bool slow = false;
#endif

/* ---- worlds ---- */

typedef struct world {
    int64_t T, B, H;
    rn_type type;
    bool reverse, gradient, infinite; /* infinite: x has an infinity and a NaN */
    unsigned without;
    int threads;
} world;

typedef struct outcome {
    double y[MOST], last[MOST], dx[MOST], dz[MOST], dv[MOST], dh[MOST];
    char text[100000];
    size_t bytes;
} outcome;

typedef struct tensors {
    rn_tensor x, z, m, v, h0, y, last, d[4];
} tensors;

static inline void build(rn_graph *g, const world *w, rule *body_of, tensors *t)
{
    const rn_shape stack = rn_shape(w->T, w->B, w->H), one = rn_shape(w->B, w->H);

    t->x = rn_input(g, "x", w->type, stack);
    t->z = rn_input(g, "z", w->type, stack);
    t->m = rn_input(g, "m", RN_BOOL, rn_shape(w->T, w->B, 1));
    t->v = rn_input(g, "v", w->type, rn_shape(w->H));
    t->h0 = rn_input(g, "h0", w->type, one);
    rn_loop *loop = rn_loop_begin(g);
    if (w->reverse) rn_loop_reverse(loop);
    body b = {.loop = loop, .v = t->v, .h0 = t->h0, .units = w->H};
    b.x = rn_loop_each(loop, t->x);
    b.z = rn_sigmoid(rn_loop_each(loop, t->z));
    b.m = rn_loop_each(loop, t->m);
    b.h = rn_loop_carry(loop, t->h0);
    const rn_tensor y = body_of(&b);
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(g));
    t->y = rn_loop_collect(loop, y);
    t->last = rn_loop_final(loop, b.h);
    const rn_tensor in[4] = {t->x, t->z, t->v, t->h0};
    const rn_tensor loss = rn_add(rn_sum_all(rn_sin(t->y)), rn_sum_all(rn_sin(t->last)));
    if (w->gradient) rn_grad(loss, rn_null(), in, 4, t->d);
    for (int i = 0; i < 4 && w->gradient; i++)
        if (rn_is_null(t->d[i])) t->d[i] = rn_constant_like(in[i], 0);
}

static inline void feed(rn_program *p, const world *w, const tensors *t)
{
    const rn_tensor in[4] = {t->x, t->z, t->v, t->h0};
    double *data = (double *)malloc((size_t)((w->T + 1) * w->B * w->H) * sizeof *data);
    bool *m = (bool *)malloc((size_t)(w->T * w->B + 1));

    for (int i = 0; i < 4; i++) {
        rn_test_numbers(data, rn_test_count(in[i]), (uint64_t)i + 1);
        if (i == 0 && w->infinite)
            data[2 * w->B * w->H] = -INFINITY, data[5 * w->B * w->H - 1] = NAN;
        rn_test_feed(p, in[i], data);
    }
    for (int64_t i = 0; i < w->T * w->B; i++) m[i] = rn_test_number(9, (uint64_t)i) > 0;
    cr_assert_eq(rn_feed_bool(p, t->m, m, w->T * w->B), RN_OK);
    free(data);
    free(m);
}

static inline outcome *run(const world *w, rule *body_of)
{
    rn_graph *g = rn_graph_new();
    tensors t;
    outcome *o = (outcome *)calloc(1, sizeof *o);

    build(g, w, body_of, &t);
    rn_compile_options options = {RN_OUTPUTS(t.y, t.last, t.d[0], t.d[1], t.d[2], t.d[3]),
                                  .without = w->without, .threads = w->threads};
    if (!w->gradient) options.output_count = 2;
    rn_program *p = rn_test_compile_with(g, options);
    feed(p, w, &t);
    rn_test_run(p);
    rn_test_read(p, t.y, o->y);
    rn_test_read(p, t.last, o->last);
    double *d[4] = {o->dx, o->dz, o->dv, o->dh};
    for (int i = 0; i < 4 && w->gradient; i++) rn_test_read(p, t.d[i], d[i]);
    rn_program_print(p, o->text, sizeof o->text);
    o->bytes = rn_program_workspace(p);
    rn_program_free(p);
    rn_graph_free(g);
    return o;
}

static inline bool loops(const outcome *o)
{
    return strstr(o->text, " loop ") != NULL;
}

static inline void same(const world *w, const outcome *a, const outcome *b,
                        double tolerance, const char *name)
{
    const int64_t n = w->T * w->B * w->H;

    rn_test_near(a->y, b->y, n, exactly, name);
    rn_test_near(a->last, b->last, w->B * w->H, exactly, name);
    if (!w->gradient) return;
    rn_test_near(a->dx, b->dx, n, tolerance, name);
    rn_test_near(a->dz, b->dz, n, tolerance, name);
    rn_test_near(a->dv, b->dv, w->H, tolerance, name);
    rn_test_near(a->dh, b->dh, w->B * w->H, tolerance, name);
}

static inline void compare(world w, const form *f)
{
    const double tolerance = w.type == RN_F64 ? 1e-12 : 2e-5;
    outcome *on = run(&w, f->rule);

    w.without = RN_PASS_SCAN;
    outcome *off = run(&w, f->rule);
    same(&w, on, off, tolerance, f->name);
    cr_assert(w.T == 0 || loops(off), "%s", f->name);
    cr_assert(w.T == 0 || loops(on) == !f->scans, "%s: %s", f->name, on->text);
    free(on);
    free(off);
}

#endif
