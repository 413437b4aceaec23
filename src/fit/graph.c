/* SPDX-License-Identifier: MIT */
/* What builders get: inputs by name, the mask, metrics. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "fit/fit.h"
#include "graph/node.h"
#include "kernel/ieee.h"
#include "nn/model.h"
#include "rondo/ops.h"

/* A real tensor in the model's real type. */
static rn_tensor in_model(const rn_fit_graph *g, rn_tensor x)
{
    const rn_type real = g->program->trainer->model->real;
    const rn_type type = rn_type_get(x);

    return (type == RN_F32 || type == RN_F64) && type != real ? rn_cast(x, real) : x;
}

/* The shape of a field in a batch; rank -1 if it has too many axes. */
static rn_shape shape_of(const rn_fit_graph *g, const rn_field *field)
{
    rn_shape s = {.rank = 0};

    if (field->shape.rank < 0 || field->shape.rank > RN_RANK_MAX - 2)
        return (rn_shape){.rank = -1};
    if (!field->once) s.size[s.rank++] = g->steps;
    s.size[s.rank++] = g->sequences;
    for (int i = 0; i < field->shape.rank; i++) s.size[s.rank++] = field->shape.size[i];
    return s;
}

static rn_tensor no_field(const rn_fit_graph *g, const char *name)
{
    const rn__fit_program *p = g->program;
    char list[200] = "";
    rn__text text = {list, sizeof list, 0};

    for (int i = 0; i < p->fields; i++)
        rn__text_add(&text, "%s%s", i ? ", " : "", p->field[i].name);
    return rn_fail(g->graph, "fit_input: no such field: %s; the batches have %s",
                   name ? name : "NULL", list);
}

rn_tensor rn_fit_input(rn_fit_graph *g, const char *field)
{
    if (!g || !g->program) return rn_null();
    rn__fit_program *p = g->program;

    for (int i = 0; field && i < p->fields; i++) {
        if (strcmp(p->field[i].name, field)) continue;
        if (rn_is_null(p->input[i])) {
            p->input[i] =
                rn_input(g->graph, field, p->field[i].type, shape_of(g, &p->field[i]));
            p->given[i] = in_model(g, p->input[i]);
        }
        return p->given[i];
    }
    return no_field(g, field);
}

rn_tensor rn_fit_mask(rn_fit_graph *g)
{
    if (!g || !g->program) return rn_null();
    rn_tensor step = rn_reshape(rn_range(g->graph, g->steps), (rn_shape){2, {g->steps, 1}});

    return rn_less(step, rn_reshape(g->lengths, (rn_shape){2, {1, g->sequences}}));
}

/* The index of a tensor among the outputs that are read after each step. */
static int output_of(rn__fit_program *p, rn_tensor x)
{
    for (int i = 0; i < p->outputs; i++)
        if (p->output[i].tensor.id == x.id) return i;
    p->output[p->outputs].tensor = x;
    return p->outputs++;
}

static bool is_new(const rn_trainer *t, const rn_metric *metric)
{
    for (const rn__fit_program *p = t->programs; p; p = p->next)
        for (int i = 0; i < p->metrics; i++)
            if (p->metric[i].metric == metric) return false;
    return true;
}

/* Whether a metric can read the tensor: real or i32, of the graph. */
static bool readable(const rn_fit_graph *g, rn_tensor x)
{
    return x.graph == g->graph && rn_type_get(x) != RN_BOOL && rn_rank(x) >= 1;
}

void rn_fit_metric(rn_fit_graph *g, rn_metric *metric, rn_tensor scores, rn_tensor targets)
{
    rn__fit_program *p = g ? g->program : NULL;
    const bool alone = rn_is_null(targets);
    const char *why = NULL;

    if (!p || *rn_graph_error(g->graph)) return;
    if (!metric)
        why = "no metric";
    else if (*rn_metric_error(metric))
        why = rn_metric_error(metric);
    else if (p->metrics == RN_FIT_METRICS)
        why = "too many metrics";
    else if (!readable(g, scores) || (!alone && !readable(g, targets)))
        why = "a tensor of another graph, of type bool or a scalar";
    if (why) rn_fail(g->graph, "fit_metric: %s", why);
    if (why || (g->training && !p->trainer->options.train_metrics)) return;
    if (is_new(p->trainer, metric)) rn_metric_reset(metric);
    const int x = output_of(p, scores), y = alone ? -1 : output_of(p, targets);
    p->metric[p->metrics++] = (rn__fit_metric){metric, x, y};
}

/* ---- what every graph has ---- */

void rn__fit_graph_begin(rn_fit_graph *g, rn__fit_program *p, rn_graph *graph)
{
    rn_trainer *t = p->trainer;
    const rn_shape rows = {1, {p->sequences}};

    *g = (rn_fit_graph){.graph = graph,
                        .scope = p->training ? rn_root(graph, t->model)
                                             : rn_root_inference(graph, t->model),
                        .training = p->training,
                        .steps = p->steps,
                        .sequences = p->sequences,
                        .user = t->options.user,
                        .program = p};
    p->lengths = g->lengths = rn_input(graph, "lengths", RN_I32, rows);
    p->weights = rn_input(graph, "weights", RN_F32, rows);
    g->weights = in_model(g, p->weights);
    p->resets = rn_null();
    if (p->streams)
        p->resets =
            rn_input(graph, "resets", RN_BOOL, (rn_shape){2, {p->steps, p->sequences}});
    g->resets = p->resets;
}
