/* SPDX-License-Identifier: MIT */
/* Where boxes lie: the contents of frames first, which makes them boxes of a size. */
#include "io/layout.h"

#include <math.h>

#include "io/page.h"

/* ---- ends of links ---- */

static double pin_place(const rn__layout *l, int32_t frame, int32_t pin)
{
    return RN__INSIDE + rn__item_at(l, pin)->x - rn__item_at(l, frame)->width / 2;
}

double rn__link_begin(const rn__layout *l, const rn__link *link)
{
    if (link->from_pin >= 0) return pin_place(l, link->from, link->from_pin);
    return link->label >= 0 ? rn__list_at(l->label, rn__label, link->label)->x : 0;
}

double rn__link_end(const rn__layout *l, const rn__link *link)
{
    return link->to_pin >= 0 ? pin_place(l, link->to, link->to_pin) : 0;
}

/* ---- sizes ---- */

/* Labels stand side by side under the box. */
static void measure(rn__layout *l, int32_t b)
{
    const rn__box *box = &l->figure->box[b];
    rn__item *item = rn__item_at(l, b);
    double labels = 0, at = 0;
    int lines = 0;

    item->width = 30;
    for (int i = 0; i < RN__BOX_LINES; i++) {
        if (!box->text[i]) continue;
        item->width = fmax(item->width, rn__text_width(box->text[i], 12) + 16);
        lines++;
    }
    item->box_height = item->height = 9 + RN__ROW * lines;
    for (int32_t i = item->label; i >= 0; i = rn__list_at(l->label, rn__label, i)->next)
        labels += rn__list_at(l->label, rn__label, i)->width;
    for (int32_t i = item->label; i >= 0; i = rn__list_at(l->label, rn__label, i)->next) {
        rn__label *label = rn__list_at(l->label, rn__label, i);
        label->x = at + label->width / 2 - labels / 2;
        at += label->width;
    }
    item->width = fmax(item->width, labels);
    if (item->label >= 0) item->height += RN__LABEL;
}

/* Of a frame, from its contents. */
static void measure_frame(rn__layout *l, int32_t b)
{
    const rn__inside *in = &l->inside[b + 1];
    rn__item *item = rn__item_at(l, b);

    item->width = fmax(in->width + 2 * RN__INSIDE + in->lanes * RN__LANE,
                       rn__text_width(l->figure->box[b].text[0], 12) + 20);
    item->box_height = item->height =
        RN__TITLE + in->height + 2 * (RN__INSIDE + in->lanes * RN__LANE);
}

/* ---- ranks ---- */

static bool at_top(const rn__layout *l, int32_t i)
{
    return rn__item_at(l, i)->kind == RN__ITEM_IN ||
           (i < l->figure->boxes && l->figure->box[i].kind == RN__BOX_IN);
}

static bool at_bottom(const rn__layout *l, int32_t i)
{
    const rn__item_kind kind = rn__item_at(l, i)->kind;

    return kind == RN__ITEM_OUT || kind == RN__ITEM_BACK ||
           (i < l->figure->boxes && l->figure->box[i].kind == RN__BOX_OUT);
}

/* What reads another item lies below it. */
static void push_down(rn__layout *l, int32_t frame, int32_t count)
{
    bool moved = true;

    for (int32_t pass = 0; moved && pass < count; pass++) {
        moved = false;
        for (int32_t i = l->inside[frame + 1].link; i >= 0; i = rn__link_at(l, i)->next) {
            const rn__link *link = rn__link_at(l, i);
            const int32_t rank = rn__item_at(l, link->from)->rank;
            rn__item *to = rn__item_at(l, link->to);
            to->links++;
            if (to->rank > rank) continue;
            to->rank = rank + 1;
            moved = true;
        }
    }
}

/* What reads nothing lies just above what reads it. */
static void pull_down(rn__layout *l, int32_t frame, const int32_t *item, int32_t count)
{
    for (int32_t k = 0; k < count; k++) {
        rn__item *one = rn__item_at(l, item[k]);
        int32_t least = INT32_MAX;
        if (one->links > 0 || at_top(l, item[k])) continue;
        for (int32_t i = l->inside[frame + 1].link; i >= 0; i = rn__link_at(l, i)->next)
            if (rn__link_at(l, i)->from == item[k] &&
                rn__item_at(l, rn__link_at(l, i)->to)->rank < least)
                least = rn__item_at(l, rn__link_at(l, i)->to)->rank;
        if (least < INT32_MAX) one->rank = least - 1;
    }
}

/* Returns the number of ranks. */
static int32_t choose_ranks(rn__layout *l, int32_t frame, const int32_t *item,
                            int32_t count)
{
    bool top = false, bottom = false;
    int32_t last = -1;

    for (int32_t k = 0; k < count; k++) top = top || at_top(l, item[k]);
    for (int32_t k = 0; k < count; k++) {
        rn__item_at(l, item[k])->rank = top && !at_top(l, item[k]);
        rn__item_at(l, item[k])->links = 0;
    }
    push_down(l, frame, count);
    pull_down(l, frame, item, count);
    for (int32_t k = 0; k < count; k++) {
        if (at_bottom(l, item[k]))
            bottom = true;
        else if (rn__item_at(l, item[k])->rank > last)
            last = rn__item_at(l, item[k])->rank;
    }
    if (bottom) last++;
    for (int32_t k = 0; k < count; k++)
        if (at_bottom(l, item[k])) rn__item_at(l, item[k])->rank = last;
    return last + 1;
}

