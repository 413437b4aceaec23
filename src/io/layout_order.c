/* SPDX-License-Identifier: MIT */
/*
 * The order of items in each rank, and where they lie from left to right.
 *
 * Sweeps go down and up: an item moves towards the mean place of its neighbours in the rank
 * before (barycentres). In the first sweeps items may change places; in all, a rank lies
 * where the sum of squared distances to these means is least, with its items apart.
 */
#include "io/layout.h"

enum { SWEEPS = 16, ORDERED = 10 };

static double wanted(const rn__item *item)
{
    return item->links ? item->sum / item->links : item->x;
}

/* How far apart the middles of two neighbours lie at least. */
static double apart(const rn__item *a, const rn__item *b)
{
    const bool lines = a->kind == RN__ITEM_PASS && b->kind == RN__ITEM_PASS;

    return (a->width + b->width) / 2 + (lines ? 10 : RN__APART);
}

static void sort(rn__layout *l, int32_t *item, int32_t count)
{
    for (int32_t i = 1; i < count; i++) {
        const int32_t moved = item[i];
        const double key = wanted(rn__item_at(l, moved));
        int32_t at = i;
        for (; at > 0 && wanted(rn__item_at(l, item[at - 1])) > key; at--)
            item[at] = item[at - 1];
        item[at] = moved;
    }
}

/* A run of items without room between them: where it wants to begin. */
typedef struct run {
    double sum, weight;
    int32_t count;
} run;

static double weight_of(const rn__item *item)
{
    return item->kind == RN__ITEM_BOX ? 1 : 3;
}

/* Least squares under the order: runs that want to overlap become one. */
static void settle(rn__layout *l, const int32_t *item, int32_t count, run *runs)
{
    int32_t used = 0, at = 0;
    double offset = 0;

    for (int32_t i = 0; i < count; i++) {
        const rn__item *one = rn__item_at(l, item[i]);
        if (i > 0) offset += apart(rn__item_at(l, item[i - 1]), one);
        const double weight = weight_of(one);
        runs[used++] = (run){weight * (wanted(one) - offset), weight, 1};
        while (used > 1 && runs[used - 2].sum * runs[used - 1].weight >
                               runs[used - 1].sum * runs[used - 2].weight) {
            runs[used - 2].sum += runs[used - 1].sum;
            runs[used - 2].weight += runs[used - 1].weight;
            runs[used - 2].count += runs[used - 1].count;
            used--;
        }
    }
    offset = 0;
    for (int32_t r = 0; r < used; r++)
        for (int32_t i = 0; i < runs[r].count; i++, at++) {
            rn__item *one = rn__item_at(l, item[at]);
            if (at > 0) offset += apart(rn__item_at(l, item[at - 1]), one);
            one->x = runs[r].sum / runs[r].weight + offset;
        }
}

/* The links of a frame in order of the ranks where they begin; `first` becomes the first of
 * each rank, and the end. NULL if out of memory. */
static int32_t *sort_links(rn__layout *l, int32_t frame, int32_t ranks, int32_t *first)
{
    const int32_t begin = l->inside[frame + 1].link;
    int32_t *link =
        (int32_t *)rn__figure_new(l->figure, (size_t)l->link.count, sizeof *link);

    if (!link || !first) return NULL;
    for (int32_t i = begin; i >= 0; i = rn__link_at(l, i)->next)
        first[rn__item_at(l, rn__link_at(l, i)->from)->rank + 1]++;
    for (int32_t r = 0; r < ranks; r++) first[r + 1] += first[r];
    for (int32_t i = begin; i >= 0; i = rn__link_at(l, i)->next)
        link[first[rn__item_at(l, rn__link_at(l, i)->from)->rank]++] = i;
    for (int32_t r = ranks; r > 0; r--) first[r] = first[r - 1];
    first[0] = 0;
    return link;
}

/* Sums up the places of the neighbours in the rank above (down) or below. */
static void look(rn__layout *l, const int32_t *number, int32_t count, bool down)
{
    for (int32_t i = 0; i < count; i++) {
        const rn__link *link = rn__link_at(l, number[i]);
        rn__item *from = rn__item_at(l, link->from), *to = rn__item_at(l, link->to);
        const double begin = rn__link_begin(l, link), end = rn__link_end(l, link);
        rn__item *moving = down ? to : from;
        moving->sum += down ? from->x + begin - end : to->x + end - begin;
        moving->links++;
    }
}

void rn__layout_order(rn__layout *l, int32_t frame, int32_t *item, const int32_t *rank,
                      int32_t ranks)
{
    run *runs = (run *)rn__figure_new(l->figure, (size_t)rank[ranks], sizeof *runs);
    int32_t *first = (int32_t *)rn__figure_new(l->figure, (size_t)ranks + 2, sizeof *first);
    const int32_t *link = sort_links(l, frame, ranks, first);

    for (int sweep = 0; runs && link && sweep < SWEEPS; sweep++) {
        const bool down = sweep % 2 == 0;
        for (int32_t k = 0; k < ranks; k++) {
            const int32_t r = down ? k : ranks - 1 - k, from = down ? r - 1 : r;
            int32_t *own = item + rank[r];
            const int32_t count = rank[r + 1] - rank[r];
            for (int32_t i = 0; i < count; i++)
                rn__item_at(l, own[i])->sum = rn__item_at(l, own[i])->links = 0;
            if (from >= 0) look(l, link + first[from], first[from + 1] - first[from], down);
            if (sweep > 0 && sweep < ORDERED) sort(l, own, count);
            settle(l, own, count, runs);
        }
    }
}
