/* SPDX-License-Identifier: MIT */
/*
 * How gradients flow back through the steps of a layer.
 *
 *   norm_t  = sqrt(sum over the batch and the units (dL/ds_t)^2)     in f64
 *   below_t = values of the gate below `low` / values of the gate    in step t
 */
#include "rondo/flow.h"

#include <math.h>
#include <string.h>

#include "graph/node.h"
#include "rondo/grad.h"
#include "rondo/ops.h"

enum { LISTS = 2 /* of a state: norm and growth; of a gate: below and above */ };

/* ---- memory: one block ---- */

static size_t padded(size_t bytes)
{
    return (bytes + 15) / 16 * 16;
}

static int count_gates(const rn_flow_options *o)
{
    int n = 0;

    while (n < RN_FLOW_GATES && o->gates[n]) n++;
    return n;
}

/* A flow without numbers. NULL if out of memory. */
static rn_flow *allocate(const rn_flow_options *o, int64_t steps)
{
    const int gates = count_gates(o);
    const size_t tensors = (size_t)(o->state_count + LISTS * gates);
    size_t numbers, names = (size_t)gates * sizeof(char *);
    rn_flow *f;

    for (int i = 0; i < gates; i++) names += strlen(o->gates[i]) + 1;
    if (!rn__multiply((size_t)steps, LISTS * (tensors + 1) * sizeof(double), &numbers) ||
        numbers > SIZE_MAX / 2)
        return NULL;
    f = (rn_flow *)rn__new((rn_allocator){NULL, NULL},
                           padded(sizeof *f) + padded(tensors * sizeof(rn_tensor)) +
                               padded(numbers) + names);
    if (!f) return NULL;

    char *at = (char *)f + padded(sizeof *f);
    *f = (rn_flow){.steps = steps, .states = o->state_count, .gates = gates};
    f->outputs = (const rn_tensor *)(void *)at;
    at += padded(tensors * sizeof(rn_tensor));
    /* In the order of the outputs, and then what is computed from them. */
    f->norm = (const double *)(void *)at;
    f->below = f->norm + f->states * steps;
    f->above = f->below + gates * steps;
    f->growth = f->above + gates * steps;
    at += padded(numbers);
    f->names = (const char *const *)(void *)at;
    char **name = (char **)(void *)at;
    at += (size_t)gates * sizeof *name;
    for (int i = 0; i < gates; at += strlen(at) + 1, i++) name[i] = strcpy(at, o->gates[i]);
    return f;
}

void rn_flow_free(rn_flow *flow)
{
    rn__free((rn_allocator){NULL, NULL}, flow);
}

/* ---- nodes ---- */

/* A sum over all axes but the first. */
static rn_tensor by_step(rn_tensor x, rn_tensor (*sum)(rn_tensor, const int *, int, bool))
{
    static const int axes[] = {1, 2, 3, 4, 5, 6, 7};

    return sum(x, axes, rn_rank(x) - 1, false);
}

/* Whether x is real [T, B, ..]; false with an error. *steps is -1 before the first one. */
static bool fits(rn_graph *graph, rn_tensor x, const char *what, int64_t *steps)
{
    char text[128];

    if (rn_is_null(x)) {
        rn_fail(graph, "flow: %s is the null tensor", what);
        return false;
    }
    if (*steps < 0) *steps = rn_size(x, 0);
    if (rn_rank(x) >= 2 && rn__is_real(rn_type_get(x)) && rn_size(x, 0) == *steps)
        return true;
    rn_fail(graph, "flow: %s must be real [T,B,..] with the same T: %s", what,
            rn__describe(x, text, sizeof text));
    return false;
}

/* The share of the values that are below or above a limit, of those that count. */
static rn_tensor share(rn_tensor gate, rn_tensor outside, rn_tensor mask)
{
    rn_shape shape = rn_shape_get(gate);
    rn_tensor x = rn_cast(outside, RN_F64), all = rn_fill_like(x, 1);

    for (int i = 2; i < shape.rank; i++) shape.size[i] = 1;
    if (!rn_is_null(mask)) {
        mask = rn_cast(rn_reshape(mask, shape), RN_F64);
        x = rn_mul(x, mask);
        all = rn_mul(all, mask);
    }
    return rn_div(by_step(x, rn_sum), by_step(all, rn_sum));
}

