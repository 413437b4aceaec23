/* SPDX-License-Identifier: MIT */
/* Metrics: the object, sums, and what it answers. */
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "train/metrics/metric.h"

rn_status rn__metric_fail(rn_metric *m, rn_status status, const char *format, ...)
{
    const int named = snprintf(m->error, sizeof m->error, "%.80s: ", m->name);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(m->error + named, sizeof m->error - (size_t)named, format, arguments);
    va_end(arguments);
    return status;
}

rn_status rn__metric_no_memory(rn_metric *m)
{
    return rn__metric_fail(m, RN_NO_MEMORY, "out of memory");
}

bool rn__metric_room(rn_metric *m, void **buffer, size_t *room, size_t bytes)
{
    if (bytes <= *room) return true;
    void *larger = rn__resize(m->allocator, *buffer, bytes);
    if (!larger) return false;
    *buffer = larger;
    *room = bytes;
    return true;
}

/* ---- options ---- */

/* The numbers, from 0; `most` is the largest one. */
static const struct {
    unsigned short at;
    int most;
    char name[10];
} numbers[] = {
#define NUMBER(name, most)                                                                 \
    {                                                                                      \
        offsetof(rn_metric_options, name), most, #name                                     \
    }
    NUMBER(kind, RN_METRIC_KINDS - 1), NUMBER(classes, INT_MAX),  NUMBER(top, INT_MAX),
    NUMBER(average, RN_ONE_CLASS),     NUMBER(of_class, INT_MAX), NUMBER(order, 4),
    NUMBER(smoothing, RN_BLEU_ADD)};

static void check_options(rn_metric *m)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        int x;
        memcpy(&x, (const char *)&m->o + numbers[i].at, sizeof x);
        if (x >= 0 && x <= numbers[i].most) continue;
        if (!m->invalid)
            rn__metric_fail(m, RN_INVALID, "%s must be in 0..%d: %d", numbers[i].name,
                            numbers[i].most, x);
        m->invalid = true;
    }
}

/* The number of a tag: 0, or 1 or 2 more than twice that of its type, which is the number
 * of types before it. -1: it is no tag. */
static int32_t number_of(rn_metric *m, int32_t class_)
{
    const char *const *tags = m->o.tags, *tag = tags[class_];

    if (tag && !strcmp(tag, "O")) return 0;
    if (!tag || (tag[0] != 'B' && tag[0] != 'I') || tag[1] != '-') return -1;
    const int32_t inside = tag[0] == 'I';
    for (int32_t c = 0; c < class_; c++)
        if (m->tag[c] && !strcmp(tags[c] + 2, tag + 2))
            return (m->tag[c] - 1) / 2 * 2 + 1 + inside;
    return (int32_t)m->types++ * 2 + 1 + inside;
}

/* False if out of memory. */
static bool read_tags(rn_metric *m)
{
    const int n = m->o.classes;
    int c = 0;

    if (!m->o.tags || m->invalid) return true;
    m->tag = (int32_t *)rn__allocate(m->allocator, (size_t)n * sizeof *m->tag + 1);
    if (!m->tag) return false;
    while (c < n && (m->tag[c] = number_of(m, c)) >= 0) c++;
    m->invalid = c < n || n == 0;
    if (m->invalid)
        rn__metric_fail(m, RN_INVALID, "tag %d of %d is not O, B-type or I-type: %.60s", c,
                        n, c < n && m->o.tags[c] ? m->o.tags[c] : "");
    return true;
}

static bool name_it(rn_metric *m)
{
    char text[40] = "top";

    if (m->kind && m->o.kind != RN_METRIC_TOP)
        strcpy(text, m->kind->name);
    else
        snprintf(text, sizeof text, m->kind ? "top%d" : "metric", m->o.top);
    m->name = rn__copy_string(m->allocator, m->o.name ? m->o.name : text);
    return m->name;
}

rn_metric *rn_metric_new(rn_metric_options options)
{
    rn_metric *m = (rn_metric *)rn__new(options.allocator, sizeof *m);

    if (!m) return NULL;
    m->allocator = options.allocator;
    m->o = options;
    if (!m->o.top) m->o.top = 5;
    if (!m->o.order) m->o.order = 4;
    if ((unsigned)options.kind < RN_METRIC_KINDS) {
        m->kind = &rn__metric_kinds[options.kind];
        m->method = rn__metric_methods[m->kind->method];
    }
    if (name_it(m)) {
        check_options(m);
        if (read_tags(m)) return m;
    }
    rn_metric_free(m);
    return NULL;
}

