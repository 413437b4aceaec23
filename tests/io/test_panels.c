/* SPDX-License-Identifier: MIT */
/* Panels of curves: common axes, logarithms, bands, legends. */
#include "io_support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/plot.h"

enum { N = 40 };

static double x[N], y[N], low[N], high[N];

static void fill(void)
{
    for (int i = 0; i < N; i++) {
        x[i] = i + 1;
        y[i] = pow(10, 2 - i / 8.0);
        low[i] = y[i] / 2;
        high[i] = y[i] * 2;
    }
}

static rn_status draw(const rn_panel *panels, int count, bool log_x, rn_allocator a)
{
    return rn_plot_panels_svg(
        "p.svg", panels, count,
        (rn_panels_options){
            .title = "<t>", .x_label = "the x", .log_x = log_x, .allocator = a});
}

static char *drawn(const rn_panel *panels, int count, bool log_x)
{
    cr_assert_eq(draw(panels, count, log_x, (rn_allocator){NULL, NULL}), RN_OK);
    return rn_test_picture("p.svg");
}

static rn_panel panel(const rn_curve *curve, const rn_band *band, bool log_y)
{
    return (rn_panel){.y_label = "y & y",
                      .curves = curve,
                      .curve_count = curve != NULL,
                      .bands = band,
                      .band_count = band != NULL,
                      .log_y = log_y};
}

Test(panels, share_one_axis)
{
    rn_test_directory d = rn_test_directory_new();
    fill();
    const rn_curve a = {"first", x, y, N}, b = {"second", x + 10, high, N - 10};
    const rn_band band = {"interval", x, low, high, N, 0};
    const rn_panel all[3] = {panel(&a, NULL, true), panel(&b, &band, false),
                             panel(NULL, NULL, false)};
    char *text = drawn(all, 3, false);

    cr_assert_eq(rn_test_times(text, "stroke=\"#888888\""), 3, "three frames");
    cr_assert_eq(rn_test_times(text, ">y &amp; y<"), 3);
    cr_assert_eq(rn_test_times(text, ">the x<"), 1);
    cr_assert_eq(rn_test_times(text, ">&lt;t&gt;<"), 1);
    cr_assert_eq(rn_test_times(text, ">30<"), 1, "the common axis has labels once");
    cr_assert(strstr(text, ">first<") && strstr(text, ">second<") &&
              strstr(text, ">interval<"));
    cr_assert_eq(rn_test_times(text, "fill-opacity=\"0.18\""), 1);
    cr_assert(strstr(text, ">0.01<") && strstr(text, ">100<"), "powers of ten");
    free(text);
    rn_test_directory_free(&d);
}

/* The first coordinates after a mark. */
static void first_point(const char *text, const char *mark, double *at)
{
    char *end;
    const char *from = strstr(strstr(text, mark), " d=\"M");

    at[0] = strtod(from + 5, &end);
    at[1] = strtod(end, NULL);
}

/* On logarithmic axes equal ratios are equal distances, and what has no logarithm is left
 * out. */
Test(panels, logarithms)
{
    rn_test_directory d = rn_test_directory_new();
    double at[3][2];
    const double xs[3] = {1, 10, 100}, ys[5] = {1, 100, 10000, 0, -5};
    const double ends[2] = {1, 100}, range[2] = {1, 10000};

    for (int i = 0; i < 3; i++) {
        const rn_curve c[2] = {{"", ends, range, 2}, {"", &xs[i], &ys[i], 1}};
        rn_panel p = panel(c, NULL, true);
        p.curve_count = 2;
        char *text = drawn(&p, 1, true);
        first_point(text, "stroke=\"#d1495b\"", at[i]);
        free(text);
    }
    for (int k = 0; k < 2; k++)
        cr_assert(fabs(at[0][k] + at[2][k] - 2 * at[1][k]) < 0.02 &&
                  fabs(at[2][k] - at[0][k]) > 200);
    const double four[4] = {1, 2, 3, 4};
    const rn_curve c = {"c", four, ys + 1, 4};
    const rn_panel p = panel(&c, NULL, true);
    char *text = drawn(&p, 1, false);
    const char *path = strstr(text, "stroke-width=\"1.8\"");
    path = strstr(path, "d=\"");
    cr_assert_eq(strcspn(path + 3, "\"") - strcspn(strchr(path, 'L'), "\""),
                 (size_t)(strchr(path, 'L') - path - 3));
    cr_assert(!strchr(strchr(path, 'L') + 1, 'L') ||
                  strchr(strchr(path, 'L') + 1, 'L') > strchr(path + 3, '"'),
              "two points, one line");
    free(text);
    rn_test_directory_free(&d);
}

static void labels_are(double from, double to, int wanted, const char *labels)
{
    const rn__axis axis = rn__axis_log(from, to, wanted);
    char all[400] = "", label[80];

    cr_assert(axis.low <= log10(from) + 1e-9 && axis.high >= log10(to) - 1e-9);
    cr_assert(rn__axis_place(&axis, from) > -1e-9 && rn__axis_place(&axis, to) < 1 + 1e-9);
    for (int64_t i = axis.first; i <= axis.last; i++) {
        rn__axis_label(&axis, i, label, sizeof label);
        strcat(strcat(all, *all ? " " : ""), label);
        cr_assert(fabs(rn__axis_tick(&axis, i) - (log10(strtod(label, NULL)) - axis.low) /
                                                     (axis.high - axis.low)) < 1e-9);
    }
    cr_assert_str_eq(all, labels);
}