/* The items of a frame; their number if `item` is NULL. */
static int32_t gather(const rn__layout *l, int32_t frame, int32_t *item)
{
    const rn__figure *f = l->figure;
    int32_t count = 0;

    for (int32_t b = frame < 0 ? 0 : f->box[frame].first; b >= 0 && b < f->boxes;
         b = frame < 0 ? b + 1 : f->box[b].next) {
        if (f->box[b].parent != frame) continue;
        if (item) item[count] = b;
        count++;
    }
    for (int32_t i = l->inside[frame + 1].pin; i >= 0; i = rn__item_at(l, i)->next) {
        if (item) item[count] = i;
        count++;
    }
    return count;
}

/* Sorts items by rank; `rank` becomes the first of each, and the end. */
static void sort_ranks(const rn__layout *l, const int32_t *item, int32_t count,
                       int32_t *sorted, int32_t *rank, int32_t ranks)
{
    for (int32_t k = 0; k < count; k++) rank[rn__item_at(l, item[k])->rank + 1]++;
    for (int32_t r = 0; r < ranks; r++) rank[r + 1] += rank[r];
    for (int32_t k = 0; k < count; k++)
        sorted[rank[rn__item_at(l, item[k])->rank]++] = item[k];
    for (int32_t r = ranks; r > 0; r--) rank[r] = rank[r - 1];
    rank[0] = 0;
}

static bool only_pins(const rn__layout *l, const int32_t *item, const int32_t *rank,
                      int32_t r)
{
    for (int32_t k = rank[r]; k < rank[r + 1]; k++)
        if (rn__item_at(l, item[k])->kind == RN__ITEM_BOX) return false;
    return true;
}

/* Places from top to bottom, and the size of the contents. */
static void stack_ranks(rn__layout *l, int32_t frame, const int32_t *item,
                        const int32_t *rank, int32_t ranks)
{
    rn__inside *in = &l->inside[frame + 1];
    double y = 0, left = HUGE_VAL, right = -HUGE_VAL, gap = 0;

    for (int32_t r = 0; r < ranks; r++) {
        double height = 0;
        if (r > 0) y += only_pins(l, item, rank, r) ? gap / 2 : gap;
        gap = only_pins(l, item, rank, r) ? RN__GAP / 2 : RN__GAP;
        for (int32_t k = rank[r]; k < rank[r + 1]; k++) {
            const rn__item *one = rn__item_at(l, item[k]);
            height = fmax(height, one->height);
            left = fmin(left, one->x - one->width / 2);
            right = fmax(right, one->x + one->width / 2);
        }
        for (int32_t k = rank[r]; k < rank[r + 1]; k++) {
            rn__item *one = rn__item_at(l, item[k]);
            one->top = y;
            one->bottom = y + height;
            one->y = y + (height - one->height) / 2;
            if (one->kind != RN__ITEM_BOX) one->y = y, one->height = height;
        }
        y += height;
    }
    for (int32_t k = 0; k < rank[ranks]; k++) rn__item_at(l, item[k])->x -= left;
    in->width = ranks ? right - left : 0;
    in->height = y;
}

static void arrange(rn__layout *l, int32_t frame)
{
    rn__figure *f = l->figure;
    int32_t count = gather(l, frame, NULL);
    int32_t *item = (int32_t *)rn__figure_new(f, (size_t)count, sizeof *item);

    if (!item) return;
    gather(l, frame, item);
    const int32_t ranks = choose_ranks(l, frame, item, count);
    rn__layout_passes(l, frame);
    count = gather(l, frame, NULL);
    item = (int32_t *)rn__figure_new(f, (size_t)count, 2 * sizeof *item);
    int32_t *rank = (int32_t *)rn__figure_new(f, (size_t)ranks + 2, sizeof *rank);
    if (f->failed) return;
    gather(l, frame, item);
    sort_ranks(l, item, count, item + count, rank, ranks);
    rn__layout_order(l, frame, item + count, rank, ranks);
    stack_ranks(l, frame, item + count, rank, ranks);
}

/* ---- the page ---- */

static void move(rn__item *item, const rn__inside *in)
{
    item->x += in->x;
    item->y += in->y;
    item->top += in->y;
    item->bottom += in->y;
}

/* From places in frames to places on the page. */
static void move_all(rn__layout *l)
{
    const rn__figure *f = l->figure;

    for (int32_t b = 0; b < f->boxes; b++) {
        rn__item *item = rn__item_at(l, b);
        rn__inside *in = &l->inside[b + 1];
        move(item, &l->inside[f->box[b].parent + 1]);
        in->x = item->x - item->width / 2 + RN__INSIDE;
        in->y = item->y + RN__TITLE + RN__INSIDE + in->lanes * RN__LANE;
    }
    for (int32_t i = f->boxes; i < l->item.count; i++)
        move(rn__item_at(l, i), &l->inside[rn__item_at(l, i)->frame + 1]);
}

void rn__layout_init(rn__layout *l, rn__figure *f)
{
    *l = (rn__layout){.figure = f};
    l->inside = (rn__inside *)rn__figure_new(f, (size_t)f->boxes + 1, sizeof *l->inside);
    for (int32_t b = -1; b < f->boxes && !f->failed; b++) {
        l->inside[b + 1].pin = l->inside[b + 1].link = -1;
        if (b >= 0) rn__layout_item(l, RN__ITEM_BOX, f->box[b].parent, -1);
    }
    if (!f->failed) rn__layout_lines(l);
    for (int32_t b = 0; b < f->boxes && !f->failed; b++) measure(l, b);
    for (int32_t b = f->boxes - 1; b >= -1 && !f->failed; b--) {
        if (b >= 0 && !f->box[b].open) continue;
        arrange(l, b);
        if (b >= 0 && !f->failed) measure_frame(l, b);
    }
    if (f->failed) return;
    l->inside[0].x = RN__MARGIN;
    l->inside[0].y = RN__HEAD;
    move_all(l);
}
