/* SPDX-License-Identifier: MIT */
/* A graph as an SVG image. */
#include <math.h>

#include "io/layout.h"
#include "io/page.h"

/* ---- lines ---- */

static void put_arrow(rn__page *p, double x, double y)
{
    rn__page_put(p, "<path fill=\"#777777\" d=\"M%f %fh7l-3.5 6.5z\"/>\n", x - 3.5,
                 y - 6.5);
}

static void draw_link(rn__page *p, const rn__layout *l, const rn__link *link)
{
    const rn__item *from = rn__item_at(l, link->from), *to = rn__item_at(l, link->to);
    const rn__item *begin = link->from_pin >= 0 ? rn__item_at(l, link->from_pin) : from;
    const rn__item *end = link->to_pin >= 0 ? rn__item_at(l, link->to_pin) : to;
    const double shift =
        link->label >= 0 ? rn__list_at(l->label, rn__label, link->label)->x : 0;
    const double x = begin->x + shift, middle = (from->bottom + to->top) / 2;

    rn__page_put(p, "<path d=\"M%f %fV%fC%f %f %f %f %f %fV%f\"/>\n", x,
                 begin->kind == RN__ITEM_BOX ? begin->y + begin->height : begin->y,
                 from->bottom, x, middle, end->x, middle, end->x, to->top, end->y);
}

/* Down, along the frame's right side, up, and into the carry from above. */
static void draw_return(rn__page *p, const rn__layout *l, const rn__return *r)
{
    const rn__item *from = rn__item_at(l, r->from), *to = rn__item_at(l, r->to);
    const rn__item *frame = rn__item_at(l, from->frame);
    const double lane = (r->lane + 0.5) * RN__LANE;
    const double right = frame->x + frame->width / 2 - RN__INSIDE / 2 - lane;
    const double x = to->x + to->width / 2 - 9;

    rn__page_put(p, "<path stroke-dasharray=\"5 3\" d=\"M%f %fV%fH%fV%fH%fV%f\"/>\n",
                 from->x, from->y, frame->y + frame->height - RN__INSIDE / 2 - lane, right,
                 frame->y + RN__TITLE + lane, x, to->y);
}

static void draw_lines(rn__page *p, const rn__layout *l)
{
    rn__page_put(p, "<g fill=\"none\" stroke=\"#777777\" stroke-linejoin=\"round\">\n");
    for (int i = 0; i < l->link.count; i++) draw_link(p, l, rn__link_at(l, i));
    for (int i = 0; i < l->back.count; i++)
        draw_return(p, l, rn__list_at(l->back, rn__return, i));
    rn__page_put(p, "</g>\n");
    for (int i = 0; i < l->link.count; i++) {
        const rn__link *link = rn__link_at(l, i);
        const rn__item *end = rn__item_at(l, link->to_pin >= 0 ? link->to_pin : link->to);
        if (end->kind == RN__ITEM_BOX) put_arrow(p, end->x, end->y);
    }
    for (int i = 0; i < l->back.count; i++) {
        const rn__item *to = rn__item_at(l, rn__list_at(l->back, rn__return, i)->to);
        put_arrow(p, to->x + to->width / 2 - 9, to->y);
    }
}

/* ---- boxes ---- */

static void draw_rectangle(rn__page *p, const rn__item *item, const char *fill)
{
    rn__page_put(p,
                 "<rect x=\"%f\" y=\"%f\" width=\"%f\" height=\"%f\" rx=\"6\" fill=\"%s\" "
                 "stroke=\"#8899aa\"/>\n",
                 item->x - item->width / 2, item->y, item->width, item->box_height, fill);
}

/* The values that a closed loop carries: an arrow from its right side back to it. */
static void draw_carries(rn__page *p, const rn__item *item)
{
    const double x = item->x + item->width / 2, y = item->y + item->box_height / 2;

    rn__page_put(p,
                 "<path fill=\"none\" stroke=\"#777777\" stroke-dasharray=\"4 2\" "
                 "d=\"M%f %fc14 0 14 -14 3 -14\"/>\n"
                 "<path fill=\"#777777\" d=\"M%f %fv7l-6 -3.5z\"/>\n",
                 x, y + 7, x + 6, y - 10.5);
}

static void draw_box(rn__page *p, const rn__layout *l, int32_t b)
{
    const rn__box *box = &l->figure->box[b];
    const rn__item *item = rn__item_at(l, b);
    double y = item->y + 4;
    char text[160];

    draw_rectangle(p, item, rn__figure_fill(box));
    for (int i = 0; i < RN__BOX_LINES; i++)
        if (box->text[i])
            rn__page_put(p, "<text x=\"%f\" y=\"%f\" text-anchor=\"middle\">%s</text>\n",
                         item->x, (y += RN__ROW) - 3, box->text[i]);
    for (int32_t i = item->label; i >= 0;) {
        const rn__label *label = rn__list_at(l->label, rn__label, i);
        rn__page_put(p,
                     "<text x=\"%f\" y=\"%f\" text-anchor=\"middle\" font-size=\"10\" "
                     "fill=\"#666666\">%s</text>\n",
                     item->x + label->x, item->y + item->box_height + 12,
                     rn__figure_type(l->figure, label->value, text, sizeof text));
        i = label->next;
    }
    if (box->carries) draw_carries(p, item);
}

/* Over the lines that enter the frame, on a ground of its own. */
static void draw_title(rn__page *p, const rn__layout *l, int32_t b)
{
    const rn__box *box = &l->figure->box[b];
    const rn__item *item = rn__item_at(l, b);
    const double x = item->x - item->width / 2;

    rn__page_put(
        p,
        "<rect x=\"%f\" y=\"%f\" width=\"%f\" height=\"16\" fill=\"%s\"/>\n"
        "<text x=\"%f\" y=\"%f\" font-weight=\"bold\" fill=\"#445566\">%s</text>\n",
        x + 6, item->y + 4, fmin(rn__text_width(box->text[0], 12) + 8, item->width - 12),
        rn__figure_fill(box), x + 10, item->y + 16, box->text[0]);
}

static void draw(rn__page *p, rn__layout *l)
{
    const rn__figure *f = l->figure;
    rn__inside *in = &l->inside[0];

    rn__page_begin(p,
                   fmax(in->width, rn__text_width(f->options->title, 16)) + 2 * RN__MARGIN,
                   in->height + RN__HEAD + RN__MARGIN);
    rn__page_put(p, "<text x=\"%d\" y=\"28\" font-size=\"16\">%s</text>\n", RN__MARGIN,
                 f->options->title);
    for (int32_t b = 0; b < f->boxes; b++)
        if (f->box[b].open)
            draw_rectangle(p, rn__item_at(l, b), rn__figure_fill(&f->box[b]));
    draw_lines(p, l);
    for (int32_t b = 0; b < f->boxes; b++) {
        if (f->box[b].open)
            draw_title(p, l, b);
        else
            draw_box(p, l, b);
    }
    rn__page_put(p, "</svg>\n");
}

rn_status rn_graph_svg(const rn_graph *graph, const char *path, rn_graph_options options)
{
    rn__figure f;
    rn__layout l;

    if (!rn__figure_valid(graph, path, &options)) return RN_INVALID;
    rn__page page = {.allocator = graph->root->allocator};
    if (rn__figure_init(&f, graph, &options)) rn__layout_init(&l, &f);
    if (!f.failed) draw(&page, &l);
    page.failed = page.failed || f.failed;
    rn__figure_finish(&f);
    return rn__page_finish(&page, path);
}
