/* SPDX-License-Identifier: MIT */
/* The report of a gradient check. */
#include "check/culprit.h"
#include "check/gradcheck.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* The public report with what it takes to free it. */
typedef struct whole {
    rn_gradcheck_report report; /* first */
    rn_allocator allocator;
    rn__arena names;
    int most; /* of the worst: to be kept */
    int64_t worst_capacity, kink_capacity;
    rn_gradcheck_tensor jointly; /* all tensors together */
    bool nonzero;                /* not all gradients are zero */
    bool incomplete;             /* something was lost for want of memory */
    char no_memory[48];          /* the text where there is no memory for one */
} whole;

rn_gradcheck_report *rn__report_new(rn_allocator allocator, int worst)
{
    whole *w = (whole *)rn__new(allocator, sizeof *w);

    if (!w) return NULL;
    w->allocator = w->names.allocator = allocator;
    w->most = worst;
    w->jointly.name = "all tensors";
    w->report.passed = true;
    w->report.culprit = rn__no_culprit();
    snprintf(w->no_memory, sizeof w->no_memory, "gradcheck: not made: out of memory\n");
    return &w->report;
}

void rn_gradcheck_free(rn_gradcheck_report *report)
{
    whole *w = (whole *)report;

    if (!w) return;
    rn__free(w->allocator, report->worst);
    rn__free(w->allocator, report->kink);
    if (report->text != w->no_memory) rn__free(w->allocator, report->text);
    rn__arena_finish(&w->names);
    rn__free(w->allocator, w);
}

/* A NaN is worse than any number. */
static bool worse(double a, double b)
{
    if (isnan(a) || isnan(b)) return isnan(a) && !isnan(b);
    return a > b;
}

/* Room for one more in an array; NULL without memory. */
static void *grow(whole *w, void *at, size_t size, int64_t count, int64_t *capacity)
{
    if (count < *capacity) return at;
    const int64_t more = 2 * *capacity + 8;
    void *grown = rn__resize(w->allocator, at, (size_t)more * size);
    if (grown)
        *capacity = more;
    else
        w->incomplete = true;
    return grown;
}

static void keep(whole *w, rn_gradcheck_entry entry)
{
    rn_gradcheck_report *r = &w->report;
    int at = r->worst_count;

    if (at == w->most && !worse(entry.excess, r->worst[at - 1].excess)) return;
    if (at < w->most) {
        void *room = grow(w, r->worst, sizeof entry, at, &w->worst_capacity);
        if (!room) return;
        r->worst = (rn_gradcheck_entry *)room;
        r->worst_count++;
    } else {
        at--;
    }
    for (; at > 0 && worse(entry.excess, r->worst[at - 1].excess); at--)
        r->worst[at] = r->worst[at - 1];
    r->worst[at] = entry;
}

bool rn__report_tensors(rn_gradcheck_report *r, const rn__checking *c)
{
    whole *w = (whole *)r;
    const int leaves = c->probe.inputs;

    r->tensors = (rn_gradcheck_tensor *)rn__arena_new(&w->names,
                                                      (size_t)leaves * sizeof *r->tensors);
    for (int i = 0; r->tensors && i < leaves; i++) {
        rn_gradcheck_tensor *t = &r->tensors[r->tensor_count++];
        *t = (rn_gradcheck_tensor){.elements = c->probe.input[i].count};
        t->name = rn__arena_string(&w->names, c->probe.input[i].name);
        if (!t->name) return false;
    }
    return r->tensors != NULL;
}

static void add(rn_gradcheck_report *r, int tensor, rn_gradcheck_entry entry)
{
    whole *w = (whole *)r;
    rn_gradcheck_tensor *t = tensor < 0 ? &w->jointly : &r->tensors[tensor];

    entry.tensor = t->name;
    if (t->checked++ == 0 || worse(entry.excess, t->worst.excess)) t->worst = entry;
    t->failed += !entry.passed;
    w->nonzero = w->nonzero || entry.analytic != 0 || entry.numeric != 0;
    r->checked++;
    r->failed += !entry.passed;
    r->inconclusive += entry.inconclusive;
    r->passed = r->passed && entry.passed;
    if (worse(entry.error, r->largest)) r->largest = entry.error;
    if (worse(entry.excess, r->excess)) r->excess = entry.excess;
    keep(w, entry);
}

static void add_kink(rn_gradcheck_report *r, int tensor, rn_gradcheck_kink kink)
{
    whole *w = (whole *)r;

    void *room = grow(w, r->kink, sizeof kink, r->kinks, &w->kink_capacity);
    if (!room) return;
    r->kink = (rn_gradcheck_kink *)room;
    kink.tensor = tensor < 0 ? w->jointly.name : r->tensors[tensor].name;
    kink.op = rn__arena_string(&w->names, kink.op);
    kink.node = rn__arena_string(&w->names, kink.node);
    if (!kink.op || !kink.node) w->incomplete = true;
    r->kink[r->kinks++] = kink;
}