void rn_metric_free(rn_metric *m)
{
    if (!m) return;
    void *const owned[] = {m->name, m->tag, m->table, m->pair, m->buffer, m->output, m};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
        rn__free(m->allocator, owned[i]);
}

void rn_metric_reset(rn_metric *m)
{
    if (!m) return;
    rn__free(m->allocator, m->table);
    m->table = NULL;
    m->rows = m->columns = 0;
    m->pairs = 0;
    m->sum = m->weight = (rn__metric_sum){0, 0};
}

/* ---- sums ---- */

void rn__metric_add(rn__metric_sum *s, double x)
{
    const double sum = s->sum + x;

    s->rest += fabs(s->sum) >= fabs(x) ? s->sum - sum + x : x - sum + s->sum;
    s->sum = sum;
}

double rn__metric_total(const rn__metric_sum *s)
{
    return isfinite(s->sum) ? s->sum + s->rest : s->sum;
}

void rn__metric_term(rn_metric *m, double term, double weight)
{
    rn__metric_add(&m->sum, weight * term);
    rn__metric_add(&m->weight, weight);
}

double rn__metric_mean(const rn_metric *m)
{
    const double mean = rn__metric_total(&m->sum) / rn__metric_total(&m->weight);

    switch (m->kind->finish) {
    case RN__METRIC_EXP:
        return exp(mean);
    case RN__METRIC_IN_BITS:
        return mean / log(2);
    case RN__METRIC_ROOT:
        return sqrt(mean);
    default:
        return mean;
    }
}

rn_status rn_metric_add_sum(rn_metric *m, double sum, double weight)
{
    if (!m || m->invalid) return RN_INVALID;
    if (m->method->value)
        return rn__metric_fail(m, RN_INVALID, "it is not the mean of a sum of terms");
    if (!(weight >= 0 && weight < HUGE_VAL))
        return rn__metric_fail(m, RN_INVALID, "weight must be at least 0 and finite: %g",
                               weight);
    rn__metric_add(&m->sum, sum);
    rn__metric_add(&m->weight, weight);
    return RN_OK;
}

/* ---- answers ---- */

double rn_metric_value(const rn_metric *m)
{
    if (!m || m->invalid || rn_metric_weight(m) == 0) return NAN;
    return m->method->value ? m->method->value(m) : rn__metric_mean(m);
}

double rn_metric_weight(const rn_metric *m)
{
    return m ? rn__metric_total(&m->weight) : 0;
}

int64_t rn_metric_parts(const rn_metric *m)
{
    if (!m || !m->rows) return 0;
    return m->rows - (m->method->rows == RN__METRIC_ORDERS);
}

double rn_metric_part(const rn_metric *m, int64_t part)
{
    const bool exists = part >= 0 && part < rn_metric_parts(m);

    return exists ? m->method->part(m, part) : NAN;
}

double rn_metric_part_weight(const rn_metric *m, int64_t part)
{
    const bool exists = part >= 0 && part < rn_metric_parts(m);

    return exists ? m->method->part_weight(m, part) : NAN;
}

const char *rn_metric_part_name(const rn_metric *m, int64_t part)
{
    if (!m || m->invalid || part < 0) return NULL;
    for (int c = 0; m->tag && c < m->o.classes; c++)
        if (m->tag[c] && (m->tag[c] - 1) / 2 == part) return m->o.tags[c] + 2;
    return NULL;
}

double rn_metric_confusion(const rn_metric *m, int64_t target, int64_t predicted)
{
    if (!m || !m->rows || m->method != &rn__metric_classes) return NAN;
    const int64_t n = m->rows;
    if (target < 0 || target >= n || predicted < 0 || predicted >= n) return NAN;
    return m->table[target * n + predicted];
}

const char *rn_metric_name(const rn_metric *m)
{
    return m ? m->name : "";
}

bool rn_metric_lower_is_better(const rn_metric *m)
{
    return m && m->kind && (m->kind->needs & RN__METRIC_LOWER);
}

const char *rn_metric_error(const rn_metric *m)
{
    return m ? m->error : "";
}
