/* SPDX-License-Identifier: MIT */
/*
 * Curves as an SVG image: panels one below the other, with a title, axes with round ticks,
 * a grid, bands and legends.
 */
#include "io/plot.h"

#include <math.h>

#include "rondo/pictures.h"

typedef struct range {
    double low, high;
} range;

static const range nothing = {HUGE_VAL, -HUGE_VAL};

static void widen(range *r, double value)
{
    if (value < r->low) r->low = value;
    if (value > r->high) r->high = value;
}

/* Adds the points of `count` values y at x to the ranges. */
static void cover(range *x, bool log_x, range *y, bool log_y, const double *xs,
                  const double *ys, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (!rn__plot_usable(xs[i], log_x, ys[i], log_y)) continue;
        widen(x, xs[i]);
        widen(y, ys[i]);
    }
}

static void cover_panel(const rn_panel *p, bool log_x, range *x, range *y)
{
    for (int i = 0; i < p->curve_count; i++)
        cover(x, log_x, y, p->log_y, p->curves[i].x, p->curves[i].y, p->curves[i].points);
    for (int i = 0; i < p->band_count; i++) {
        const rn_band *b = &p->bands[i];
        cover(x, log_x, y, p->log_y, b->x, b->low, b->points);
        cover(x, log_x, y, p->log_y, b->x, b->high, b->points);
    }
}

/* A range that overflows f64 is drawn in part. */
static rn__axis axis_over(range r, bool logarithmic, int ticks)
{
    if (r.low > r.high) r = (range){logarithmic ? 1 : 0, logarithmic ? 10 : 1};
    if (logarithmic) return rn__axis_log(r.low, r.high, ticks);
    return rn__axis_over(fmax(r.low, -1e300), fmin(r.high, 1e300), ticks);
}

/* ---- parts of a panel ---- */

static void draw_grid(const rn__plot *v, bool last)
{
    const double bottom = v->top + v->height;
    char label[80];

    for (int64_t i = v->x.first; i <= v->x.last; i++) {
        const double x = RN__PLOT_LEFT + rn__axis_tick(&v->x, i) * RN__PLOT_INNER;
        rn__page_put(v->page, "<path stroke=\"#dddddd\" d=\"M%f %fV%f\"/>\n", x, v->top,
                     bottom);
        rn__axis_label(&v->x, i, label, sizeof label);
        if (last)
            rn__page_put(v->page,
                         "<text x=\"%f\" y=\"%f\" text-anchor=\"middle\">%s</text>\n", x,
                         bottom + 18, label);
    }
    for (int64_t i = v->y.first; i <= v->y.last; i++) {
        const double y = bottom - rn__axis_tick(&v->y, i) * v->height;
        rn__axis_label(&v->y, i, label, sizeof label);
        rn__page_put(v->page,
                     "<path stroke=\"#dddddd\" d=\"M%d %fH%d\"/>\n"
                     "<text x=\"%d\" y=\"%f\" text-anchor=\"end\">%s</text>\n",
                     RN__PLOT_LEFT, y, RN__PLOT_LEFT + RN__PLOT_INNER, RN__PLOT_LEFT - 8,
                     y + 4, label);
    }
}

/* A single point is a dot, because lines have round ends. */
static void draw_curve(const rn__plot *v, const rn_curve *c, const char *colour)
{
    bool open = false;

    rn__page_put(v->page,
                 "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\" "
                 "stroke-linejoin=\"round\" stroke-linecap=\"round\" d=\"",
                 colour);
    for (int64_t i = 0; i < c->points; i++) {
        const bool good =
            rn__plot_usable(c->x[i], v->x.logarithmic, c->y[i], v->y.logarithmic);
        if (good) {
            rn__page_put(v->page, open ? "L" : "M");
            rn__page_put(v->page, "%f %f", rn__plot_x(v, c->x[i]), rn__plot_y(v, c->y[i]));
            if (!open) rn__page_put(v->page, "h0");
        }
        open = good;
    }
    rn__page_put(v->page, "\"/>\n");
}

static bool band_at(const rn__plot *v, const rn_band *b, int64_t i)
{
    return rn__plot_usable(b->x[i], v->x.logarithmic, b->low[i], v->y.logarithmic) &&
           rn__plot_fits(b->high[i], v->y.logarithmic);
}

