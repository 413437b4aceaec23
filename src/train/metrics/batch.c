/* SPDX-License-Identifier: MIT */
/* Batches of a metric: checked as a whole, then visited element by element. */
#include <math.h>

#include "train/metrics/metric.h"

typedef bool visitor(rn_metric *m, const rn__metric_data *d, int64_t step, int64_t at,
                     double weight);

bool rn__metric_ignores(const rn_metric *m, int32_t target)
{
    return m->o.ignores && target == m->o.ignored;
}

/* ---- visits ---- */

static double weight_of(const float *weights, int64_t i)
{
    return weights ? weights[i] : 1;
}

/* Visits what counts: elements, or if `steps` is false sequences. False as soon as a visit
 * is. */
static bool each(rn_metric *m, const rn__metric_data *d, visitor *visit)
{
    const rn_metric_batch *b = &d->b;

    for (int64_t s = 0; s < b->sequences; s++) {
        const double weight = weight_of(b->weights, s);
        const int64_t length = b->lengths ? b->lengths[s] : b->steps;
        if (weight == 0) continue;
        for (int64_t t = 0; t < length; t++) {
            const int64_t step = t * b->sequences + s;
            const double w = weight * weight_of(b->step_weights, step);
            if (w == 0) continue;
            for (int64_t c = 0; c < d->elements; c++)
                if (!visit(m, d, step, step * d->elements + c, w)) return false;
        }
    }
    return true;
}

static bool is_ignored(const rn_metric *m, const rn__metric_data *d, int64_t at)
{
    return (m->kind->needs & RN__METRIC_TARGETS) && rn__metric_ignores(m, d->b.targets[at]);
}

static bool add_element(rn_metric *m, const rn__metric_data *d, int64_t step, int64_t at,
                        double weight)
{
    if (!is_ignored(m, d, at)) m->method->element(m, d, step, at, weight);
    return true;
}

static bool in_range(rn_metric *m, const rn__metric_data *d, const char *what,
                     int64_t class_, int64_t step)
{
    if (class_ >= 0 && class_ < d->classes) return true;
    rn__metric_fail(m, RN_BAD_VALUE,
                    "%s out of range: %lld of %lld classes, in step %lld of sequence %lld",
                    what, (long long)class_, (long long)d->classes,
                    (long long)(step / d->b.sequences), (long long)(step % d->b.sequences));
    return false;
}

static bool check_element(rn_metric *m, const rn__metric_data *d, int64_t step, int64_t at,
                          double weight)
{
    (void)weight;
    if (is_ignored(m, d, at)) return true;
    return in_range(m, d, "target", d->b.targets[at], step) &&
           (d->b.scores || in_range(m, d, "class", d->b.classes[step], step));
}

/* ---- what a batch must have ---- */

/* Whether T B C and R S B elements can be in memory at all. */
static bool sizes_are_possible(const rn_metric_batch *b)
{
    const int64_t most = PTRDIFF_MAX / 16, steps = b->steps + !b->steps;
    const int64_t targets = b->target_steps + !b->target_steps;

    if (b->steps < 0 || b->sequences < 0 || b->width < 0 || b->target_steps < 0)
        return false;
    if (b->references < 0 ||
        b->references > most / targets / (b->sequences + !b->sequences))
        return false;
    return b->sequences <= most / steps && b->sequences <= most / targets &&
           b->width <= most / steps / (b->sequences + !b->sequences);
}

