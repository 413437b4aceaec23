/* SPDX-License-Identifier: MIT */
/* rn_grad: checks the arguments and runs the sweep. */
#include "rondo/grad.h"
#include "autodiff/sweep.h"
#include "rondo/ops.h"

static bool refuse(rn_graph *graph, rn_tensor x, const char *what)
{
    char text[160];

    rn_fail(graph, "grad: %s: %s %s", what, rn_type_name(rn_type_get(x)),
            rn__describe(x, text, sizeof text));
    return false;
}

static bool valid(rn_tensor y, rn_tensor dy, const rn_tensor *x, int count)
{
    char text[128];

    if (rn_is_null(y)) {
        rn__null_refuse(count > 0 ? x[0].graph : NULL, "grad", NULL, RN__NULL_Y, y);
        return false;
    }
    if (y.graph->root->failed || rn_is_null(rn__adopt(y.graph, y, "grad"))) return false;
    if (y.graph->loop && y.graph->loop->ended)
        return refuse(y.graph, y, "the loop has ended");
    if (!rn__is_real(rn_type_get(y)))
        return refuse(y.graph, y, "no gradient of a tensor of this type");
    if (rn__null_named(dy)) {
        rn_fail(y.graph, "grad: the cotangent is the null tensor%s",
                rn__null_text(dy, text, sizeof text));
        return false;
    }
    if (rn_is_null(dy)) {
        if (rn_rank(y) != 0)
            return refuse(y.graph, y, "without a cotangent it must be a scalar");
    } else if (!rn__exists(dy) || rn_type_get(dy) != rn_type_get(y) ||
               !rn_shape_equal(rn_shape_get(dy), rn_shape_get(y))) {
        return refuse(y.graph, dy, "cotangent of another type or shape");
    }
    for (int i = 0; i < count; i++) {
        if (rn_is_null(x[i])) {
            rn_fail(y.graph, "grad: tensor %d is the null tensor%s", i,
                    rn__null_text(x[i], text, sizeof text));
            return false;
        }
        if (!rn__exists(x[i])) return !rn_is_null(rn__adopt(y.graph, x[i], "grad"));
        if (!rn__is_real(rn_type_get(x[i])))
            return refuse(y.graph, x[i],
                          "no gradient with respect to a tensor of this type");
    }
    return true;
}

static bool run(rn__sweep *s, rn_tensor y, rn_tensor dy, const rn_tensor *x, int count,
                rn_tensor *dx)
{
    for (int i = 0; i < count; i++) {
        const rn_tensor own = rn__adopt(y.graph, x[i], "grad");
        if (rn_is_null(own)) return false;
        if (own.id < s->count) s->needed[own.id] = true;
    }
    rn__sweep_need(s);
    dy = rn_is_null(dy) ? rn_constant_like(y, 1) : rn__adopt(y.graph, dy, "grad");
    if (rn_is_null(dy)) return false;
    if (s->needed[y.id] && (!rn__sweep_add(s, y.id, dy) || !rn__sweep_run(s))) return false;
    for (int i = 0; i < count; i++) {
        const rn_tensor own = rn__adopt(y.graph, x[i], "grad");
        dx[i] = own.id < s->count ? rn__sweep_get(s, own.id) : rn_null();
    }
    return !y.graph->root->failed;
}

bool rn__grad(rn_tensor y, rn_tensor dy, const rn_tensor *x, int count, rn_tensor *dx)
{
    rn__sweep sweep;
    rn__primals primals = {y.graph, y.graph, NULL, NULL, 0};

    const rn_tensor none = y.graph ? rn_null() : rn__null_from("grad", RN__NULL_Y, &y, 1);

    for (int i = 0; x && dx && i < count; i++) dx[i] = none;
    if (count < 0 || (count > 0 && (!x || !dx))) {
        rn_fail(rn_is_null(y) && x && count > 0 ? x[0].graph : y.graph,
                "grad: %d tensors, %s", count,
                count < 0 ? "an invalid number" : "but no list of them or of gradients");
        return false;
    }
    if (!valid(y, dy, x, count)) return false;
    /* A capture that is created only now comes after y, so y does not depend on it. */
    if (!rn__sweep_init(&sweep, &primals)) return false;
    const bool within = y.graph->root->gradient;
    y.graph->root->gradient = true;
    const bool ok = run(&sweep, y, dy, x, count, dx);
    y.graph->root->gradient = within;
    rn__sweep_finish(&sweep);
    return ok;
}

bool rn_grad(rn_tensor y, rn_tensor dy, const rn_tensor *x, int count, rn_tensor *dx)
{
    if (!rn__grad(y, dy, x, count, dx)) return false;
    for (int i = 0; i < count; i++)
        if (rn_is_null(dx[i])) dx[i] = rn_fill_like(rn__adopt(y.graph, x[i], "grad"), 0);
    return !y.graph->root->failed;
}