/* Forward along the upper edge of each part without gaps, and back along the lower one. */
static void draw_band(const rn__plot *v, const rn_band *b)
{
    rn__page_put(v->page, "<path fill=\"%s\" fill-opacity=\"0.18\" d=\"",
                 rn__plot_colour(b->curve));
    for (int64_t from = 0, to; from < b->points; from = to + 1) {
        for (to = from; to < b->points && band_at(v, b, to); to++)
            rn__page_put(v->page, to == from ? "M%f %f" : "L%f %f", rn__plot_x(v, b->x[to]),
                         rn__plot_y(v, b->high[to]));
        for (int64_t i = to - 1; i >= from; i--)
            rn__page_put(v->page, "L%f %f", rn__plot_x(v, b->x[i]),
                         rn__plot_y(v, b->low[i]));
        if (to > from) rn__page_put(v->page, "z");
    }
    rn__page_put(v->page, "\"/>\n");
}

static void draw_frame(const rn__plot *v)
{
    const double middle = v->top + v->height / 2;

    rn__page_put(v->page,
                 "<rect x=\"%d\" y=\"%f\" width=\"%d\" height=\"%f\" fill=\"none\" "
                 "stroke=\"#888888\"/>\n"
                 "<text x=\"18\" y=\"%f\" text-anchor=\"middle\" "
                 "transform=\"rotate(-90 18 %f)\">%s</text>\n",
                 RN__PLOT_LEFT, v->top, RN__PLOT_INNER, v->height, middle, middle,
                 v->panel->y_label);
}

/* ---- the picture ---- */

static void draw_panel(const rn__plot *v, bool last)
{
    draw_grid(v, last);
    for (int i = 0; i < v->panel->band_count; i++) draw_band(v, &v->panel->bands[i]);
    for (int i = 0; i < v->panel->curve_count; i++)
        draw_curve(v, &v->panel->curves[i], rn__plot_colour(i));
    draw_frame(v);
    rn__plot_legend(v);
}

static bool valid_panel(const rn_panel *p)
{
    if (p->curve_count < 0 || (p->curve_count && !p->curves)) return false;
    if (p->band_count < 0 || (p->band_count && !p->bands)) return false;
    for (int i = 0; i < p->curve_count; i++) {
        const rn_curve *c = &p->curves[i];
        if (c->points < 0 || (c->points && (!c->x || !c->y))) return false;
    }
    for (int i = 0; i < p->band_count; i++) {
        const rn_band *b = &p->bands[i];
        if (b->points < 0 || (b->points && (!b->x || !b->low || !b->high))) return false;
    }
    return true;
}

rn_status rn_plot_panels_svg(const char *path, const rn_panel *panels, int count,
                             rn_panels_options options)
{
    const int height = count == 1 ? 312 : 200;
    rn__page page = {.allocator = options.allocator};
    range x = nothing;

    if (!path || count < 0 || count > RN__PLOT_PANELS_MAX || (count && !panels))
        return RN_INVALID;
    for (int i = 0; i < count; i++)
        if (!valid_panel(&panels[i])) return RN_INVALID;
    for (int i = 0; i < count; i++) {
        range y = nothing;
        cover_panel(&panels[i], options.log_x, &x, &y);
    }
    const int all = RN__PLOT_TOP + count * (height + RN__PLOT_GAP) -
                    (count ? RN__PLOT_GAP : 0) + RN__PLOT_BOTTOM;
    rn__page_begin(&page, RN__PLOT_WIDTH, all);
    for (int i = 0; i < count; i++) {
        rn__plot v = {.page = &page, .panel = &panels[i], .height = height};
        range own = nothing, y = nothing;
        cover_panel(&panels[i], options.log_x, &own, &y);
        v.x = axis_over(x, options.log_x, 7);
        v.y = axis_over(y, panels[i].log_y, count == 1 ? 6 : 4);
        v.top = RN__PLOT_TOP + i * (height + RN__PLOT_GAP);
        draw_panel(&v, i == count - 1);
    }
    rn__page_put(
        &page,
        "<text x=\"%d\" y=\"28\" text-anchor=\"middle\" font-size=\"16\">%s</text>\n"
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n</svg>\n",
        RN__PLOT_LEFT + RN__PLOT_INNER / 2, options.title,
        RN__PLOT_LEFT + RN__PLOT_INNER / 2, all - 16, options.x_label);
    return rn__page_finish(&page, path);
}

rn_status rn_plot_svg(const char *path, const char *title, const char *x_label,
                      const char *y_label, const rn_curve *curves, int count)
{
    const rn_panel panel = {.y_label = y_label, .curves = curves, .curve_count = count};

    return rn_plot_panels_svg(path, &panel, 1,
                              (rn_panels_options){.title = title, .x_label = x_label});
}
