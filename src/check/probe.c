/* SPDX-License-Identifier: MIT */
/* A probe: its programs. */
#include "check/probe.h"

#include "rondo/ops.h"

bool rn__probe_fail(rn__probe *p, rn_status status, const char *problem)
{
    p->status = status;
    p->problem = problem;
    return false;
}

bool rn__probe_no_memory(rn__probe *p)
{
    return rn__probe_fail(p, RN_NO_MEMORY, "out of memory");
}

bool rn__probe_init(rn__probe *p, rn_allocator allocator, int inputs, int outputs)
{
    *p = (rn__probe){.inputs = inputs, .outputs = outputs, .has_rule = true};
    p->arena.allocator = allocator;
    p->graph = rn_graph_new_using(allocator);
    p->input =
        (rn__probe_input *)rn__arena_new(&p->arena, (size_t)inputs * sizeof *p->input);
    p->output =
        (rn__probe_output *)rn__arena_new(&p->arena, (size_t)outputs * sizeof *p->output);
    return (p->graph && p->input && p->output) || rn__probe_no_memory(p);
}

void rn__probe_finish(rn__probe *p)
{
    rn_program_free(p->forward);
    rn_program_free(p->backward);
    rn_program_free(p->branches.program);
    rn__jitter_finish(&p->jitter);
    rn_graph_free(p->graph);
    rn__arena_finish(&p->arena);
}

/* ---- programs and room ---- */

static bool graph_failed(rn__probe *p)
{
    return rn__probe_fail(p, RN_INVALID, rn_graph_error(p->graph));
}

static rn_tensor *new_list(rn__probe *p, int count)
{
    return (rn_tensor *)rn__arena_new(&p->arena, (size_t)count * sizeof(rn_tensor));
}

static double *new_room(rn__probe *p, int64_t count)
{
    return (double *)rn__arena_new(&p->arena, (size_t)count * sizeof(double));
}

/* What the outputs, their sum, need and choose. */
static bool find_branches(rn__probe *p)
{
    rn_tensor all = p->output[0].y;

    if (p->alone) all = rn_sum_all(all);
    for (int i = 1; i < p->outputs; i++) all = rn_add(all, rn_sum_all(p->output[i].y));
    return !rn_is_null(all) && rn__branches_find(&p->branches, all, &p->arena);
}

static bool make_output_room(rn__probe *p, rn__probe_output *out)
{
    out->count = rn_shape_count(rn_shape_get(out->y));
    out->weight = new_room(p, out->count);
    out->here = new_room(p, out->count);
    out->there = new_room(p, out->count);
    out->noise = new_room(p, out->count);
    out->jittered = new_room(p, out->count * RN__JITTERS);
    out->depends = (bool *)rn__arena_new(&p->arena, (size_t)out->count);
    return (out->weight && out->here && out->there && out->noise && out->jittered &&
            out->depends) ||
           rn__probe_no_memory(p);
}

static bool make_input_room(rn__probe *p, rn__probe_input *in)
{
    in->count = rn_shape_count(rn_shape_get(in->x));
    if (!in->judged) return true;
    in->gradient = new_room(p, in->count);
    in->moved = new_room(p, in->count);
    in->unit = new_room(p, in->count);
    bool ok = in->gradient && in->moved && in->unit;
    for (int j = 0; ok && j < RN__JITTERS; j++)
        ok = (in->jittered[j] = new_room(p, in->count)) != NULL;
    return ok || rn__probe_no_memory(p);
}

bool rn__probe_compile(rn__probe *p)
{
    rn_tensor *y = new_list(p, p->outputs);

    if (!y) return rn__probe_no_memory(p);
    for (int i = 0; i < p->outputs; i++) y[i] = p->output[i].y;
    p->forward = rn_compile(p->graph,
                            (rn_compile_options){.outputs = y, .output_count = p->outputs});
    if (!p->forward || !find_branches(p)) return graph_failed(p);
    for (int i = 0; i < p->inputs; i++)
        if (!make_input_room(p, &p->input[i])) return false;
    for (int i = 0; i < p->outputs; i++)
        if (!make_output_room(p, &p->output[i])) return false;
    return true;
}

/* All gradients and outputs again in random arithmetic. */
static bool compile_jittered(rn__probe *p)
{
    rn_tensor *root = new_list(p, p->inputs + p->outputs);
    int roots = 0;

    if (!root) return rn__probe_no_memory(p);
    for (int i = 0; i < p->inputs; i++)
        if (!rn_is_null(p->input[i].dx)) root[roots++] = p->input[i].dx;
    for (int i = 0; i < p->outputs; i++) root[roots++] = p->output[i].y;
    if (rn__jitter_new(&p->jitter, root, roots)) return true;
    if (!p->jitter.graph || p->jitter.graph->no_memory) return rn__probe_no_memory(p);
    p->refused = true;
    return rn__probe_fail(p, RN_INVALID, rn_graph_error(p->jitter.graph));
}

bool rn__probe_compile_gradient(rn__probe *p)
{
    rn_tensor *dx = new_list(p, p->inputs);
    int count = 0, judged = 0;

    if (!dx) return rn__probe_no_memory(p);
    for (int i = 0; i < p->inputs; i++) {
        judged += p->input[i].judged;
        if (!rn_is_null(p->input[i].dx)) dx[count++] = p->input[i].dx;
    }
    if (count)
        p->backward = rn_compile(
            p->graph, (rn_compile_options){.outputs = dx, .output_count = count});
    if (count && !p->backward) {
        p->refused = !p->graph->no_memory;
        return graph_failed(p);
    }
    return judged == 0 || compile_jittered(p);
}
