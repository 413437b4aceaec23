/* SPDX-License-Identifier: MIT */
/*
 * A recurrent layer of oneDNN: its descriptors, and its primitives with their arguments.
 *
 * The states at the beginning are given, as zeros: without them the primitives of 2.6 for
 * one direction return a wrong gradient of the recurrent weights.
 */
#include "onednn.h"

#include <string.h>

typedef dnnl_memory_desc_t desc;

static bool new_tensors(loaded *l, tensors *t)
{
    const int64_t T = l->c.T, B = l->c.B, I = l->c.I, H = l->c.H, D = l->cell->directions,
                  G = l->cell->gates;
    const desc x = onednn_describe(dnnl_tnc, 3, (int64_t[]){T, B, I});
    const desc y = onednn_describe(dnnl_tnc, 3, (int64_t[]){T, B, D * H});
    const desc w = onednn_describe(dnnl_ldigo, 5, (int64_t[]){1, D, I, G, H});
    const desc u = onednn_describe(dnnl_ldigo, 5, (int64_t[]){1, D, H, G, H});
    const desc b = onednn_describe(dnnl_ldgo, 4, (int64_t[]){1, D, l->cell->biases, H});
    const desc p = onednn_describe(dnnl_ldgo, 4, (int64_t[]){1, D, 3, H});
    const desc h = onednn_describe(dnnl_ldnc, 4, (int64_t[]){1, D, B, H});

    t->x = onednn_memory(l, &x);
    t->y = onednn_memory(l, &y);
    t->w = onednn_memory(l, &w);
    t->u = onednn_memory(l, &u);
    t->b = onednn_memory(l, &b);
    if (l->cell->peepholes) t->p = onednn_memory(l, &p);
    t->h0 = onednn_memory(l, &h);
    if (l->stream) t->h1 = onednn_memory(l, &h);
    if (l->cell->kind == dnnl_vanilla_lstm) {
        t->c0 = onednn_memory(l, &h);
        if (l->stream) t->c1 = onednn_memory(l, &h);
    }
    return t->x && t->y && t->w && t->u && t->b && t->h0;
}

/* Weights in any layout; a pointer is NULL if there is no such tensor. */
typedef struct descs {
    desc x, y, w, u, b, h;
    const desc *p, *c0, *h1, *c1;
} descs;

static void describe_all(const tensors *t, descs *d)
{
    d->x = *onednn_desc(t->x);
    d->y = *onednn_desc(t->y);
    d->w = onednn_describe(dnnl_format_tag_any, 5, onednn_desc(t->w)->dims);
    d->u = onednn_describe(dnnl_format_tag_any, 5, onednn_desc(t->u)->dims);
    d->b = *onednn_desc(t->b);
    d->h = *onednn_desc(t->h0);
    d->p = t->p ? onednn_desc(t->p) : NULL;
    d->c0 = t->c0 ? &d->h : NULL;
    d->h1 = t->h1 ? &d->h : NULL;
    d->c1 = t->c1 ? &d->h : NULL;
}

static dnnl_rnn_direction_t way(const loaded *l)
{
    return l->cell->directions == 2 ? dnnl_bidirectional_concat
                                    : dnnl_unidirectional_left2right;
}

static dnnl_status_t forward_desc(const loaded *l, const descs *d, dnnl_rnn_desc_t *out)
{
    const dnnl_prop_kind_t prop = l->train ? dnnl_forward_training : dnnl_forward_inference;

    switch ((int)l->cell->kind) {
    case dnnl_vanilla_rnn:
        return dnnl_vanilla_rnn_forward_desc_init(out, prop, dnnl_eltwise_tanh, way(l),
                                                  &d->x, &d->h, &d->w, &d->u, &d->b, &d->y,
                                                  d->h1, 0, 0, 0);
    case dnnl_vanilla_lstm:
        return dnnl_lstm_forward_desc_init_v2(out, prop, way(l), &d->x, &d->h, d->c0, &d->w,
                                              &d->u, d->p, &d->b, &d->y, d->h1, d->c1, 0);
    case dnnl_vanilla_gru:
        return dnnl_gru_forward_desc_init(out, prop, way(l), &d->x, &d->h, &d->w, &d->u,
                                          &d->b, &d->y, d->h1, 0);
    default:
        return dnnl_lbr_gru_forward_desc_init(out, prop, way(l), &d->x, &d->h, &d->w, &d->u,
                                              &d->b, &d->y, d->h1, 0);
    }
}