static const char *fault_of(const rn_metric *m, const rn_metric_batch *b)
{
    const unsigned needs = m->kind->needs;
    const bool empty = b->steps == 0 || b->sequences == 0;
    const bool no_targets = b->target_steps == 0 || b->sequences == 0;

    if ((b->scores || b->values) && b->type != RN_F32 && b->type != RN_F64)
        return "type must be f32 or f64";
    if (b->step_weights && (needs & RN__METRIC_SEQUENCES))
        return "it has no weights of steps";
    if ((needs & RN__METRIC_TARGETS) && !(needs & RN__METRIC_TOKENS) &&
        (b->target_steps != b->steps || b->by_sequence))
        return "its targets must be [T,B]";
    if (b->references > 1 && m->o.kind != RN_METRIC_BLEU) return "it has one reference";
    if ((needs & RN__METRIC_SCORES) && !b->scores && !empty) return "it needs scores";
    if ((needs & RN__METRIC_PREDICTS) && !b->scores && !b->classes && !empty)
        return "it needs scores or classes";
    if ((needs & RN__METRIC_TARGETS) && !b->targets && !no_targets)
        return "it needs targets";
    if ((needs & RN__METRIC_VALUES) && !b->values && !empty) return "it needs values";
    return NULL;
}

/* From `optional` on a length may be -1. */
static rn_status check_lengths(rn_metric *m, const char *what, const int32_t *lengths,
                               int64_t count, int64_t optional, int64_t most)
{
    for (int64_t i = 0; lengths && i < count; i++)
        if (lengths[i] < -(i >= optional) || lengths[i] > most)
            return rn__metric_fail(m, RN_INVALID, "%s[%lld] is not in 0..%lld: %d", what,
                                   (long long)i, (long long)most, (int)lengths[i]);
    return RN_OK;
}

static rn_status check_weights(rn_metric *m, const char *what, const float *weights,
                               int64_t count)
{
    for (int64_t i = 0; weights && i < count; i++)
        if (!(weights[i] >= 0 && weights[i] < HUGE_VALF))
            return rn__metric_fail(m, RN_INVALID,
                                   "%s[%lld] is not at least 0 and finite: %g", what,
                                   (long long)i, (double)weights[i]);
    return RN_OK;
}

static rn_status check_arrays(rn_metric *m, const rn_metric_batch *b)
{
    const int64_t n = b->sequences;
    rn_status status = check_lengths(m, "lengths", b->lengths, n, n, b->steps);

    if (!status)
        status = check_lengths(m, "target_lengths", b->target_lengths, n * b->references, n,
                               b->target_steps);
    if (!status) status = check_weights(m, "weights", b->weights, n);
    if (!status) status = check_weights(m, "step_weights", b->step_weights, b->steps * n);
    return status;
}

/* ---- classes ---- */

/* Sets the number of classes. */
static rn_status count_classes(rn_metric *m, rn__metric_data *d)
{
    const unsigned needs = m->kind->needs;
    const int64_t width = d->b.width, given = m->o.classes;
    const bool one = width == 1 && m->o.kind != RN_METRIC_TOP;

    d->classes = 0;
    if ((needs & RN__METRIC_BITS)) d->classes = 2;
    if (!(needs & RN__METRIC_TARGETS) || (needs & RN__METRIC_TOKENS) || d->classes)
        return RN_OK;
    d->classes = d->b.scores ? (one ? 2 : width) : given;
    if (!d->classes && (needs & RN__METRIC_TABLE))
        return rn__metric_fail(m, RN_INVALID, "it needs the number of classes");
    if (given && given != d->classes)
        return rn__metric_fail(m, RN_INVALID, "%lld classes in the options, scores of %lld",
                               (long long)given, (long long)d->classes);
    return RN_OK;
}

/* Makes the table, or checks that this batch fits it. */
static rn_status make_table(rn_metric *m, const rn__metric_data *d)
{
    const int64_t all[] = {0, d->classes, m->o.tags ? m->types : d->classes / 2, d->b.width,
                           m->o.order + 1};
    const int64_t rows = all[m->method->rows];
    const int64_t columns = m->method->columns ? m->method->columns : rows;
    size_t bytes;

    if (m->table)
        return m->rows == rows ? RN_OK
                               : rn__metric_fail(m, RN_INVALID,
                                                 "width differs from that of batches "
                                                 "before: %lld and %lld",
                                                 (long long)rows, (long long)m->rows);
    if (!m->method->rows) return RN_OK;
    if (!rn__multiply((size_t)rows, (size_t)columns, &bytes) ||
        !rn__multiply(bytes, sizeof(double), &bytes) ||
        !(m->table = (double *)rn__new(m->allocator, bytes + sizeof(double))))
        return rn__metric_no_memory(m);
    m->rows = rows;
    m->columns = columns;
    return RN_OK;
}

