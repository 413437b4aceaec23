/* SPDX-License-Identifier: MIT */
/* Lines of a figure, cut where they enter or leave frames and where they pass ranks. */
#include "io/layout.h"
#include "io/page.h"

int32_t rn__layout_item(rn__layout *l, rn__item_kind kind, int32_t frame, int32_t value)
{
    const int32_t number = l->item.count;
    rn__item *item = (rn__item *)rn__figure_add(l->figure, &l->item, sizeof *item);

    if (!item) return 0;
    item->kind = kind;
    item->frame = frame;
    item->value = value;
    item->next = item->label = -1;
    item->width = 2;
    if (kind == RN__ITEM_BOX) return number;
    item->next = l->inside[frame + 1].pin;
    l->inside[frame + 1].pin = number;
    return number;
}

/* The pin of this kind and value in a frame: as it was, or a new one. */
static int32_t pin(rn__layout *l, rn__item_kind kind, int32_t frame, int32_t value)
{
    for (int32_t i = l->inside[frame + 1].pin; i >= 0; i = rn__item_at(l, i)->next)
        if (rn__item_at(l, i)->kind == kind && rn__item_at(l, i)->value == value) return i;
    return rn__layout_item(l, kind, frame, value);
}

void rn__layout_link(rn__layout *l, rn__link link)
{
    const rn__link *other;
    const bool pins = !link.done && (link.to_pin >= 0 || link.from >= l->figure->boxes ||
                                     link.to >= l->figure->boxes);

    /* Several lines may enter or leave a frame together. */
    for (int32_t i = pins ? l->inside[link.frame + 1].link : -1; i >= 0; i = other->next) {
        other = rn__link_at(l, i);
        if (!other->done && other->from == link.from && other->from_pin == link.from_pin &&
            other->value == link.value && other->to == link.to &&
            other->to_pin == link.to_pin)
            return;
    }
    rn__link *added = (rn__link *)rn__figure_add(l->figure, &l->link, sizeof *added);
    if (!added) return;
    *added = link;
    added->next = l->inside[link.frame + 1].link;
    l->inside[link.frame + 1].link = l->link.count - 1;
}

/* The label of a value under its box: as it was, or a new one. */
static int32_t label(rn__layout *l, int32_t box, int32_t value)
{
    char text[160];
    const int32_t first = rn__item_at(l, box)->label;

    for (int32_t i = first; i >= 0; i = rn__list_at(l->label, rn__label, i)->next)
        if (rn__list_at(l->label, rn__label, i)->value == value) return i;
    rn__label *added = (rn__label *)rn__figure_add(l->figure, &l->label, sizeof *added);
    if (!added) return -1;
    rn__figure_type(l->figure, value, text, sizeof text);
    *added = (rn__label){value, first, 0, rn__text_width(text, 10) + 6};
    return rn__item_at(l, box)->label = l->label.count - 1;
}

/* ---- frames ---- */

static bool within(const rn__figure *f, int32_t box, int32_t frame)
{
    while (box >= 0 && box != frame) box = f->box[box].parent;
    return box == frame;
}

/* An end of a line, on its way out of the frames. */
typedef struct end {
    int32_t item, pin, label;
} end;

/* From a box to the frame `to` that holds it: the item there. */
static end leave(rn__layout *l, const rn__figure_line *line, int32_t to)
{
    const rn__figure *f = l->figure;
    end e = {line->from, -1, label(l, line->from, line->value)};

    for (int32_t x; (x = f->box[e.item].parent) != to; e.item = x) {
        if (e.item == line->from && f->box[e.item].kind == RN__BOX_OUT) {
            e.pin = e.item;
            e.label = -1;
            continue;
        }
        const int32_t out = pin(l, RN__ITEM_OUT, x, line->value);
        rn__layout_link(
            l, (rn__link){x, line->value, e.item, e.pin, e.label, out, -1, -1, false});
        e = (end){e.item, out, -1};
    }
    return e;
}