/* Values v, gradients g; no gradient reaches the last states. */
static dnnl_status_t backward_desc(const loaded *l, const descs *v, const descs *g,
                                   dnnl_rnn_desc_t *out)
{
    const dnnl_prop_kind_t prop = dnnl_backward;

    switch ((int)l->cell->kind) {
    case dnnl_vanilla_rnn:
        return dnnl_vanilla_rnn_backward_desc_init(
            out, prop, dnnl_eltwise_tanh, way(l), &v->x, &v->h, &v->w, &v->u, &v->b, &v->y,
            NULL, &g->x, &g->h, &g->w, &g->u, &g->b, &g->y, NULL, 0, 0, 0);
    case dnnl_vanilla_lstm:
        return dnnl_lstm_backward_desc_init_v2(
            out, prop, way(l), &v->x, &v->h, v->c0, &v->w, &v->u, v->p, &v->b, &v->y, NULL,
            NULL, &g->x, &g->h, g->c0, &g->w, &g->u, g->p, &g->b, &g->y, NULL, NULL, 0);
    case dnnl_vanilla_gru:
        return dnnl_gru_backward_desc_init(out, prop, way(l), &v->x, &v->h, &v->w, &v->u,
                                           &v->b, &v->y, NULL, &g->x, &g->h, &g->w, &g->u,
                                           &g->b, &g->y, NULL, 0);
    default:
        return dnnl_lbr_gru_backward_desc_init(out, prop, way(l), &v->x, &v->h, &v->w,
                                               &v->u, &v->b, &v->y, NULL, &g->x, &g->h,
                                               &g->w, &g->u, &g->b, &g->y, NULL, 0);
    }
}

static dnnl_memory_t workspace(loaded *l, dnnl_primitive_desc_t pd)
{
    const desc *d = dnnl_primitive_desc_query_md(pd, dnnl_query_workspace_md, 0);

    return d && dnnl_memory_desc_get_size(d) ? onednn_memory(l, d) : NULL;
}

/* Adds the forward primitive, after the reorders of its weights. */
static bool add_forward(loaded *l, dnnl_primitive_desc_t pd, dnnl_memory_t space)
{
    tensors *t = &l->value;
    dnnl_memory_t w = onednn_preferred(l, pd, DNNL_ARG_WEIGHTS_LAYER, t->w);
    dnnl_memory_t u = onednn_preferred(l, pd, DNNL_ARG_WEIGHTS_ITER, t->u);
    const int first = l->calls;
    call *c = &l->call[l->calls++];

    if (!w || !u || dnnl_primitive_create(&c->primitive, pd) != dnnl_success) return false;
    onednn_argue(c, DNNL_ARG_SRC_LAYER, t->x);
    onednn_argue(c, DNNL_ARG_SRC_ITER, t->h0);
    onednn_argue(c, DNNL_ARG_SRC_ITER_C, t->c0);
    onednn_argue(c, DNNL_ARG_WEIGHTS_LAYER, w);
    onednn_argue(c, DNNL_ARG_WEIGHTS_ITER, u);
    onednn_argue(c, DNNL_ARG_WEIGHTS_PEEPHOLE, t->p);
    onednn_argue(c, DNNL_ARG_BIAS, t->b);
    onednn_argue(c, DNNL_ARG_DST_LAYER, t->y);
    onednn_argue(c, DNNL_ARG_DST_ITER, t->h1);
    onednn_argue(c, DNNL_ARG_DST_ITER_C, t->c1);
    onednn_argue(c, DNNL_ARG_WORKSPACE, space);
    if (l->train) return true;

    /* The weights stay in their layouts: only the primitive itself runs again. */
    if (!onednn_execute(l)) return false;
    for (int i = 0; i < first; i++) dnnl_primitive_destroy(l->call[i].primitive);
    l->call[0] = *c;
    if (first > 0) memset(c, 0, sizeof *c);
    l->calls = 1;
    return true;
}

