/* SPDX-License-Identifier: MIT */
/*
 * Where the boxes and lines of a figure lie: ranks from top to bottom.
 *
 *   layout.c         the page and every frame, from the inside outwards
 *   layout_links.c   lines cut into links, each within one frame and between two ranks
 *   layout_order.c   the order in a rank, and places from left to right
 *
 * A line that enters or leaves a frame does so at a pin: an item of the frame in its first
 * or last rank. A line over several ranks passes through an item of its own in each.
 */
#ifndef RN_IO_LAYOUT_H
#define RN_IO_LAYOUT_H

#include "io/figure.h"

enum {
    RN__ROW = 15,    /* height of a line of text */
    RN__LABEL = 16,  /* height of the label under a box, with the line to it */
    RN__GAP = 30,    /* between ranks */
    RN__APART = 18,  /* between boxes of a rank */
    RN__INSIDE = 14, /* between a frame and what is in it */
    RN__TITLE = 24,  /* height of a frame's title */
    RN__LANE = 9,    /* between lines to the next step */
    RN__MARGIN = 20, /* of the page */
    RN__HEAD = 44    /* height of its title */
};

typedef enum rn__item_kind {
    RN__ITEM_BOX, /* item i is box i */
    RN__ITEM_IN,  /* pins for a value that enters or leaves, or passes to the next step */
    RN__ITEM_OUT,
    RN__ITEM_BACK,
    RN__ITEM_PASS /* a line passes a rank */
} rn__item_kind;

typedef struct rn__item {
    rn__item_kind kind;
    int32_t frame;       /* the box around it; -1: the page */
    int32_t value;       /* of a pin */
    int32_t next;        /* pin of the same frame */
    int32_t label;       /* the first of a box; -1: none */
    int32_t rank, links; /* links: to the rank before */
    double x, y;         /* of its middle, and of its top; in its frame, then on the page */
    double width, height; /* with labels */
    double box_height;    /* without */
    double top, bottom;   /* of its rank */
    double sum;           /* of the places of its neighbours */
} rn__item;

/* The label of a value under its box, at `x` from the box's middle. */
typedef struct rn__label {
    int32_t value, next;
    double x, width;
} rn__label;

/* A line, or a part of it, between two items of a frame. Pins are in the items' frames; -1:
 * the item itself. */
typedef struct rn__link {
    int32_t frame, value, from, from_pin, label, to, to_pin;
    int32_t next; /* link of the same frame */
    bool done;    /* cut into others */
} rn__link;

/* A dashed line from a RN__ITEM_BACK to the box of a carry. */
typedef struct rn__return {
    int32_t from, to;
    int lane;
} rn__return;

/* The contents of a frame, number 1 + its box; 0: the page. */
typedef struct rn__inside {
    int32_t pin, link; /* the first of each; -1: none */
    int lanes;
    double width, height;
    double x, y; /* of its corner on the page */
} rn__inside;

typedef struct rn__layout {
    rn__figure *figure;
    rn__list item, label, link, back; /* rn__item, rn__label, rn__link, rn__return */
    rn__inside *inside;
} rn__layout;

#define rn__item_at(l, i) rn__list_at((l)->item, rn__item, i)
#define rn__link_at(l, i) rn__list_at((l)->link, rn__link, i)

/* In the figure's memory, which has failed if out of it. */
void rn__layout_init(rn__layout *layout, rn__figure *figure);

/* ---- shared by layout*.c ---- */

/* Where a link begins and ends, from the middle of its item, while the layout is made. */
double rn__link_begin(const rn__layout *layout, const rn__link *link);
double rn__link_end(const rn__layout *layout, const rn__link *link);

int32_t rn__layout_item(rn__layout *layout, rn__item_kind kind, int32_t frame,
                        int32_t value);
void rn__layout_link(rn__layout *layout, rn__link link);

/* Cuts the figure's lines where they cross frames; and, once there are ranks, links of a
 * frame where they pass one. */
void rn__layout_lines(rn__layout *layout);
void rn__layout_passes(rn__layout *layout, int32_t frame);

/* Sets x of the items of a frame, `item` in order of their ranks; `rank`: the first of
 * each, and the end. */
void rn__layout_order(rn__layout *layout, int32_t frame, int32_t *item, const int32_t *rank,
                      int32_t ranks);

#endif
