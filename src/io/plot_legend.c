/* SPDX-License-Identifier: MIT */
/* Parts that the pictures of a plot share: places on the page, colours, the legend. */
#include "io/plot.h"

#include <math.h>

enum { ROW = 20 };

const char *rn__plot_colour(int curve)
{
    static const char *const colours[] = {"#0b6fb8", "#d1495b", "#2e8b57", "#b8860b",
                                          "#6a4fb3", "#3f8f9b", "#a0522d", "#555555"};

    return colours[(unsigned)curve % (sizeof colours / sizeof colours[0])];
}

double rn__plot_x(const rn__plot *v, double x)
{
    return RN__PLOT_LEFT + rn__axis_place(&v->x, x) * RN__PLOT_INNER;
}

double rn__plot_y(const rn__plot *v, double y)
{
    return v->top + (1 - rn__axis_place(&v->y, y)) * v->height;
}

bool rn__plot_fits(double value, bool logarithmic)
{
    return isfinite(value) && (!logarithmic || value > 0);
}

bool rn__plot_usable(double x, bool log_x, double y, bool log_y)
{
    return rn__plot_fits(x, log_x) && rn__plot_fits(y, log_y);
}

/* ---- the legend ---- */

/* The number of points within a box. */
static int64_t points_in(const rn__plot *v, double left, double top, double width,
                         double height)
{
    int64_t inside = 0;

    for (int k = 0; k < v->panel->curve_count; k++) {
        const rn_curve *c = &v->panel->curves[k];
        for (int64_t i = 0; i < c->points; i++) {
            if (!rn__plot_usable(c->x[i], v->x.logarithmic, c->y[i], v->y.logarithmic))
                continue;
            const double x = rn__plot_x(v, c->x[i]) - left,
                         y = rn__plot_y(v, c->y[i]) - top;
            inside += x > -6 && x < width + 6 && y > -6 && y < height + 6;
        }
    }
    return inside;
}

/* A line of the legend, if it has a label; returns the number of its lines. */
static int draw_entry(const rn__plot *v, const char *label, const char *colour, bool band,
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
void rn__plot_legend(const rn__plot *v)
{
    const rn_panel *p = v->panel;
    int lines = 0, longest = 0;
    double left = 0, y = 0;
    int64_t least = INT64_MAX;

    for (int i = 0; i < p->curve_count; i++) measure(p->curves[i].label, &lines, &longest);
    for (int i = 0; i < p->band_count; i++) measure(p->bands[i].label, &lines, &longest);
    if (lines == 0) return;
    const int width = 44 + 7 * (longest < 60 ? longest : 60);
    const int height = lines * ROW + 8;
    for (int corner = 0; corner < 4; corner++) {
        const double x =
            corner % 2 ? RN__PLOT_LEFT + 10 : RN__PLOT_LEFT + RN__PLOT_INNER - 10 - width;
        const double top = corner / 2 ? v->top + v->height - 10 - height : v->top + 10;
        const int64_t points = points_in(v, x, top, width, height);
        if (points < least) least = points, left = x, y = top;
    }
    rn__page_put(v->page,
                 "<rect x=\"%f\" y=\"%f\" width=\"%d\" height=\"%d\" fill=\"#ffffff\" "
                 "fill-opacity=\"0.85\" stroke=\"#cccccc\"/>\n",
                 left, y, width, height);
    y += 4 + ROW / 2;
    for (int i = 0; i < p->curve_count; i++)
        y += ROW * draw_entry(v, p->curves[i].label, rn__plot_colour(i), false, left, y);
    for (int i = 0; i < p->band_count; i++)
        y += ROW * draw_entry(v, p->bands[i].label, rn__plot_colour(p->bands[i].curve),
                              true, left, y);
}