static bool add_backward(loaded *l, dnnl_primitive_desc_t pd, dnnl_memory_t space)
{
    tensors *t = &l->value, *d = &l->gradient;
    dnnl_memory_t w = onednn_preferred(l, pd, DNNL_ARG_WEIGHTS_LAYER, t->w);
    dnnl_memory_t u = onednn_preferred(l, pd, DNNL_ARG_WEIGHTS_ITER, t->u);
    dnnl_memory_t dw = onednn_zeroed(l, pd, DNNL_ARG_DIFF_WEIGHTS_LAYER, d->w);
    dnnl_memory_t du = onednn_zeroed(l, pd, DNNL_ARG_DIFF_WEIGHTS_ITER, d->u);
    dnnl_memory_t db = onednn_zeroed(l, pd, DNNL_ARG_DIFF_BIAS, d->b);
    dnnl_memory_t dp = onednn_zeroed(l, pd, DNNL_ARG_DIFF_WEIGHTS_PEEPHOLE, d->p);
    call *c = &l->call[l->calls++];

    if (!w || !u || !dw || !du || !db ||
        dnnl_primitive_create(&c->primitive, pd) != dnnl_success)
        return false;
    onednn_argue(c, DNNL_ARG_SRC_LAYER, t->x);
    onednn_argue(c, DNNL_ARG_SRC_ITER, t->h0);
    onednn_argue(c, DNNL_ARG_SRC_ITER_C, t->c0);
    onednn_argue(c, DNNL_ARG_WEIGHTS_LAYER, w);
    onednn_argue(c, DNNL_ARG_WEIGHTS_ITER, u);
    onednn_argue(c, DNNL_ARG_WEIGHTS_PEEPHOLE, t->p);
    onednn_argue(c, DNNL_ARG_BIAS, t->b);
    onednn_argue(c, DNNL_ARG_DST_LAYER, t->y);
    onednn_argue(c, DNNL_ARG_WORKSPACE, space);
    onednn_argue(c, DNNL_ARG_DIFF_DST_LAYER, d->y);
    onednn_argue(c, DNNL_ARG_DIFF_SRC_LAYER, d->x);
    onednn_argue(c, DNNL_ARG_DIFF_SRC_ITER, d->h0);
    onednn_argue(c, DNNL_ARG_DIFF_SRC_ITER_C, d->c0);
    onednn_argue(c, DNNL_ARG_DIFF_WEIGHTS_LAYER, dw);
    onednn_argue(c, DNNL_ARG_DIFF_WEIGHTS_ITER, du);
    onednn_argue(c, DNNL_ARG_DIFF_WEIGHTS_PEEPHOLE, dp);
    onednn_argue(c, DNNL_ARG_DIFF_BIAS, db);
    return (dw == d->w || onednn_reorder(l, dw, d->w)) &&
           (du == d->u || onednn_reorder(l, du, d->u));
}

bool onednn_build(loaded *l)
{
    dnnl_rnn_desc_t rnn;
    dnnl_primitive_desc_t forward = NULL, backward = NULL;
    descs v, g;
    bool ok = new_tensors(l, &l->value) && (!l->train || new_tensors(l, &l->gradient));

    if (!ok) return false;
    serve_fill(onednn_data(l->value.x), l->c.T * l->c.B * l->c.I, SERVE_X, 1);
    onednn_fill(l->cell, &l->c,
                &(onednn_weights){onednn_data(l->value.w), onednn_data(l->value.u),
                                  onednn_data(l->value.b), onednn_data(l->value.p)});
    describe_all(&l->value, &v);
    ok = forward_desc(l, &v, &rnn) == dnnl_success &&
         dnnl_primitive_desc_create(&forward, &rnn, NULL, l->engine, NULL) == dnnl_success;
    dnnl_memory_t space = ok ? workspace(l, forward) : NULL;
    ok = ok && add_forward(l, forward, space);
    if (ok && l->train) {
        serve_fill(onednn_data(l->gradient.y),
                   l->c.T * l->c.B * l->c.H * l->cell->directions, SERVE_DY, 1);
        describe_all(&l->gradient, &g);
        ok = backward_desc(l, &v, &g, &rnn) == dnnl_success &&
             dnnl_primitive_desc_create(&backward, &rnn, NULL, l->engine, forward) ==
                 dnnl_success &&
             add_backward(l, backward, space);
    }
    dnnl_primitive_desc_destroy(forward);
    if (backward) dnnl_primitive_desc_destroy(backward);
    return ok;
}
