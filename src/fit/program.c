/* SPDX-License-Identifier: MIT */
/* The programs of a trainer: one for each size of batch, for training and evaluation. */
#include <string.h>

#include "base/arena.h"
#include "fit/fit.h"
#include "kernel/ieee.h"
#include "program/program.h"

void rn__fit_program_free(rn__fit_program *p)
{
    const rn_allocator a = p->trainer->allocator;

    for (int i = 0; i < p->outputs; i++) rn__free(a, p->output[i].data);
    for (int i = 0; p->field && i < p->fields; i++)
        rn__free(a, (void *)(uintptr_t)p->field[i].name);
    rn__free(a, p->field);
    rn__free(a, p->input);
    rn_program_free(p->program);
    rn__free(a, p);
}

/* ---- making one ---- */

static bool copy_fields(rn__fit_program *p, const rn_batch *batch)
{
    const rn_allocator a = p->trainer->allocator;
    const size_t count = (size_t)batch->field_count;
    bool ok;

    p->field = (rn_field *)rn__new(a, count * sizeof *p->field + 1);
    p->input = (rn_tensor *)rn__new(a, 2 * count * sizeof *p->input + 1);
    p->given = p->input ? p->input + count : NULL;
    p->fields = batch->field_count;
    ok = p->field && p->input;
    for (int i = 0; ok && i < p->fields; i++) {
        p->field[i] = batch->fields[i];
        p->field[i].name = rn__copy_string(a, batch->fields[i].name);
        ok = p->field[i].name != NULL;
    }
    return ok;
}

/* Room for the values of the outputs that metrics read. */
static bool make_room(rn__fit_program *p)
{
    for (int i = 0; i < p->outputs; i++) {
        rn__fit_output *o = &p->output[i];
        o->type = rn_program_type(p->program, o->tensor);
        o->shape = rn_shape_get(o->tensor);
        o->bytes = (size_t)rn_shape_count(o->shape) * rn_type_size(o->type);
        o->data = rn__allocate(p->trainer->allocator, o->bytes + 1);
        if (!o->data) return false;
    }
    return true;
}

static bool build(rn__fit_program *p, rn_graph *graph)
{
    rn_trainer *t = p->trainer;
    rn_fit_graph g;

    rn__fit_graph_begin(&g, p, graph);
    p->loss = t->build(&g);
    p->per_step = g.per_step;
    p->counted = g.counted;
    p->prediction = -1;
    if (*rn_graph_error(graph)) return false;
    if (!p->training && !rn_is_null(g.prediction)) {
        if (g.prediction.graph != graph || rn_rank(g.prediction) < 1 ||
            rn_size(g.prediction, 0) != p->sequences)
            rn_fail(graph, "fit: the prediction must be [B, ..] of the graph, with B %lld",
                    (long long)p->sequences);
        else
            p->prediction = rn__fit_output_of(p, g.prediction);
    }
    if (rn_is_null(p->loss) || p->loss.graph != graph || rn_rank(p->loss) != 0)
        rn_fail(graph, "fit: the loss must be a scalar of the graph");
    else if (!rn_is_null(p->counted) &&
             (p->counted.graph != graph || rn_rank(p->counted) != 0))
        rn_fail(graph, "fit: `counted` must be a scalar of the graph");
    return !*rn_graph_error(graph);
}

static bool compile(rn__fit_program *p, rn_graph *graph)
{
    const rn_trainer *t = p->trainer;
    rn_compile_options o = t->options.compile;
    rn_tensor list[RN__FIT_OUTPUTS + 2];
    int count = 0;

    for (; count < p->outputs; count++) list[count] = p->output[count].tensor;
    if (!rn_is_null(p->counted)) list[count++] = p->counted;
    o.minimize = rn_null();
    memset(&o.with, 0, sizeof o.with);
    if (p->training)
        o.minimize = p->loss, o.with = t->options.optimizer;
    else
        list[count++] = p->loss;
    o.outputs = list;
    o.output_count = count;
    p->program = rn_compile(graph, o);
    return p->program != NULL;
}

/* Whether the loss depends on the input. */
static bool uses(const rn_program *program, rn_tensor input)
{
    for (int i = 0; i < program->inputs; i++)
        if (program->input[i].id == input.id) return program->input[i].used;
    return false;
}

static rn__fit_program *make(rn_trainer *t, const rn_batch *batch, bool training,
                             rn_status *status)
{
    rn_graph *graph = rn_graph_new_using(t->allocator);
    rn__fit_program *p = (rn__fit_program *)rn__new(t->allocator, sizeof *p);

    *status = RN_NO_MEMORY;
    if (p)
        *p = (rn__fit_program){.trainer = t,
                               .training = training,
                               .streams = batch->resets != NULL,
                               .steps = batch->steps,
                               .sequences = batch->sequences};
    if (!p || !graph || !copy_fields(p, batch)) {
        rn__fit_fail_as(t, RN_NO_MEMORY, "fit", "");
    } else if (!build(p, graph) || !compile(p, graph)) {
        if (!strstr(rn_graph_error(graph), "out of memory")) *status = RN_INVALID;
        rn__fit_fail_as(t, *status, "", rn_graph_error(graph));
    } else if (!make_room(p)) {
        rn__fit_fail_as(t, RN_NO_MEMORY, "fit", "");
    } else {
        *status = RN_OK;
        p->aware = uses(p->program, p->weights) || uses(p->program, p->lengths);
    }
    rn_graph_free(graph);
    if (*status == RN_OK) return p;
    if (p) rn__fit_program_free(p);
    return NULL;
}

/* ---- finding one ---- */

static bool same_fields(const rn__fit_program *p, const rn_batch *batch)
{
    if (p->fields != batch->field_count) return false;
    for (int i = 0; i < p->fields; i++) {
        const rn_field *a = &p->field[i], *b = &batch->fields[i];
        if (a->type != b->type || a->once != b->once ||
            !rn_shape_equal(a->shape, b->shape) || strcmp(a->name, b->name))
            return false;
    }
    return true;
}

rn__fit_program *rn__fit_program_of(rn_trainer *t, const rn_batch *batch, bool training,
                                    rn_status *status)
{
    rn__fit_program *p = t->programs;

    *status = RN_OK;
    for (; p; p = p->next)
        if (p->training == training && p->steps == batch->steps &&
            p->sequences == batch->sequences && p->streams == (batch->resets != NULL) &&
            same_fields(p, batch))
            return p;
    p = make(t, batch, training, status);
    if (!p) return NULL;
    p->next = t->programs;
    t->programs = p;
    return p;
}
