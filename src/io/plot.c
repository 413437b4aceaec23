/* SPDX-License-Identifier: MIT */
/*
 * Curves as an SVG image: panels one below the other, with a title, axes with round ticks, a
 * grid, bands and legends.
 */
#include "io/plot.h"

#include <math.h>
#include <string.h>

#include "io/page.h"
#include "rondo/pictures.h"

enum {
    WIDTH = 720,
    LEFT = 76, /* margins around the panels */
    RIGHT = 24,
    TOP = 48,
    BOTTOM = 60,
    INNER = WIDTH - LEFT - RIGHT,
    GAP = 26, /* between panels */
    LEGEND_ROW = 20,
    PANELS_MAX = 64
};

static const char *const colours[] = {"#0b6fb8", "#d1495b", "#2e8b57", "#b8860b",
                                      "#6a4fb3", "#3f8f9b", "#a0522d", "#555555"};
enum { COLOURS = sizeof colours / sizeof colours[0] };

static const char *colour_of(int curve)
{
    return colours[(unsigned)curve % COLOURS];
}

/* A panel on the page. */
typedef struct view {
    rn__page *page;
    const rn_panel *panel;
    rn__axis x, y;
    double top, height;
} view;

/* ---- coordinates on the page ---- */

static double page_x(const view *v, double x)
{
    return LEFT + rn__axis_place(&v->x, x) * INNER;
}

static double page_y(const view *v, double y)
{
    return v->top + (1 - rn__axis_place(&v->y, y)) * v->height;
}

static bool fits(double value, bool logarithmic)
{
    return isfinite(value) && (!logarithmic || value > 0);
}

static bool usable(double x, bool log_x, double y, bool log_y)
{
    return fits(x, log_x) && fits(y, log_y);
}

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
        if (!usable(xs[i], log_x, ys[i], log_y)) continue;
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

static void draw_grid(const view *v, bool last)
{
    const double bottom = v->top + v->height;
    char label[80];

    for (int64_t i = v->x.first; i <= v->x.last; i++) {
        const double x = LEFT + rn__axis_tick(&v->x, i) * INNER;
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
                     LEFT, y, LEFT + INNER, LEFT - 8, y + 4, label);
    }
}

/* A single point is a dot, because lines have round ends. */
static void draw_curve(const view *v, const rn_curve *c, const char *colour)
{
    bool open = false;

    rn__page_put(v->page,
                 "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\" "
                 "stroke-linejoin=\"round\" stroke-linecap=\"round\" d=\"",
                 colour);
    for (int64_t i = 0; i < c->points; i++) {
        const bool good =
            usable(c->x[i], v->x.logarithmic, c->y[i], v->y.logarithmic);
        if (good) {
            rn__page_put(v->page, open ? "L" : "M");
            rn__page_put(v->page, "%f %f", page_x(v, c->x[i]), page_y(v, c->y[i]));
            if (!open) rn__page_put(v->page, "h0");
        }
        open = good;
    }
    rn__page_put(v->page, "\"/>\n");
}

static bool band_at(const view *v, const rn_band *b, int64_t i)
{
    return usable(b->x[i], v->x.logarithmic, b->low[i], v->y.logarithmic) &&
           fits(b->high[i], v->y.logarithmic);
}

/* Forward along the upper edge of each part without gaps, and back along the lower one. */
static void draw_band(const view *v, const rn_band *b)
{
    rn__page_put(v->page, "<path fill=\"%s\" fill-opacity=\"0.18\" d=\"",
                 colour_of(b->curve));
    for (int64_t from = 0, to; from < b->points; from = to + 1) {
        for (to = from; to < b->points && band_at(v, b, to); to++)
            rn__page_put(v->page, to == from ? "M%f %f" : "L%f %f", page_x(v, b->x[to]),
                         page_y(v, b->high[to]));
        for (int64_t i = to - 1; i >= from; i--)
            rn__page_put(v->page, "L%f %f", page_x(v, b->x[i]), page_y(v, b->low[i]));
        if (to > from) rn__page_put(v->page, "z");
    }
    rn__page_put(v->page, "\"/>\n");
}

static void draw_frame(const view *v)
{
    const double middle = v->top + v->height / 2;

    rn__page_put(v->page,
                 "<rect x=\"%d\" y=\"%f\" width=\"%d\" height=\"%f\" fill=\"none\" "
                 "stroke=\"#888888\"/>\n"
                 "<text x=\"18\" y=\"%f\" text-anchor=\"middle\" "
                 "transform=\"rotate(-90 18 %f)\">%s</text>\n",
                 LEFT, v->top, INNER, v->height, middle, middle, v->panel->y_label);
}

/* ---- the legend ---- */

