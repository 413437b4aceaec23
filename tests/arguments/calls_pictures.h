/* SPDX-License-Identifier: MIT */
/* Calls of pictures.h. */
#ifndef RN_TEST_CALLS_PICTURES_H
#define RN_TEST_CALLS_PICTURES_H

#include "arguments.h"

static const char *picture(rn_test_world *w)
{
    return rn_test_draw(w, 2) ? "/dev/null" : path(w);
}

static void model_summary(rn_test_world *w)
{
    char text[16];

    rn_model_summary(a_model(w), name(w), text, DRAW(w, size_t, 0, 1, sizeof text));
    rn_model_summary(a_model(w), NULL, NULL, DRAW(w, size_t, 0, 1, SIZE_MAX));
}

static void graph_picture(rn_test_world *w,
                          rn_status (*draw)(const rn_graph *, const char *,
                                            rn_graph_options))
{
    rn_graph_options o = {.title = name(w), .open = name(w)};

    if (rn_test_draw(w, 3) == 0) o.of = a_tensor(w);
    o.detail = (rn_detail)DRAW(w, int, 0, 1, 2, 3, -1, INT32_MAX);
    draw(a_graph(w), picture(w), o);
}

static void panels(rn_test_world *w)
{
    double x[3], y[3];
    rn_curve curve;
    rn_band band;
    rn_panel p[2];
    const rn_panels_options o = {.title = name(w), .log_x = rn_test_draw(w, 2)};

    for (int i = 0; i < 3; i++) x[i] = real(w), y[i] = real(w);
    curve = (rn_curve){name(w), rn_test_draw(w, 9) ? x : NULL, y, 3};
    band = (rn_band){name(w), x, y, rn_test_draw(w, 9) ? x : NULL, 3, axis(w)};
    if (rn_test_draw(w, 4) == 0) curve.points = DRAW(w, int64_t, 0, -1, INT64_MIN);
    if (rn_test_draw(w, 4) == 0) band.points = DRAW(w, int64_t, 0, -1, INT64_MIN);
    for (int i = 0; i < 2; i++)
        p[i] = (rn_panel){name(w),
                          rn_test_draw(w, 9) ? &curve : NULL,
                          DRAW(w, int, 1, 1, 0, -1, INT32_MIN),
                          rn_test_draw(w, 9) ? &band : NULL,
                          DRAW(w, int, 1, 1, 0, -1, INT32_MIN),
                          rn_test_draw(w, 2) != 0};
    rn_plot_panels_svg(picture(w), rn_test_draw(w, 9) ? p : NULL,
                       DRAW(w, int, 2, 2, 1, 0, -1, 65, INT32_MAX, INT32_MIN), o);
}

static void heat_map(rn_test_world *w)
{
    double value[4], written[4];
    const char *names[2] = {name(w), name(w)};
    rn_heat_map_options o = {.title = name(w), .x_label = name(w), .y_label = name(w)};

    for (int i = 0; i < 4; i++) value[i] = real(w), written[i] = real(w);
    if (rn_test_draw(w, 2)) o.row_names = names, o.column_names = names;
    if (rn_test_draw(w, 2)) o.written = written;
    if (rn_test_draw(w, 3) == 0) o.low = real(w), o.high = real(w);
    o.decimals = DRAW(w, int, 0, 3, 9, 10, -1, INT32_MAX);
    const int64_t rows = DRAW(w, int64_t, 2, 2, 1, 0, -1, INT64_MAX, INT64_MIN);
    const int64_t columns = DRAW(w, int64_t, 2, 2, 1, 0, -1, INT64_MAX, INT64_MIN);
    rn_heat_map_svg(picture(w), rn_test_draw(w, 9) ? value : NULL, rows, columns, o);
}

#endif
