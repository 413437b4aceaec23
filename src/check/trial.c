/* SPDX-License-Identifier: MIT */
/* A trial: its programs, its values and cotangents. */
#include "trial.h"

#include <math.h>
#include <string.h>

#include "philox.h"
#include "rondo/ops.h"

bool rn__trial_init(rn__trial *t, rn_allocator allocator, int inputs, int outputs)
{
    *t = (rn__trial){.inputs = inputs, .outputs = outputs, .has_rule = true};
    t->arena.allocator = allocator;
    t->graph = rn_graph_new_using(allocator);
    t->input =
        (rn__trial_input *)rn__arena_new(&t->arena, (size_t)inputs * sizeof *t->input);
    t->output =
        (rn__trial_output *)rn__arena_new(&t->arena, (size_t)outputs * sizeof *t->output);
    return t->graph && t->input && t->output;
}

void rn__trial_finish(rn__trial *t)
{
    rn_program_free(t->forward);
    rn_program_free(t->backward);
    rn_program_free(t->branches.program);
    rn_graph_free(t->graph);
    rn__arena_finish(&t->arena);
}

/* ---- programs and room ---- */

static bool find_branches(rn__trial *t)
{
    rn_tensor all = rn_constant_scalar(t->graph, RN_F64, 0);

    for (int i = 0; i < t->outputs; i++) all = rn_add(all, rn_sum_all(t->output[i].y));
    return !rn_is_null(all) && rn__branches_find(&t->branches, all, &t->arena);
}

static bool compile(rn__trial *t)
{
    const size_t n = (size_t)(t->inputs > t->outputs ? t->inputs : t->outputs);
    rn_tensor *list = (rn_tensor *)rn__arena_new(&t->arena, n * sizeof *list);
    int count = 0;

    if (!list) return false;
    for (int i = 0; i < t->inputs; i++)
        if (!rn_is_null(t->input[i].dx)) list[count++] = t->input[i].dx;
    if (count)
        t->backward = rn_compile(
            t->graph, (rn_compile_options){.outputs = list, .output_count = count});
    if (count && !t->backward) return false;
    for (int i = 0; i < t->outputs; i++) list[i] = t->output[i].y;
    t->forward = rn_compile(
        t->graph, (rn_compile_options){.outputs = list, .output_count = t->outputs});
    return t->forward != NULL;
}

static double *room(rn__trial *t, int64_t count)
{
    return (double *)rn__arena_new(&t->arena, (size_t)count * sizeof(double));
}

bool rn__trial_compile(rn__trial *t)
{
    if (!compile(t) || !find_branches(t)) return false;
    for (int i = 0; i < t->inputs; i++) {
        rn__trial_input *in = &t->input[i];
        in->count = rn_shape_count(rn_shape_get(in->x));
        if (!in->judged) continue;
        in->gradient = room(t, in->count);
        in->moved = room(t, in->count);
        if (!in->gradient || !in->moved) return false;
    }
    for (int i = 0; i < t->outputs; i++) {
        rn__trial_output *out = &t->output[i];
        out->count = rn_shape_count(rn_shape_get(out->y));
        out->weight = room(t, out->count);
        out->here = room(t, out->count);
        out->there = room(t, out->count);
        out->depends = (bool *)rn__arena_new(&t->arena, (size_t)out->count);
        if (!out->weight || !out->here || !out->there || !out->depends) return false;
    }
    return true;
}

/* ---- values ---- */

bool rn__trial_set(rn__trial *t, int i, const void *value)
{
    rn__trial_input *in = &t->input[i];
    rn_program *const programs[3] = {t->forward, t->backward, t->branches.program};
    const size_t bytes = (size_t)in->count * rn_type_size(rn_type_get(in->x));

    in->value = value;
    in->largest = 0;
    for (int64_t k = 0; in->judged && k < in->count; k++)
        in->largest = fmax(in->largest, fabs(((const double *)value)[k]));
    for (int k = 0; k < 3; k++)
        if (programs[k] && rn_feed(programs[k], in->x, value, bytes) != RN_OK) return false;
    return true;
}

double rn__trial_random(int stream, uint64_t k)
{
    const uint32_t counter[4] = {(uint32_t)k, (uint32_t)(k >> 32), (uint32_t)stream, 17};
    const uint32_t key[2] = {0x524e, 0};
    uint32_t bits[4];

    rn__philox(counter, key, bits);
    return 2 * (((double)bits[0] + 0.5) / 4294967296.0) - 1;
}

/* An output that is no number tells nothing: it has no weight, and no cotangent. */
static void draw(rn__trial *t, int stream)
{
    uint64_t k = 0;

    for (int i = 0; i < t->outputs; i++)
        for (int64_t j = 0; j < t->output[i].count; j++) {
            const double u = rn__trial_random(stream, k++);
            const double drawn = stream == RN__ONES ? 1 : u + (u < 0 ? -0.5 : 0.5);
            t->output[i].weight[j] = isfinite(t->output[i].here[j]) ? drawn : 0;
        }
}

void rn__trial_mask(rn__trial *t, int output, const double *mask)
{
    draw(t, t->stream);
    for (int i = 0; mask && i < t->outputs; i++)
        for (int64_t j = 0; j < t->output[i].count; j++)
            t->output[i].weight[j] *= i == output ? mask[j] : 0;
}

/* ---- the run ---- */

static bool run_backward(rn__trial *t)
{
    for (int i = 0; t->backward && i < t->outputs; i++) {
        const rn__trial_output *out = &t->output[i];
        if (rn_feed(t->backward, out->dy, out->weight,
                    (size_t)out->count * sizeof(double)) != RN_OK)
            return false;
    }
    if (t->backward && rn_run(t->backward) != RN_OK) return false;
    for (int i = 0; i < t->inputs; i++) {
        rn__trial_input *in = &t->input[i];
        const size_t bytes = (size_t)in->count * sizeof(double);
        if (!in->judged) continue;
        if (rn_is_null(in->dx))
            memset(in->gradient, 0, bytes);
        else if (rn_read(t->backward, in->dx, in->gradient, bytes) != RN_OK)
            return false;
    }
    return true;
}

static bool run_forward(rn__trial *t)
{
    if (rn_run(t->forward) != RN_OK) return false;
    t->finite = true;
    for (int i = 0; i < t->outputs; i++) {
        const rn__trial_output *out = &t->output[i];
        if (rn_read(t->forward, out->y, out->here, (size_t)out->count * sizeof(double)) !=
            RN_OK)
            return false;
        for (int64_t j = 0; j < out->count && t->finite; j++)
            t->finite = isfinite(out->here[j]);
    }
    return true;
}

bool rn__trial_run(rn__trial *t, int stream)
{
    t->stream = stream;
    if (!run_forward(t)) return false;
    draw(t, stream);
    return run_backward(t) && rn__branches_keep(&t->branches);
}
