/* SPDX-License-Identifier: MIT */
/*
 * gate -- the affine part of a cell's gate.
 *
 *   x  [B, I]    h  [B, H]    y  [B, H]
 *
 *   y = W x + U h + b
 */
#include "graph/frame.h"
#include "rondo/layers.h"
#include "rondo/ops.h"
#include "rondo/recurrent.h"

static rn_tensor refuse(rn_scope scope, const char *name, rn_tensor x, rn_tensor h)
{
    char x_text[128], h_text[128];
    const rn_tensor both[2] = {x, h};
    rn_graph *graph = scope.graph ? scope.graph : rn__innermost(both, 2);

    if (!graph) return rn__null_from("gate", RN__NULL_OPERANDS, both, 2);
    if (rn_is_null(x)) return rn__null_refuse(graph, "gate", name, RN__NULL_X, x);
    if (rn_is_null(h)) return rn__null_refuse(graph, "gate", name, RN__NULL_H, h);
    return rn_fail(graph, "gate: x and h must be [B,I] and [B,H]: %s got %s and %s",
                   name ? name : "(null)", rn__describe(x, x_text, sizeof x_text),
                   rn__describe(h, h_text, sizeof h_text));
}

/* A product of a gate: x times the weight name/part [I, units]. */
typedef struct factor {
    const char *what, *part; /* the public function; "w" or "u" */
    rn__null_cause null;     /* the name of x in messages */
    rn_initializer kind;
    double drop; /* the rate at which elements of the weight are dropped */
} factor;

static rn_tensor product(rn_scope scope, const factor *f, const char *name, rn_tensor x,
                         int64_t units)
{
    char text[128];
    rn_graph *graph = scope.graph ? scope.graph : x.graph;

    if (rn_is_null(x)) return rn__null_refuse(graph, f->what, name, f->null, x);
    if (rn_rank(x) != 2)
        return rn_fail(graph, "%s: the input must have two axes: %s got %s", f->what,
                       name ? name : "(null)", rn__describe(x, text, sizeof text));
    if (units < 1)
        return rn_fail(graph, "%s: units must be positive: %s has %lld", f->what,
                       name ? name : "(null)", (long long)units);

    const rn_scope gate = rn_scope_in(scope, name);
    const rn_tensor w = rn_weight(gate, f->part, (rn_shape){2, {rn_size(x, -1), units}},
                                  (rn_init){f->kind, 1});
    return rn_matmul(x, f->drop != 0 ? rn_dropout(gate, "weight_drop", w, f->drop) : w);
}

rn_tensor rn_gate_input(rn_scope scope, const char *name, rn_tensor x, int64_t units)
{
    const factor f = {"gate_input", "w", RN__NULL_X, RN_INIT_GLOROT_UNIFORM, 0};

    return product(scope, &f, name, x, units);
}

rn_tensor rn_gate_state(rn_scope scope, const char *name, rn_tensor h, int64_t units)
{
    const factor f = {"gate_state", "u", RN__NULL_H, RN_INIT_ORTHOGONAL, scope.weight_drop};

    return product(scope, &f, name, h, units);
}

rn_tensor rn_bias(rn_scope scope, const char *name, rn_tensor y, double value)
{
    char text[128];

    if (rn_is_null(y)) return rn__null_refuse(scope.graph, "bias", name, RN__NULL_Y, y);
    if (rn_rank(y) < 1)
        return rn_fail(scope.graph ? scope.graph : y.graph,
                       "bias: y must have an axis: %s got %s", name ? name : "(null)",
                       rn__describe(y, text, sizeof text));
    return rn_add(y, rn_weight(scope, name, (rn_shape){1, {rn_size(y, -1)}},
                               (rn_init){RN_INIT_CONSTANT, value}));
}

rn_tensor rn_gate(rn_scope scope, const char *name, rn_tensor x, rn_tensor h)
{
    return rn_gate_biased(scope, name, x, h, 0);
}

rn_tensor rn_gate_biased(rn_scope scope, const char *name, rn_tensor x, rn_tensor h,
                         double bias)
{
    if (rn_rank(x) != 2 || rn_rank(h) != 2) return refuse(scope, name, x, h);

    rn__frame f;

    rn__frame_enter(&f, "gate", name, x, h);
    const int64_t H = rn_size(h, -1);
    const rn_tensor wx = rn_gate_input(scope, name, x, H);
    const rn_tensor uh = rn_gate_state(scope, name, h, H);

    return rn__frame_leave(&f,
                           rn_add(rn_bias(rn_scope_in(scope, name), "b", wx, bias), uh));
}
