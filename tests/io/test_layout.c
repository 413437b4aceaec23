/* SPDX-License-Identifier: MIT */
/* The layout of graphs: boxes are apart and within their frames, lines run downwards and
 * past other boxes. */
#include "graphs.h"

#include <math.h>

#include "io/layout.h"

static double left(const rn__item *i)
{
    return i->x - i->width / 2;
}

static double right(const rn__item *i)
{
    return i->x + i->width / 2;
}

static void within(const rn__item *inner, const rn__item *outer)
{
    cr_assert(left(inner) > left(outer) && right(inner) < right(outer));
    cr_assert(inner->y > outer->y + 10);
    cr_assert(inner->y + inner->height < outer->y + outer->height);
}

static void apart(const rn__item *a, const rn__item *b)
{
    cr_assert(right(a) < left(b) || right(b) < left(a) || a->y + a->height < b->y ||
                  b->y + b->height < a->y,
              "two boxes overlap");
}

static void check_boxes(const rn__layout *l)
{
    const rn__figure *f = l->figure;

    for (int32_t b = 0; b < f->boxes; b++) {
        const rn__item *item = rn__item_at(l, b);
        cr_assert(isfinite(item->x) && isfinite(item->y) && item->y >= RN__HEAD);
        if (f->box[b].parent >= 0) within(item, rn__item_at(l, f->box[b].parent));
        for (int32_t c = 0; c < b; c++)
            if (f->box[c].parent == f->box[b].parent) apart(item, rn__item_at(l, c));
    }
}

/* A link leaves below its box and ends above the next, one rank below. Where a line passes
 * a rank, no box is in its way. */
static void check_links(const rn__layout *l)
{
    for (int i = 0; i < l->link.count; i++) {
        const rn__link *link = rn__link_at(l, i);
        const rn__item *from = rn__item_at(l, link->from), *to = rn__item_at(l, link->to);
        cr_assert(link->done && from->frame == to->frame && from->frame == link->frame);
        cr_assert_eq(to->rank, from->rank + 1);
        cr_assert(from->bottom < to->top);
        if (link->from_pin >= 0)
            cr_assert_eq(rn__item_at(l, link->from_pin)->frame, link->from);
        if (link->to_pin >= 0) cr_assert_eq(rn__item_at(l, link->to_pin)->frame, link->to);
    }
    for (int32_t i = l->figure->boxes; i < l->item.count; i++)
        for (int32_t b = 0; b < l->figure->boxes; b++) {
            const rn__item *line = rn__item_at(l, i), *box = rn__item_at(l, b);
            if (box->frame != line->frame || box->rank != line->rank) continue;
            cr_assert(line->x < left(box) || line->x > right(box), "through a box");
        }
}

/* Every line of the figure arrives: the links of its value lead from box to box. */
static bool leads(const rn__layout *l, int32_t value, int32_t from, int32_t to)
{
    for (int i = 0; i < l->link.count; i++) {
        const rn__link *link = rn__link_at(l, i);
        const int32_t end = link->to_pin >= 0 ? link->to_pin : link->to;
        if (link->value != value ||
            (link->from_pin >= 0 ? link->from_pin : link->from) != from)
            continue;
        if (end == to || leads(l, value, end, to)) return true;
    }
    return false;
}

static void check_lines(const rn__layout *l)
{
    const rn__figure *f = l->figure;

    for (int i = 0; i < f->line.count; i++) {
        const rn__figure_line *line = rn__list_at(f->line, rn__figure_line, i);
        int32_t to = line->to;
        if (line->from < 0) continue;
        for (int k = 0; line->back && k < l->back.count; k++) {
            const rn__return *r = rn__list_at(l->back, rn__return, k);
            if (r->to == line->to && rn__item_at(l, r->from)->value == line->value)
                to = r->from;
        }
        cr_assert(leads(l, line->value, line->from, to));
    }
}

static void check(const rn_graph *graph, rn_graph_options o)
{
    rn__figure f;
    rn__layout l;

    cr_assert(rn__figure_init(&f, graph, &o));
    rn__layout_init(&l, &f);
    cr_assert(!f.failed);
    check_boxes(&l);
    check_links(&l);
    check_lines(&l);
    rn__figure_finish(&f);
}

static void check_details(const rn_graph *graph)
{
    for (int detail = 0; detail <= RN_DETAIL_NODES; detail++)
        check(graph, (rn_graph_options){.detail = (rn_detail)detail});
}

Test(layout, classifier)
{
    rn_test_world w = rn_test_begin();

    rn_test_classifier(w.graph, w.model, true);
    check_details(w.graph);
    rn_test_end(&w);
}

Test(layout, nested_loops)
{
    rn_test_world w = rn_test_begin();

    rn_test_nested(w.graph);
    check_details(w.graph);
    rn_test_end(&w);
}

/* Skip connections, dropout, states that stay, CTC, which is a loop in a function. */
Test(layout, layers)
{
    rn_test_world w = rn_test_begin();
    const rn_shape sequence = {3, {6, 2, 4}}, targets = {2, {2, 3}};
    rn_tensor x = rn_input(w.graph, "x", RN_F64, sequence);
    rn_tensor y = rn_input(w.graph, "y", RN_I32, targets);

    x = rn_gru(w.root, "a", rn_dropout(w.root, "drop", x, 0.5),
               (rn_recurrent_options){.units = 4,
                                      .layers = 3,
                                      .connect = RN_CONNECT_RESIDUAL,
                                      .dropout = 0.1,
                                      .stateful = true})
            .outputs;
    x = rn_layer_norm(w.root, "norm", rn_add(x, rn_tanh(x)));
    rn_ctc(rn_linear(w.root, "out", x, 5), y, rn_null(), rn_null(),
           (rn_ctc_options){.blank = 0});
    cr_assert_str_eq(rn_graph_error(w.graph), "");
    check_details(w.graph);
    rn_test_end(&w);
}

/* A ladder of many values that pass many ranks. */
Test(layout, many)
{
    enum { RUNGS = 60 };
    rn_test_world w = rn_test_begin();
    rn_tensor x[RUNGS], sum;

    for (int i = 0; i < RUNGS; i++) x[i] = rn_input(w.graph, "x", RN_F64, (rn_shape){0});
    for (int i = 0; i < RUNGS; i++) x[i] = rn_tanh(x[i]);
    sum = x[0];
    for (int i = 1; i < RUNGS; i++) sum = rn_add(rn_mul(sum, x[(7 * i) % RUNGS]), x[0]);
    check(w.graph, (rn_graph_options){.title = "ladder"});
    rn_test_end(&w);
}
