/* SPDX-License-Identifier: MIT */
/* Plots: axes with ticks and labels, and panels on the page. */
#ifndef RN_IO_PLOT_H
#define RN_IO_PLOT_H

#include "io/page.h"
#include "rondo/pictures.h"

/* ---- axes ---- */

/* Ticks are the multiples first .. last of digit * 10^exponent, digit being 1, 2 or 5. On a
 * logarithmic axis they are the powers 10^(exponent tick), or with exponent 0 the numbers
 * 1, 2, 5, 10, 20 .., of which number 0 is 1. */
typedef struct rn__axis {
    double low, high; /* the range of the axis; of logarithms on a logarithmic axis */
    int digit, exponent;
    int64_t first, last;
    bool logarithmic;
} rn__axis;

/* An axis over low .. high, both finite, with about `wanted` ticks. It starts and ends at a
 * tick. For a logarithmic one both are positive. */
rn__axis rn__axis_over(double low, double high, int wanted);
rn__axis rn__axis_log(double low, double high, int wanted);

/* The place of a value or of a tick between the axis's ends, 0 .. 1. */
double rn__axis_place(const rn__axis *axis, double value);
double rn__axis_tick(const rn__axis *axis, int64_t tick);

/* The value of a tick, and its text: a decimal number with a point in every locale. */
double rn__axis_value(const rn__axis *axis, int64_t tick);
void rn__axis_label(const rn__axis *axis, int64_t tick, char *text, size_t capacity);

/* ---- panels ---- */

enum {
    RN__PLOT_WIDTH = 720,
    RN__PLOT_LEFT = 76, /* margins around the panels */
    RN__PLOT_RIGHT = 24,
    RN__PLOT_TOP = 48,
    RN__PLOT_BOTTOM = 60,
    RN__PLOT_INNER = RN__PLOT_WIDTH - RN__PLOT_LEFT - RN__PLOT_RIGHT,
    RN__PLOT_GAP = 26, /* between panels */
    RN__PLOT_PANELS_MAX = 64
};

/* A panel on the page. */
typedef struct rn__plot {
    rn__page *page;
    const rn_panel *panel;
    rn__axis x, y;
    double top, height;
} rn__plot;

/* Places on the page. */
double rn__plot_x(const rn__plot *plot, double x);
double rn__plot_y(const rn__plot *plot, double y);

/* Whether a value, or a point, has a place on an axis. */
bool rn__plot_fits(double value, bool logarithmic);
bool rn__plot_usable(double x, bool log_x, double y, bool log_y);

const char *rn__plot_colour(int curve);

/* In the corner with the fewest points, on a translucent ground. */
void rn__plot_legend(const rn__plot *plot);

#endif