void rn__report_take(void *report, int tensor, const rn__comparison *comparison)
{
    if (comparison->kinked)
        add_kink((rn_gradcheck_report *)report, tensor, comparison->kink);
    else
        add((rn_gradcheck_report *)report, tensor, comparison->entry);
}

/* ---- the text ---- */

static void write_place(rn__text *t, const char *tensor, int64_t element)
{
    if (element < 0)
        rn__text_add(t, "%s along a direction", tensor);
    else
        rn__text_add(t, "%s element %lld", tensor, (long long)element);
}

static void write_entry(rn__text *t, const rn_gradcheck_entry *e)
{
    rn__text_add(t, "  %s ", e->passed ? "  " : "! ");
    write_place(t, e->tensor, e->element);
    rn__text_add(
        t, ": analytic %.15g +- %.1e, numeric %.15g +- %.1e: %.3g of the error bounds\n",
        e->analytic, e->analytic_bound, e->numeric, e->numeric_bound, e->excess);
}

static void write_tensors(rn__text *t, const rn_gradcheck_report *r)
{
    const whole *w = (const whole *)r;

    if (w->jointly.checked) write_entry(t, &w->jointly.worst);
    for (int i = 0; i < r->tensor_count; i++) {
        const rn_gradcheck_tensor *x = &r->tensors[i];
        if (x->checked) write_entry(t, &x->worst);
    }
}

static void write_kink(rn__text *t, const rn_gradcheck_kink *k)
{
    rn__text_add(t, "    ");
    write_place(t, k->tensor, k->element);
    if (strcmp(k->op, "loss") == 0) {
        rn__text_add(t, ": %s, at distance %.3g\n", k->node, k->distance);
        return;
    }
    rn__text_add(t, ": %s: node %d %s", k->op, (int)k->id, k->node);
    for (int i = 0; i < k->loops; i++)
        rn__text_add(t, "%s%lld", i ? "," : " step ", (long long)k->step[i]);
    if (k->loops) rn__text_add(t, " of loop %d", (int)k->loop);
    rn__text_add(t, " element %lld, at distance %.3g\n", (long long)k->choice, k->distance);
}

/* Elements first: a direction moves all of them, and does not show which is at the kink. */
static void write_kinks(rn__text *t, const rn_gradcheck_report *r)
{
    const int64_t most = 3;
    int64_t shown = 0;

    if (r->kinks == 0) return;
    rn__text_add(t, "  not differentiable at %lld point%s, left out:\n",
                 (long long)r->kinks, r->kinks == 1 ? "" : "s");
    for (int directions = 0; directions < 2; directions++)
        for (int64_t i = 0; i < r->kinks && shown < most; i++) {
            if ((r->kink[i].element < 0) != directions) continue;
            write_kink(t, &r->kink[i]);
            shown++;
        }
    if (shown < r->kinks)
        rn__text_add(t, "    and %lld more\n", (long long)(r->kinks - shown));
}

/* "passed" alone must not be read where that says little. */
static void write_verdict(rn__text *t, const rn_gradcheck_report *r)
{
    if (r->checked == 0) {
        rn__text_add(t, "gradcheck: %s: nothing was compared\n",
                     r->passed ? "passed" : "FAILED");
        return;
    }
    rn__text_add(t,
                 "gradcheck: %s: %lld of %lld comparisons failed; largest relative error "
                 "%.3g, largest distance %.3g of the error bounds\n",
                 r->passed ? "passed" : "FAILED", (long long)r->failed,
                 (long long)r->checked, r->largest, r->excess);
    if (r->inconclusive && ((const whole *)r)->nonzero)
        rn__text_add(
            t, "  %lld of them are inconclusive: the error bounds exceed the gradients\n",
            (long long)r->inconclusive);
    if (!((const whole *)r)->nonzero)
        rn__text_add(t, "  all gradients that were compared are zero\n");
}

static void write_text(rn__text *t, const rn_gradcheck_report *r, const char *message)
{
    if (message)
        rn__text_add(t, "gradcheck: not made: %s\n", message);
    else
        write_verdict(t, r);
    if (r->culprit.text[0]) rn__text_add(t, "  %s\n", r->culprit.text);
    if (message) return;
    if (!r->passed)
        for (int i = 0; i < r->worst_count; i++)
            if (!r->worst[i].passed) write_entry(t, &r->worst[i]);
    if (r->checked) rn__text_add(t, "  the worst of each tensor:\n");
    write_tensors(t, r);
    write_kinks(t, r);
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
    report->text = text.at ? text.at : ((whole *)report)->no_memory;
    if (text.at) {
        write_text(&text, report, message);
    } else {
        report->status = RN_NO_MEMORY;
        report->passed = false;
    }
}