static bool measure_gates(rn_graph *graph, rn_scope scope, const rn_flow_options *o,
                          int64_t *steps, rn_tensor *out)
{
    const int gates = count_gates(o);
    char text[128];

    for (int i = 0; i < gates; i++) {
        const rn_tensor x = rn_observed(scope, o->gates[i]);
        if (!fits(graph, x, "a gate", steps)) return false;
        const rn_shape rows = {2, {rn_size(x, 0), rn_size(x, 1)}};
        if (!rn_is_null(o->mask) && (rn_type_get(o->mask) != RN_BOOL ||
                                     !rn_shape_equal(rn_shape_get(o->mask), rows))) {
            rn_fail(graph, "flow: the mask must be bool [T,B]: %s",
                    rn__describe(o->mask, text, sizeof text));
            return false;
        }
        out[i] = share(x, rn_less(x, rn_constant_like(x, o->low)), o->mask);
        out[gates + i] = share(x, rn_greater(x, rn_constant_like(x, o->high)), o->mask);
    }
    return true;
}

static bool measure_states(rn_graph *graph, rn_tensor loss, const rn_flow_options *o,
                           int64_t *steps, rn_tensor *out)
{
    for (int i = 0; i < o->state_count; i++)
        if (!fits(graph, o->states[i], "a state", steps)) return false;
    if (o->state_count > 0 && !rn_grad(loss, rn_null(), o->states, o->state_count, out))
        return false;
    for (int i = 0; i < o->state_count; i++)
        out[i] = rn_sqrt(by_step(out[i], rn_sum_square));
    return true;
}

static const char *fault_of(const rn_flow_options *o)
{
    if (o->state_count < 0 || (o->state_count > 0 && !o->states))
        return "no list of states";
    if (o->state_count > 2 * RN_LAYERS_MAX * RN_STATES_MAX) return "too many states";
    if (o->state_count == 0 && !o->gates[0]) return "nothing to measure";
    return o->low <= o->high ? NULL : "low is above high";
}

rn_flow *rn_flow_new(rn_scope scope, rn_tensor loss, rn_flow_options options)
{
    rn_tensor out[2 * RN_LAYERS_MAX * RN_STATES_MAX + LISTS * RN_FLOW_GATES];
    rn_graph *graph = scope.graph ? scope.graph : loss.graph;
    const char *fault = fault_of(&options);
    int64_t steps = -1;

    if (!graph || graph->root->failed) return NULL;
    if (fault) {
        rn_fail(graph, "flow: %s", fault);
        return NULL;
    }
    if (options.low == 0 && options.high == 0) options.low = 0.1, options.high = 0.9;
    if (!measure_states(graph, loss, &options, &steps, out) ||
        !measure_gates(graph, scope, &options, &steps, out + options.state_count) ||
        graph->root->failed)
        return NULL;

    rn_flow *flow = allocate(&options, steps);
    if (!flow) {
        rn__no_memory(graph);
        return NULL;
    }
    flow->output_count = flow->states + LISTS * flow->gates;
    memcpy((void *)(uintptr_t)flow->outputs, out, (size_t)flow->output_count * sizeof *out);
    return flow;
}

/* ---- numbers ---- */

rn_status rn_flow_read(rn_flow *flow, const rn_program *program)
{
    if (!flow) return RN_INVALID;

    const int64_t T = flow->steps;
    double *value = (double *)(uintptr_t)flow->norm,
           *growth = value + T * flow->output_count;

    for (int i = 0; i < flow->output_count; i++) {
        const rn_status status = rn_read_f64(program, flow->outputs[i], value + i * T, T);
        if (status != RN_OK) return status;
    }
    for (int i = 0; i < flow->states; i++)
        for (int64_t t = 0; t < T; t++)
            growth[i * T + t] =
                t + 1 < T ? value[i * T + t] / value[i * T + t + 1] : (double)NAN;
    return RN_OK;
}