Test(panels, logarithmic_axes)
{
    labels_are(1, 100, 5, "1 2 5 10 20 50 100");
    labels_are(0.03, 0.3, 5, "0.02 0.05 0.1 0.2 0.5");
    labels_are(3, 4, 5, "2 5");
    labels_are(7, 7, 5, "5 10");
    labels_are(1, 1, 5, "1 2");
    labels_are(0.5, 2e4, 5, "0.1 1 10 100 1000 10000 100000");
    labels_are(1e-12, 1, 4, "1e-12 1e-9 1e-6 0.001 1");
}

/* A gap cuts a band, and a band of one point or none is no error. */
Test(panels, gaps_in_bands)
{
    rn_test_directory d = rn_test_directory_new();
    fill();
    low[9] = NAN;
    high[20] = HUGE_VAL;
    const rn_band band = {"b", x, low, high, N, -1}, none = {"n", NULL, NULL, NULL, 0, 0};
    const rn_panel p[2] = {panel(NULL, &band, false), panel(NULL, &none, true)};
    char *text = drawn(p, 2, false);
    const char *path = strstr(text, "fill-opacity=\"0.18\"");
    int parts = 0;

    for (const char *c = strstr(path, " d=\"") + 4; *c != '"'; c++) parts += *c == 'z';
    cr_assert_eq(parts, 3);
    free(text);
    rn_test_directory_free(&d);
}

static void corner(double side, bool left, bool top)
{
    double flat[N], at[2];
    const rn_curve c = {"the curve", x, flat, N};
    const rn_panel p = panel(&c, NULL, false);

    for (int i = 0; i < N; i++) flat[i] = i == 0 ? -side : i == 1 ? side : y[i];
    char *text = drawn(&p, 1, false);
    const char *box = strstr(text, "fill-opacity=\"0.85\"");
    while (strncmp(box, "<rect", 5) != 0) box--;
    at[0] = strtod(strstr(box, "x=\"") + 3, NULL);
    at[1] = strtod(strstr(box, "y=\"") + 3, NULL);
    cr_assert_eq(at[0] < 360, left);
    cr_assert_eq(at[1] < 200, top);
    free(text);
}

/* The legend avoids the curves. */
Test(panels, legends)
{
    rn_test_directory d = rn_test_directory_new();

    fill();
    for (int i = 0; i < N; i++) y[i] = -0.9;
    corner(1, false, true);
    for (int i = 0; i < N; i++) y[i] = i < 25 ? 0 : i % 2 ? 0.9 : -0.9;
    corner(1, true, true);
    for (int i = 0; i < N; i++) y[i] = 0.9;
    corner(1, false, false);
    rn_test_directory_free(&d);
}

Test(panels, invalid)
{
    rn_test_directory d = rn_test_directory_new();
    const rn_allocator a = {NULL, NULL};
    fill();
    const rn_curve c = {"c", x, y, N}, bad = {"c", x, NULL, N}, less = {"c", x, y, -1};
    const rn_band b = {"b", x, low, NULL, N, 0};
    rn_panel p = panel(&c, NULL, false);

    cr_assert_eq(draw(NULL, 1, false, a), RN_INVALID);
    cr_assert_eq(draw(&p, -1, false, a), RN_INVALID);
    cr_assert_eq(draw(&p, 65, false, a), RN_INVALID);
    cr_assert_eq(rn_plot_panels_svg(NULL, &p, 1, (rn_panels_options){.title = NULL}),
                 RN_INVALID);
    cr_assert_eq(rn_plot_panels_svg("no/p.svg", &p, 1, (rn_panels_options){.title = NULL}),
                 RN_IO);
    p = panel(&bad, NULL, false);
    cr_assert_eq(draw(&p, 1, false, a), RN_INVALID);
    p = panel(&less, NULL, false);
    cr_assert_eq(draw(&p, 1, false, a), RN_INVALID);
    p = panel(&c, &b, false);
    cr_assert_eq(draw(&p, 1, false, a), RN_INVALID);
    p = panel(&c, NULL, false);
    p.band_count = 1;
    cr_assert_eq(draw(&p, 1, false, a), RN_INVALID);
    cr_assert_eq(rn_test_directory_count(), 0);
    free(drawn(NULL, 0, true));
    rn_test_directory_free(&d);
}

static bool work(rn_allocator a)
{
    const rn_curve c = {"c", x, y, N};
    const rn_panel p[2] = {panel(&c, NULL, false), panel(&c, NULL, true)};
    remove("p.svg");
    const rn_status status = draw(p, 2, false, a);

    cr_assert(status == RN_OK || status == RN_NO_MEMORY);
    cr_assert_eq(rn_test_directory_count(), status == RN_OK);
    return status == RN_OK;
}

Test(panels, every_allocation_may_fail)
{
    rn_test_directory d = rn_test_directory_new();

    fill();
    rn_test_each_failure(work);
    rn_test_directory_free(&d);
}
