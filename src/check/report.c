/* SPDX-License-Identifier: MIT */
/* The report of a gradient check. */
#include "gradcheck.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* The public report with what it takes to free it. */
typedef struct whole {
    rn_gradcheck_report report; /* first */
    rn_allocator allocator;
    rn__arena names;
    int capacity;
    bool incomplete; /* an entry was lost for want of memory */
} whole;

rn_gradcheck_report *rn__report_new(rn_allocator allocator, int worst)
{
    whole *w = (whole *)rn__new(allocator, sizeof *w);

    if (!w) return NULL;
    w->allocator = w->names.allocator = allocator;
    w->capacity = worst;
    w->report.passed = true;
    w->report.worst =
        (rn_gradcheck_entry *)rn__new(allocator, (size_t)worst * sizeof *w->report.worst);
    if (w->report.worst) return &w->report;
    rn__free(allocator, w);
    return NULL;
}

void rn_gradcheck_free(rn_gradcheck_report *report)
{
    whole *w = (whole *)report;

    if (!w) return;
    rn__free(w->allocator, report->worst);
    rn__free(w->allocator, report->text);
    rn__arena_finish(&w->names);
    rn__free(w->allocator, w);
}

/* A NaN is worse than any number. */
static bool worse(double a, double b)
{
    if (isnan(a) || isnan(b)) return isnan(a) && !isnan(b);
    return a > b;
}

static void keep(whole *w, rn_gradcheck_entry entry)
{
    rn_gradcheck_report *r = &w->report;
    int at = r->worst_count;

    if (at == w->capacity && (at == 0 || !worse(entry.error, r->worst[at - 1].error)))
        return;
    entry.tensor = rn__arena_string(&w->names, entry.tensor);
    if (!entry.tensor) {
        w->incomplete = true;
        return;
    }
    if (at < w->capacity)
        r->worst_count++;
    else
        at--;
    for (; at > 0 && worse(entry.error, r->worst[at - 1].error); at--)
        r->worst[at] = r->worst[at - 1];
    r->worst[at] = entry;
}

void rn__report_add(rn_gradcheck_report *report, const char *tensor, int64_t element,
                    double analytic, rn__derivative numeric, double tolerance)
{
    rn_gradcheck_entry entry = {.tensor = tensor,
                                .element = element,
                                .analytic = analytic,
                                .numeric = numeric.value};
    const double difference = fabs(analytic - numeric.value);
    const double floor_ = numeric.noise / tolerance;
    const double size = fmax(fmax(fabs(analytic), fabs(numeric.value)), floor_);

    entry.error = difference == 0 ? 0 : difference / size;
    if (isnan(analytic) || isnan(numeric.value)) entry.error = NAN;
    entry.passed = entry.error <= tolerance;
    report->checked++;
    report->failed += !entry.passed;
    report->passed = report->passed && entry.passed;
    if (worse(entry.error, report->largest)) report->largest = entry.error;
    keep((whole *)report, entry);
}

void rn__report_kink(rn_gradcheck_report *r, const rn__choice *choice, int64_t element,
                     double distance)
{
    const rn_tensor y = {choice->graph, choice->id};
    const int64_t inside = rn_shape_count(rn_shape_get(y));
    char name[160], where[48] = "";

    if (r->kinks++) return;
    if (choice->graph->parent && inside > 0 &&
        rn_shape_count(rn_shape_get(choice->sides)) > inside)
        snprintf(where, sizeof where, " at step %lld", (long long)(element / inside));
    if (where[0]) element %= inside;
    snprintf(r->kink, sizeof r->kink, "%s: node %d %s%s element %lld, within %.3g",
             rn__node_of(y)->op->name, (int)choice->id, rn__describe(y, name, sizeof name),
             where, (long long)element, distance);
}

static void write_text(rn__text *t, const rn_gradcheck_report *r, const char *message)
{
    if (message) {
        rn__text_add(t, "gradcheck: not made: %s\n", message);
        return;
    }
    rn__text_add(t, "gradcheck: %s: %lld of %lld comparisons failed, largest error %.3g\n",
                 r->passed ? "passed" : "FAILED", (long long)r->failed,
                 (long long)r->checked, r->largest);
    for (int i = 0; i < r->worst_count; i++) {
        const rn_gradcheck_entry *e = &r->worst[i];
        rn__text_add(t, "  %s %s ", e->passed ? "  " : "! ", e->tensor);
        if (e->element < 0)
            rn__text_add(t, "along a direction");
        else
            rn__text_add(t, "element %lld", (long long)e->element);
        rn__text_add(t, ": analytic %.15g numeric %.15g error %.3g\n", e->analytic,
                     e->numeric, e->error);
    }
    if (r->kinks)
        rn__text_add(t,
                     "  not differentiable at %lld points, which are left out; first %s\n",
                     (long long)r->kinks, r->kink);
    if (r->culprit[0]) rn__text_add(t, "  %s\n", r->culprit);
}

void rn__report_end(rn_gradcheck_report *report, rn_status status, const char *message)
{
    rn__text counted = {NULL, 0, 0}, text;

    if (((whole *)report)->incomplete && !message) {
        status = RN_NO_MEMORY;
        message = "out of memory";
    }
    report->status = status;
    if (message) report->passed = false;
    write_text(&counted, report, message);
    text = (rn__text){NULL, counted.used + 1, 0};
    text.at = (char *)rn__allocate(((whole *)report)->allocator, text.capacity);
    report->text = text.at;
    if (text.at)
        write_text(&text, report, message);
    else
        report->status = RN_NO_MEMORY;
}
