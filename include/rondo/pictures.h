/* SPDX-License-Identifier: MIT */
/*
 * Looking at models, graphs and numbers: tables, SVG images, and graphs for Graphviz.
 *
 * Functions with a path write a file as file.h says: RN_IO if it cannot be written, and an
 * existing one is unchanged. All return RN_NO_MEMORY if out of memory, and RN_INVALID
 * without a path or for what their comment excludes. Names may be NULL, which means "". In
 * SVG and DOT, special characters are escaped, control characters become blanks, and bytes
 * that are not valid UTF-8 become U+FFFD.
 */
#ifndef RONDO_PICTURES_H
#define RONDO_PICTURES_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- models ---- */

/* Writes a table of the model's weights and statistics: for each layer its weights, with
 * shapes, numbers of elements and bytes, and the layer's total; then all elements, those
 * that are trained and those that are frozen. A layer is the scope of a weight; in a
 * recurrent layer it is layer<k>, or layer<k>/forward and layer<k>/backward. Gates whose
 * weights have the same shape share a line: "c,f,i,o/w  4 x [32,64]".
 *
 * A model does not know which weights an optimiser leaves out. `frozen` is a list of
 * patterns as for rn_except; NULL: none. Statistics are never trained, and count as frozen.
 * States, moments and counters are left out.
 *
 * Like snprintf, writes at most `capacity` bytes with the terminating 0 and returns the
 * length of the whole text. `text` may be NULL: nothing is written. 0 and "" for NULL, and
 * if out of memory. */
RN_API size_t rn_model_summary(const rn_model *model, const char *frozen, char *text,
                               size_t capacity);

/* ---- graphs ---- */

/* How much of a graph is drawn. In all but RN_DETAIL_NODES, constants and weights are
 * written into the boxes that read them, as in "matmul(x, w)" with a dot for x. What a
 * layer computes but nothing reads is left out, and so are values that a loop does not use,
 * and the selections by which a loop with lengths ignores padding. */
typedef enum rn_detail {
    RN_DETAIL_LAYERS, /* a layer, a loss or another function of the library is one box; in
                         a recurrent layer each loop is */
    RN_DETAIL_STEPS,  /* and the operators of the steps in the loops of layers */
    RN_DETAIL_NODES   /* every node as a box of its own, nothing left out */
} rn_detail;

typedef struct rn_graph_options {
    const char *title;
    rn_tensor of; /* draws only what this tensor depends on; null: the whole graph */
    rn_detail detail;
    const char *open; /* patterns of names as for rn_except: layers, such as "rnn*", that
                         are drawn with RN_DETAIL_STEPS; NULL: none */
} rn_graph_options;

/* Draws a graph as it was built. Values flow downwards. Loops are frames around one step,
 * with the number of steps; values that they carry to the next step return by dashed lines.
 * Lines are labelled with type and shape. rn_graph_dot writes text for Graphviz,
 * `dot -Tsvg`; rn_graph_svg makes the layout itself and needs no other program. RN_INVALID:
 * no graph, `of` is of another graph or a loop's body, or no such detail. */
RN_API rn_status rn_graph_dot(const rn_graph *graph, const char *path,
                              rn_graph_options options);
RN_API rn_status rn_graph_svg(const rn_graph *graph, const char *path,
                              rn_graph_options options);

/* ---- curves ---- */

/* One line of a plot: points (x, y), drawn in order. A point that is not finite interrupts
 * the line. */
typedef struct rn_curve {
    const char *label;
    const double *x, *y;
    int64_t points;
} rn_curve;

/* The area between low and high over x, such as an interval of forecasts. */
typedef struct rn_band {
    const char *label;
    const double *x, *low, *high;
    int64_t points;
    int curve; /* has the colour of this curve of the panel, counted from 0 */
} rn_band;

typedef struct rn_panel {
    const char *y_label;
    const rn_curve *curves;
    int curve_count;
    const rn_band *bands;
    int band_count;
    bool log_y;
} rn_panel;

typedef struct rn_panels_options {
    const char *title, *x_label;
    bool log_x;
    rn_allocator allocator;
} rn_panels_options;

/* Writes panels, one below the other, with a common x axis, each with a legend where it
 * covers the fewest points. On a logarithmic axis values that are not positive are left out
 * as if they were not finite. RN_INVALID: a curve or band without its data, more than 64
 * panels. */
RN_API rn_status rn_plot_panels_svg(const char *path, const rn_panel *panels, int count,
                                    rn_panels_options options);

/* The same with one panel. */
RN_API rn_status rn_plot_svg(const char *path, const char *title, const char *x_label,
                             const char *y_label, const rn_curve *curves, int count);

/* ---- matrices ---- */

typedef struct rn_heat_map_options {
    const char *title, *x_label, *y_label;
    const char *const *row_names, *const *column_names; /* NULL: none; names may be NULL */
    double low, high;      /* the values of the first and the last colour; both 0: the least
                              and the greatest value */
    const double *written; /* [rows, columns], numbers that are written into the cells, such
                              as the values themselves; NULL: none */
    int decimals;          /* of these numbers, 0 to 9 */
    rn_allocator allocator;
} rn_heat_map_options;

/* Writes a matrix [rows, columns], row-major, as coloured cells: attention, a confusion
 * matrix, hidden states over time. Beside it stands the scale of colours, from light to
 * dark; they are evenly spaced in the OKLab space. Values outside low .. high have the
 * end's colour, and NaN is grey. RN_INVALID: no values, a negative size, more than 2^20
 * cells, low > high or not finite, decimals out of range. */
RN_API rn_status rn_heat_map_svg(const char *path, const double *values, int64_t rows,
                                 int64_t columns, rn_heat_map_options options);

#ifdef __cplusplus
}
#endif
#endif