/* The number of points within a box. */
static int64_t points_in(const view *v, double left, double top, double width, double height)
{
    int64_t inside = 0;

    for (int k = 0; k < v->panel->curve_count; k++) {
        const rn_curve *c = &v->panel->curves[k];
        for (int64_t i = 0; i < c->points; i++) {
            if (!usable(c->x[i], v->x.logarithmic, c->y[i], v->y.logarithmic)) continue;
            const double x = page_x(v, c->x[i]) - left, y = page_y(v, c->y[i]) - top;
            inside += x > -6 && x < width + 6 && y > -6 && y < height + 6;
        }
    }
    return inside;
}

/* A line of the legend, if it has a label; returns the number of its lines. */
static int draw_entry(const view *v, const char *label, const char *colour, bool band,
                      double left, double y)
{
    if (!label || !*label) return 0;
    rn__page_put(v->page,
                 "<path stroke=\"%s\" stroke-width=\"%f\" stroke-opacity=\"%f\" "
                 "d=\"M%f %fh20\"/>\n<text x=\"%f\" y=\"%f\">%s</text>\n",
                 colour, band ? 10 : 2.5, band ? 0.25 : 1, left + 8, y, left + 34, y + 4,
                 label);
    return 1;
}

static void measure(const char *label, int *lines, int *longest)
{
    const int length = rn__text_length(label);

    *lines += length > 0;
    if (length > *longest) *longest = length;
}

/* In the corner with the fewest points, on a translucent ground. */
static void draw_legend(const view *v)
{
    const rn_panel *p = v->panel;
    int lines = 0, longest = 0;
    double left = 0, y = 0;
    int64_t least = INT64_MAX;

    for (int i = 0; i < p->curve_count; i++) measure(p->curves[i].label, &lines, &longest);
    for (int i = 0; i < p->band_count; i++) measure(p->bands[i].label, &lines, &longest);
    if (lines == 0) return;
    const int width = 44 + 7 * (longest < 60 ? longest : 60);
    const int height = lines * LEGEND_ROW + 8;
    for (int corner = 0; corner < 4; corner++) {
        const double x = corner % 2 ? LEFT + 10 : LEFT + INNER - 10 - width;
        const double top = corner / 2 ? v->top + v->height - 10 - height : v->top + 10;
        const int64_t points = points_in(v, x, top, width, height);
        if (points < least) least = points, left = x, y = top;
    }
    rn__page_put(v->page,
                 "<rect x=\"%f\" y=\"%f\" width=\"%d\" height=\"%d\" fill=\"#ffffff\" "
                 "fill-opacity=\"0.85\" stroke=\"#cccccc\"/>\n",
                 left, y, width, height);
    y += 4 + LEGEND_ROW / 2;
    for (int i = 0; i < p->curve_count; i++)
        y += LEGEND_ROW * draw_entry(v, p->curves[i].label, colour_of(i), false, left, y);
    for (int i = 0; i < p->band_count; i++)
        y += LEGEND_ROW *
             draw_entry(v, p->bands[i].label, colour_of(p->bands[i].curve), true, left, y);
}

/* ---- the picture ---- */

static void draw_panel(const view *v, bool last)
{
    draw_grid(v, last);
    for (int i = 0; i < v->panel->band_count; i++) draw_band(v, &v->panel->bands[i]);
    for (int i = 0; i < v->panel->curve_count; i++)
        draw_curve(v, &v->panel->curves[i], colour_of(i));
    draw_frame(v);
    draw_legend(v);
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

    if (!path || count < 0 || count > PANELS_MAX || (count && !panels)) return RN_INVALID;
    for (int i = 0; i < count; i++)
        if (!valid_panel(&panels[i])) return RN_INVALID;
    for (int i = 0; i < count; i++) {
        range y = nothing;
        cover_panel(&panels[i], options.log_x, &x, &y);
    }
    const int all = TOP + count * (height + GAP) - (count ? GAP : 0) + BOTTOM;
    rn__page_begin(&page, WIDTH, all);
    for (int i = 0; i < count; i++) {
        view v = {.page = &page, .panel = &panels[i], .height = height};
        range own = nothing, y = nothing;
        cover_panel(&panels[i], options.log_x, &own, &y);
        v.x = axis_over(x, options.log_x, 7);
        v.y = axis_over(y, panels[i].log_y, count == 1 ? 6 : 4);
        v.top = TOP + i * (height + GAP);
        draw_panel(&v, i == count - 1);
    }
    rn__page_put(&page,
                 "<text x=\"%d\" y=\"28\" text-anchor=\"middle\" font-size=\"16\">%s</text>\n"
                 "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n</svg>\n",
                 LEFT + INNER / 2, options.title, LEFT + INNER / 2, all - 16,
                 options.x_label);
    return rn__page_finish(&page, path);
}

rn_status rn_plot_svg(const char *path, const char *title, const char *x_label,
                      const char *y_label, const rn_curve *curves, int count)
{
    const rn_panel panel = {.y_label = y_label, .curves = curves, .curve_count = count};

    return rn_plot_panels_svg(path, &panel, 1,
                              (rn_panels_options){.title = title, .x_label = x_label});
}
