/* SPDX-License-Identifier: MIT */
/* A step: feed a batch, run, read the loss, add to the metrics. And an evaluation. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "fit/fit.h"
#include "kernel/ieee.h"
#include "nn/model.h"

/* ---- feeding ---- */

/* The states of stateful layers, [B, ..], of the sequences that begin anew. */
static void reset_states(const rn_trainer *t, const rn_batch *b)
{
    for (int i = 0; i < t->model->count; i++) {
        rn_variable *v = t->model->entry[i].variable;
        if (t->model->entry[i].kind != RN__CARRIED || v->shape.size[0] != b->sequences)
            continue;
        const size_t row = v->bytes / (size_t)b->sequences;
        for (int64_t k = 0; k < b->sequences; k++)
            if (b->resets[k]) memset((char *)v->data + (size_t)k * row, 0, row);
    }
}

static rn_status feed(rn__fit_program *p, const rn_batch *b)
{
    const size_t rows = (size_t)b->sequences;
    rn_status s = rn_feed(p->program, p->lengths, b->lengths, rows * sizeof *b->lengths);

    if (s == RN_OK)
        s = rn_feed(p->program, p->weights, b->weights, rows * sizeof *b->weights);
    if (s == RN_OK && p->streams)
        s = rn_feed(p->program, p->resets, b->resets, (size_t)b->steps * rows);
    for (int i = 0; i < p->fields && s == RN_OK; i++) {
        const rn_field *f = &p->field[i];
        const size_t steps = f->once ? 1 : (size_t)b->steps;
        const size_t count = steps * rows * (size_t)rn_shape_count(f->shape);
        if (!rn_is_null(p->input[i]))
            s = rn_feed(p->program, p->input[i], b->data[i], count * rn_type_size(f->type));
    }
    if (s == RN_OK && p->streams && b->steps > 0) reset_states(p->trainer, b);
    return s;
}

/* ---- what a batch counts ---- */

static double counted(const rn__fit_program *p, const rn_batch *b)
{
    double sum = 0;

    if (!rn_is_null(p->counted)) return rn_scalar(p->program, p->counted);
    for (int64_t i = 0; i < b->sequences; i++)
        sum += (double)b->weights[i] * (p->per_step ? (double)b->lengths[i] : 1);
    return sum;
}

/* ---- metrics ---- */

/* Whether the first two axes are [T, B]; else the first one is [B]. */
static bool by_step(rn_shape x, const rn_batch *b)
{
    return x.rank >= 2 && x.size[0] == b->steps && x.size[1] == b->sequences;
}

static const int32_t *lengths_of(const rn__fit_program *p, int output)
{
    return output < 0 ? NULL : (const int32_t *)p->output[output].data;
}

static rn_status add(const rn__fit_program *p, const rn__fit_metric *m, const rn_batch *b)
{
    const rn__fit_output *x = &p->output[m->scores];
    const rn__fit_output *y = m->targets < 0 ? NULL : &p->output[m->targets];
    const bool whole = y && y->type == RN_I32;
    const bool steps = by_step(x->shape, b) &&
                       (!whole || (y->shape.rank > 1 && y->shape.size[1] == b->sequences));
    const int64_t T = m->own ? x->shape.size[0] : steps ? b->steps : 1;
    const int64_t rows = T * b->sequences;
    rn_metric_batch all = {.steps = T,
                           .sequences = b->sequences,
                           .width = rows ? rn_shape_count(x->shape) / rows : 1,
                           .type = x->type,
                           .lengths = m->own  ? lengths_of(p, m->lengths[0])
                                      : steps ? b->lengths
                                              : NULL,
                           .weights = b->weights};

    if (x->type == RN_I32)
        all.classes = (const int32_t *)x->data;
    else
        all.scores = x->data;
    if (whole)
        all.targets = (const int32_t *)y->data;
    else if (y)
        all.values = y->data;
    if (m->own) all.target_lengths = lengths_of(p, m->lengths[1]);
    if (m->own || (whole && steps && y->shape.size[0] != b->steps))
        all.target_steps = y->shape.size[0];
    const rn_status s = rn_metric_add(m->metric, &all);
    return s == RN_OK ? s : rn__fit_fail_as(p->trainer, s, "", rn_metric_error(m->metric));
}

static rn_status add_all(rn__fit_program *p, const rn_batch *b)
{
    rn_status s = RN_OK;

    for (int i = 0; i < p->outputs && s == RN_OK; i++)
        s = rn_read(p->program, p->output[i].tensor, p->output[i].data, p->output[i].bytes);
    if (s != RN_OK)
        return rn__fit_fail_as(p->trainer, s, "fit", rn_program_error(p->program));
    for (int i = 0; i < p->metrics && s == RN_OK; i++) s = add(p, &p->metric[i], b);
    return s;
}