/* ---- adding ---- */

static rn_status prepare(rn_metric *m, const rn_metric_batch *batch, rn__metric_data *d)
{
    const rn__metric_kind *kind = m->kind;
    rn_status status;

    d->b = *batch;
    if (!d->b.width) d->b.width = 1;
    if (!d->b.references) d->b.references = 1;
    if (!d->b.target_steps && !d->b.target_lengths && d->b.references == 1)
        d->b.target_lengths = d->b.lengths;
    if (!d->b.target_steps) d->b.target_steps = d->b.steps;
    if (!sizes_are_possible(&d->b))
        return rn__metric_fail(m, RN_INVALID,
                               "sizes out of range: %lld steps, %lld "
                               "sequences, width %lld, %lld target steps",
                               (long long)batch->steps, (long long)batch->sequences,
                               (long long)batch->width, (long long)batch->target_steps);
    d->elements = (kind->needs & RN__METRIC_WIDE) ? d->b.width : 1;
    const char *fault = fault_of(m, &d->b);
    if (fault) return rn__metric_fail(m, RN_INVALID, "%s", fault);
    if ((status = check_arrays(m, &d->b)) || (status = count_classes(m, d))) return status;
    if (d->classes && !each(m, d, check_element)) return RN_BAD_VALUE;
    if ((status = make_table(m, d))) return status;
    if (m->method->reserve && !m->method->reserve(m, d)) return rn__metric_no_memory(m);
    return RN_OK;
}

rn_status rn_metric_add(rn_metric *m, const rn_metric_batch *batch)
{
    rn__metric_data d;

    if (!m || m->invalid) return RN_INVALID;
    if (!batch) return rn__metric_fail(m, RN_INVALID, "there is no batch");
    const rn_status status = prepare(m, batch, &d);
    if (status) return status;
    if (m->method->element) {
        each(m, &d, add_element);
        return RN_OK;
    }
    for (int64_t b = 0; b < d.b.sequences; b++) {
        const double weight = weight_of(d.b.weights, b);
        if (weight != 0) m->method->sequence(m, &d, b, weight);
    }
    return RN_OK;
}

rn_status rn_metric_add_output(rn_metric *m, const rn_program *program, rn_tensor output,
                               const rn_metric_batch *batch)
{
    if (!m || m->invalid) return RN_INVALID;
    if (!batch || !program)
        return rn__metric_fail(m, RN_INVALID, "there is no %s",
                               batch ? "program" : "batch");
    rn_metric_batch b = *batch;
    b.type = rn_program_type(program, output);
    if (b.type == RN_I32) b.width = 1;
    if (!b.width) b.width = 1;
    if (!sizes_are_possible(&b))
        return rn__metric_fail(m, RN_INVALID, "sizes out of range");
    const size_t bytes = (size_t)(b.steps * b.sequences * b.width) * rn_type_size(b.type);
    if (!rn__metric_room(m, &m->output, &m->output_bytes, bytes + !bytes))
        return rn__metric_no_memory(m);
    if (rn_read(program, output, m->output, bytes))
        return rn__metric_fail(m, RN_INVALID, "%s", rn_program_error(program));
    b.scores = b.type == RN_I32 ? NULL : m->output;
    b.classes = b.type == RN_I32 ? (const int32_t *)m->output : NULL;
    if (b.type == RN_I32) b.type = RN_F32;
    return rn_metric_add(m, &b);
}
