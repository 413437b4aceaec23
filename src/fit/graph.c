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

int rn__fit_output_of(rn__fit_program *p, rn_tensor x)
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

static bool by_sequence(const rn_fit_graph *g, rn_tensor x)
{
    return rn_rank(x) >= 2 && rn_size(x, 1) == g->sequences;
}

/* NULL, or what is wrong with the tensors of a metric. */
static const char *fault_of(const rn_fit_graph *g, rn_tensor x, rn_tensor y)
{
    const bool alone = rn_is_null(y);

    if (!readable(g, x) || (!alone && !readable(g, y)))
        return "a tensor of another graph, of type bool or a scalar";
    const bool steps = by_sequence(g, x) && rn_size(x, 0) == g->steps;
    const bool steps_of_y = !alone && by_sequence(g, y) &&
                            (rn_size(y, 0) == g->steps || rn_type_get(y) == RN_I32);
    if (!steps && rn_size(x, 0) != g->sequences)
        return "scores that are neither [T, B, ..] nor [B, ..]";
    if (!alone && !(steps && steps_of_y) && rn_size(y, 0) != g->sequences)
        return "targets that are neither [T, B, ..] nor [B, ..]";
    return NULL;
}

/* The same for sequences with lengths. */
static const char *own_fault_of(const rn_fit_graph *g, const rn_tensor x[4])
{
    for (int i = 0; i < 4; i += 2) {
        const rn_tensor n = x[i + 1];
        const rn_shape rows = {1, {g->sequences}};
        if (!readable(g, x[i]) || !by_sequence(g, x[i]) ||
            rn_rank(x[i]) != (rn_type_get(x[i]) == RN_I32 ? 2 : 3))
            return i ? "targets that are not i32 [S, B]"
                     : "scores that are neither real [P, B, C] nor i32 [P, B]";
        if (!rn_is_null(n) && (!readable(g, n) || rn_type_get(n) != RN_I32 ||
                               !rn_shape_equal(rn_shape_get(n), rows)))
            return "lengths that are not i32 [B]";
    }
    return rn_type_get(x[2]) == RN_I32 ? NULL : "targets that are not i32 [S, B]";
}

/* Scores, their lengths, targets, theirs. */
static void declare(rn_fit_graph *g, rn_metric *metric, const rn_tensor x[4], bool own)
{
    rn__fit_program *p = g ? g->program : NULL;
    const char *why = NULL;
    int at[4];

    if (!p || *rn_graph_error(g->graph)) return;
    if (!metric)
        why = "no metric";
    else if (*rn_metric_error(metric))
        why = rn_metric_error(metric);
    else if (p->metrics == RN_FIT_METRICS)
        why = "too many metrics";
    else
        why = own ? own_fault_of(g, x) : fault_of(g, x[0], x[2]);
    if (why) rn_fail(g->graph, "fit_metric: %s", why);
    if (why || (g->training && !p->trainer->options.train_metrics)) return;
    if (is_new(p->trainer, metric)) rn_metric_reset(metric);
    for (int i = 0; i < 4; i++) at[i] = rn_is_null(x[i]) ? -1 : rn__fit_output_of(p, x[i]);
    p->metric[p->metrics++] = (rn__fit_metric){metric, at[0], at[2], own, {at[1], at[3]}};
}

void rn_fit_metric(rn_fit_graph *g, rn_metric *metric, rn_tensor scores, rn_tensor targets)
{
    const rn_tensor x[4] = {scores, rn_null(), targets, rn_null()};

    declare(g, metric, x, false);
}

void rn_fit_metric_lengths(rn_fit_graph *g, rn_metric *metric, rn_tensor scores,
                           rn_tensor score_lengths, rn_tensor targets,
                           rn_tensor target_lengths)
{
    const rn_tensor x[4] = {scores, score_lengths, targets, target_lengths};

    declare(g, metric, x, true);
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