static end enter(rn__layout *l, const rn__figure_line *line, int32_t from)
{
    const rn__figure *f = l->figure;
    end e = {line->to, -1, -1};

    for (int32_t x; (x = f->box[e.item].parent) != from; e.item = x) {
        if (e.item == line->to && f->box[e.item].kind == RN__BOX_IN) {
            e.pin = e.item;
            continue;
        }
        const int32_t in = pin(l, RN__ITEM_IN, x, line->value);
        rn__layout_link(l,
                        (rn__link){x, line->value, in, -1, -1, e.item, e.pin, -1, false});
        e.pin = in;
    }
    return e;
}

void rn__layout_lines(rn__layout *l)
{
    const rn__figure *f = l->figure;

    for (int i = 0; i < f->line.count && !f->failed; i++) {
        const rn__figure_line line = *rn__list_at(f->line, rn__figure_line, i);
        int32_t common = line.from < 0 ? -1 : f->box[line.from].parent;
        if (line.from < 0) continue;
        while (!within(f, line.to, common)) common = f->box[common].parent;
        const end from = leave(l, &line, common);
        end to = {-1, -1, -1};
        if (line.back) {
            to.item = pin(l, RN__ITEM_BACK, common, line.value);
            rn__return *r = (rn__return *)rn__figure_add(l->figure, &l->back, sizeof *r);
            if (r) *r = (rn__return){to.item, line.to, l->inside[common + 1].lanes++};
        } else {
            to = enter(l, &line, common);
        }
        rn__layout_link(l, (rn__link){common, line.value, from.item, from.pin, from.label,
                                      to.item, to.pin, -1, false});
    }
}

/* ---- ranks ---- */

/* Sends all links of one value and origin past the ranks between, on one way. `chain`: the
 * next link with the same origin. */
static void pass(rn__layout *l, int32_t first, const int32_t *chain)
{
    const rn__link start = *rn__link_at(l, first);
    rn__link way = start;
    int32_t rank = rn__item_at(l, start.from)->rank;
    bool more = true;

    for (; more && !l->figure->failed; rank++) {
        more = false;
        for (int32_t i = first; i >= 0; i = chain[i]) {
            rn__link *other = rn__link_at(l, i);
            if (other->done || other->value != start.value ||
                other->from_pin != start.from_pin)
                continue;
            const int32_t to = rn__item_at(l, other->to)->rank;
            more = more || to > rank + 1;
            if (to != rank + 1) continue;
            other->from = way.from;
            other->from_pin = way.from_pin;
            other->label = way.label;
            other->done = true;
        }
        if (!more) break;
        const int32_t item = rn__layout_item(l, RN__ITEM_PASS, start.frame, start.value);
        rn__item_at(l, item)->rank = rank + 1;
        rn__layout_link(l, (rn__link){start.frame, start.value, way.from, way.from_pin,
                                      way.label, item, -1, -1, true});
        way = (rn__link){.from = item, .from_pin = -1, .label = -1};
    }
}

void rn__layout_passes(rn__layout *l, int32_t frame)
{
    rn__figure *f = l->figure;
    const int32_t first = l->inside[frame + 1].link, items = l->item.count;
    int32_t *chain = (int32_t *)rn__figure_new(f, (size_t)l->link.count, sizeof *chain);
    int32_t *head = (int32_t *)rn__figure_new(f, (size_t)items, sizeof *head);

    if (f->failed) return;
    for (int32_t i = 0; i < items; i++) head[i] = -1;
    for (int32_t i = first; i >= 0; i = rn__link_at(l, i)->next) {
        chain[i] = head[rn__link_at(l, i)->from];
        head[rn__link_at(l, i)->from] = i;
    }
    for (int32_t k = 0; k < items; k++)
        for (int32_t i = head[k]; i >= 0 && !f->failed; i = chain[i])
            if (!rn__link_at(l, i)->done) pass(l, i, chain);
}