void rn__fit_metrics_reset(rn_trainer *t)
{
    for (rn__fit_program *p = t->programs; p; p = p->next)
        for (int i = 0; i < p->metrics; i++) rn_metric_reset(p->metric[i].metric);
}

rn_status rn__fit_metrics_write(rn_trainer *t, bool training, const char *prefix)
{
    char name[256];
    rn_status s = RN_OK;

    for (rn__fit_program *p = t->programs; p; p = p->next)
        for (int i = 0; i < p->metrics && p->training == training && s == RN_OK; i++) {
            const rn_metric *m = p->metric[i].metric;
            snprintf(name, sizeof name, "%s%s", prefix, rn_metric_name(m));
            s = rn__fit_record(t, t->epochs, name, rn_metric_value(m));
        }
    return s;
}

/* ---- a step ---- */

rn_status rn__fit_step(rn__fit_program *p, const rn_batch *b, rn__mean *mean, double *loss)
{
    rn_trainer *t = p->trainer;

    if (b->real < b->sequences && !p->aware)
        return rn_trainer_fail(t, RN_INVALID,
                               "fit: the batch is filled up, but the loss uses neither "
                               "lengths nor weights: %lld of %lld sequences",
                               (long long)b->real, (long long)b->sequences);
    rn_status s = feed(p, b);
    if (s == RN_OK) s = rn_run(p->program);
    if (s != RN_OK) return rn__fit_fail_as(t, s, "fit", rn_program_error(p->program));
    *loss = rn_scalar(p->program, p->loss);
    const double count = counted(p, b);
    if (count != 0) mean->sum += count * *loss;
    mean->counted += count;
    return p->outputs ? add_all(p, b) : RN_OK;
}

/* ---- evaluation ---- */

/* All states of stateful layers, end to end; or puts them back. */
static size_t copy_states(const rn_trainer *t, char *to, const char *from)
{
    size_t used = 0;

    for (int i = 0; i < t->model->count; i++) {
        rn_variable *v = t->model->entry[i].variable;
        if (t->model->entry[i].kind != RN__CARRIED || !v->bytes) continue;
        if (to) memcpy(to + used, v->data, v->bytes);
        if (from) memcpy(v->data, from + used, v->bytes);
        used += v->bytes;
    }
    return used;
}

static rn_status evaluate(rn_trainer *t, rn_batches *batches, const rn__predicted *to,
                          rn__mean *mean)
{
    rn_batch batch;
    rn_status s = RN_OK;
    double loss;

    rn__fit_metrics_reset(t);
    *mean = (rn__mean){0, 0};
    rn_model_reset_states(t->model);
    while (s == RN_OK && !t->stopping) {
        s = rn_batches_next(batches, &batch);
        if (s != RN_OK) return rn__fit_fail_as(t, s, "", rn_batches_error(batches));
        if (batch.sequences == 0) break;
        rn__fit_program *p = rn__fit_program_of(t, &batch, false, &s);
        if (p) s = rn__fit_step(p, &batch, mean, &loss);
        if (to && s == RN_OK) s = rn__fit_take(p, &batch, to);
        rn__fit_poll(t);
    }
    return s;
}

rn_status rn__fit_evaluate(rn_trainer *t, rn_batches *batches, const rn__predicted *to,
                           rn__mean *mean)
{
    const int before = t->model->count;
    const size_t bytes = copy_states(t, NULL, NULL);
    char *states = (char *)rn__allocate(t->allocator, bytes + 1);

    if (!states) return rn__fit_fail_as(t, RN_NO_MEMORY, "fit", "");
    copy_states(t, states, NULL);
    const rn_status s = evaluate(t, batches, to, mean);
    /* Those that the evaluation made come last. */
    const int after = t->model->count;
    rn_model_reset_states(t->model);
    t->model->count = before;
    copy_states(t, NULL, states);
    t->model->count = after;
    rn__free(t->allocator, states);
    return s;
}

rn_status rn_evaluate(rn_trainer *t, rn_batches *batches, double *loss)
{
    rn__mean mean = {0, 0};

    if (loss) *loss = NAN;
    if (!t) return RN_INVALID;
    t->error[0] = 0;
    if (!batches) return rn_trainer_fail(t, RN_INVALID, "evaluate: no batches");
    if (t->fit) return rn_trainer_fail(t, RN_INVALID, "evaluate: the trainer is in rn_fit");
    t->stopping = false;
    const rn_status s = rn__fit_evaluate(t, batches, NULL, &mean);
    if (s == RN_OK && loss) *loss = mean.sum / mean.counted;
    return s;
}
