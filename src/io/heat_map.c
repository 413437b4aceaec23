/* SPDX-License-Identifier: MIT */
/*
 * A matrix as coloured cells, with the names of rows and columns and the scale of colours.
 *
 * The colours run from cream through green to a dark blue. They were chosen along a curve
 * in OKLab (Ottosson 2020), at equal distances, with evenly falling lightness.
 */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "io/plot.h"

static const uint32_t scale[] = {0xfafbf5, 0xd6ead4, 0xabd9c0, 0x7bc8b6, 0x4bb4b1, 0x1a9dab,
                                 0x0084a1, 0x106b91, 0x225279, 0x273c5d, 0x23293d};
enum { COLOURS = sizeof scale / sizeof scale[0], SHADES = 16 * (COLOURS - 1), GREY = -1 };

enum { CELLS_MAX = 1 << 20, TOP = 44, MARGIN = 16, BAR = 14, LEAST_HEIGHT = 140 };

typedef struct map {
    rn__page page;
    const double *value;
    int rows, columns;
    const rn_heat_map_options *o;
    double low, high;
    double cell;             /* width and height */
    double left, top, names; /* names: the height of the columns' names */
    bool turned;             /* these are written upwards */
} map;

/* The colour of a shade 0 .. SHADES: between two of the scale. */
static void put_colour(rn__page *page, int shade)
{
    static const char digits[] = "0123456789abcdef";
    const int from = shade / 16 < COLOURS - 1 ? shade / 16 : COLOURS - 2;
    const int part = shade - 16 * from;
    char text[8] = "#cccccc";

    for (int i = 0; i < 3 && shade != GREY; i++) {
        const int a = scale[from] >> (16 - 8 * i) & 255;
        const int b = scale[from + 1] >> (16 - 8 * i) & 255;
        const int c = (a * (16 - part) + b * part + 8) / 16;
        text[1 + 2 * i] = digits[c >> 4];
        text[2 + 2 * i] = digits[c & 15];
    }
    rn__page_put(page, "%s", text);
}

static int shade_of(const map *m, double value)
{
    if (isnan(value)) return GREY;
    if (!(value > m->low)) return 0;
    if (value >= m->high) return SHADES;
    /* Halves, because the difference may overflow. */
    return (int)((value / 2 - m->low / 2) / (m->high / 2 - m->low / 2) * SHADES + 0.5);
}

static void choose_range(map *m)
{
    m->low = m->o->low;
    m->high = m->o->high;
    if (m->low != 0 || m->high != 0) return;
    m->low = HUGE_VAL;
    m->high = -HUGE_VAL;
    for (int i = 0; i < m->rows * m->columns; i++) {
        if (!isfinite(m->value[i])) continue;
        if (m->value[i] < m->low) m->low = m->value[i];
        if (m->value[i] > m->high) m->high = m->value[i];
    }
    if (m->low > m->high) m->low = m->high = 0;
    if (m->low < m->high) return;
    if (m->low > 0)
        m->low -= fmax(1, m->low * 0.1);
    else
        m->high += fmax(1, m->high * -0.1);
}

/* ---- parts ---- */

/* Neighbours of one shade are one rectangle. */
static void draw_row(map *m, int row)
{
    const double *value = m->value + (int64_t)row * m->columns;

    for (int from = 0, to; from < m->columns; from = to) {
        const int shade = shade_of(m, value[from]);
        for (to = from + 1; to < m->columns; to++)
            if (shade_of(m, value[to]) != shade) break;
        rn__page_put(&m->page, "<path d=\"M%d %dH%dv1H%dz\" fill=\"", from, row, to, from);
        put_colour(&m->page, shade);
        rn__page_put(&m->page, "\"/>\n");
    }
}

/* The cells, in units of one cell, and lines between large ones. */
static void draw_cells(map *m)
{
    rn__page_put(&m->page,
                 "<g shape-rendering=\"crispEdges\" transform=\"translate(%f %f) "
                 "scale(%f)\">\n",
                 m->left, m->top, m->cell);
    for (int r = 0; r < m->rows; r++) draw_row(m, r);
    rn__page_put(&m->page, "</g>\n");
    if (m->cell < 10) return;
    rn__page_put(&m->page, "<path stroke=\"#ffffff\" d=\"");
    for (int r = 1; r < m->rows; r++)
        rn__page_put(&m->page, "M%f %fh%f", m->left, m->top + r * m->cell,
                     m->columns * m->cell);
    for (int c = 1; c < m->columns; c++)
        rn__page_put(&m->page, "M%f %fv%f", m->left + c * m->cell, m->top,
                     m->rows * m->cell);
    rn__page_put(&m->page, "\"/>\n");
}

static void put_decimal(char *text, size_t capacity, double value, int decimals)
{
    const double ten = pow(10, decimals);
    rn__axis axis = {.digit = 1, .exponent = -decimals};

    if (!(fabs(value * ten) < 1e15))
        strcpy(text, isnan(value) ? "NaN" : value < 0 ? "-..." : "...");
    else
        rn__axis_label(&axis, (int64_t)llround(value * ten), text, capacity);
}

static void write_row(map *m, int row)
{
    char text[80];

    for (int c = 0; c < m->columns; c++) {
        const int64_t i = (int64_t)row * m->columns + c;
        put_decimal(text, sizeof text, m->o->written[i], m->o->decimals);
        rn__page_put(&m->page,
                     "<text x=\"%f\" y=\"%f\" text-anchor=\"middle\" font-size=\"%f\" "
                     "fill=\"%s\">%s</text>\n",
                     m->left + (c + 0.5) * m->cell, m->top + (row + 0.5) * m->cell + 4,
                     fmin(13, 1.5 * m->cell / (rn__text_length(text) + 0.5)),
                     shade_of(m, m->value[i]) > SHADES / 2 ? "#ffffff" : "#222222", text);
    }
}

/* Of names that are closer than a line, every k-th is written. */
static int stride_of(double cell, double needed)
{
    return cell >= needed ? 1 : (int)ceil(needed / cell);
}

static void draw_names(map *m)
{
    const int every = stride_of(m->cell, 13);

    for (int r = 0; m->o->row_names && r < m->rows; r += every)
        rn__page_put(&m->page, "<text x=\"%f\" y=\"%f\" text-anchor=\"end\">%s</text>\n",
                     m->left - 8, m->top + (r + 0.5) * m->cell + 4, m->o->row_names[r]);
    for (int c = 0; m->o->column_names && c < m->columns; c += m->turned ? every : 1) {
        const double x = m->left + (c + 0.5) * m->cell;
        if (m->turned)
            rn__page_put(&m->page,
                         "<text transform=\"translate(%f %f) rotate(-90)\">%s</text>\n",
                         x + 4, m->top - 8, m->o->column_names[c]);
        else
            rn__page_put(&m->page,
                         "<text x=\"%f\" y=\"%f\" text-anchor=\"middle\">%s</text>\n", x,
                         m->top - 8, m->o->column_names[c]);
    }
}

/* The scale of colours, with ticks. */
static void draw_bar(map *m, double left, double height)
{
    const double step = height / SHADES;
    /* Beyond these there are no ticks. */
    const rn__axis axis = rn__axis_over(fmin(fmax(m->low, -1e300), 1e300),
                                        fmax(fmin(m->high, 1e300), -1e300), 4);
    char label[80];

    for (int i = 0; i < SHADES; i++) {
        rn__page_put(&m->page, "<rect x=\"%f\" y=\"%f\" width=\"%d\" height=\"%f\" fill=\"",
                     left, m->top + height - (i + 1) * step, BAR, step + 0.3);
        put_colour(&m->page, i);
        rn__page_put(&m->page, "\"/>\n");
    }
    for (int64_t i = axis.first; i <= axis.last; i++) {
        const double value = rn__axis_value(&axis, i);
        const double part = (value / 2 - m->low / 2) / (m->high / 2 - m->low / 2);
        if (!(part > -1e-9 && part < 1 + 1e-9)) continue;
        const double y = m->top + height * (1 - part);
        rn__axis_label(&axis, i, label, sizeof label);
        rn__page_put(&m->page,
                     "<path stroke=\"#888888\" d=\"M%f %fh4\"/>\n"
                     "<text x=\"%f\" y=\"%f\">%s</text>\n",
                     left + BAR, y, left + BAR + 7, y + 4, label);
    }
}

/* ---- the picture ---- */

static double widest(const char *const *names, int count)
{
    double most = 0;

    for (int i = 0; names && i < count; i++)
        most = fmax(most, fmin(rn__text_width(names[i], 12), 400));
    return most;
}

static bool has(const char *text)
{
    return text && *text;
}

/* Cells are large if there are few, or if they have to hold text. */
static void lay_out(map *m)
{
    const int most = m->rows > m->columns ? m->rows : m->columns;
    const double columns = widest(m->o->column_names, m->columns);

    m->cell = fmax(2, fmin(m->o->written ? 46 : 30, 620.0 / (most ? most : 1)));
    m->turned = columns > m->cell - 2;
    m->names = !m->o->column_names ? 0 : m->turned ? columns + 12 : 20;
    m->top = TOP + (has(m->o->x_label) ? 20 : 0) + m->names;
    m->left = MARGIN + (has(m->o->y_label) ? 20 : 0) + widest(m->o->row_names, m->rows) +
              (m->o->row_names ? 10 : 0);
}

static void draw(map *m)
{
    const double width = m->columns * m->cell, height = m->rows * m->cell;
    const double bar = fmax(height, LEAST_HEIGHT), right = m->left + width + 24 + BAR + 70;
    const double all = fmax(right, rn__text_width(m->o->title, 15) + 2 * MARGIN);

    rn__page_begin(&m->page, all, m->top + bar + MARGIN);
    draw_cells(m);
    for (int r = 0; m->o->written && r < m->rows; r++) write_row(m, r);
    draw_names(m);
    draw_bar(m, m->left + width + 24, bar);
    rn__page_put(&m->page, "<text x=\"%d\" y=\"26\" font-size=\"15\">%s</text>\n", MARGIN,
                 m->o->title);
    if (has(m->o->x_label))
        rn__page_put(&m->page,
                     "<text x=\"%f\" y=\"%d\" text-anchor=\"middle\" fill=\"#666666\">%s"
                     "</text>\n",
                     m->left + width / 2, TOP + 10, m->o->x_label);
    if (has(m->o->y_label))
        rn__page_put(&m->page,
                     "<text transform=\"translate(%d %f) rotate(-90)\" "
                     "text-anchor=\"middle\" fill=\"#666666\">%s</text>\n",
                     MARGIN + 10, m->top + height / 2, m->o->y_label);
    rn__page_put(&m->page, "</svg>\n");
}

rn_status rn_heat_map_svg(const char *path, const double *values, int64_t rows,
                          int64_t columns, rn_heat_map_options options)
{
    if (!path || rows < 0 || columns < 0 || rows > CELLS_MAX || columns > CELLS_MAX ||
        rows * columns > CELLS_MAX || (rows > 0 && columns > 0 && !values))
        return RN_INVALID;
    if (!isfinite(options.low) || !isfinite(options.high) || options.low > options.high ||
        options.decimals < 0 || options.decimals > 9)
        return RN_INVALID;
    map m = {.page = {.allocator = options.allocator},
             .value = values,
             .rows = (int)rows,
             .columns = (int)columns,
             .o = &options};
    choose_range(&m);
    lay_out(&m);
    draw(&m);
    return rn__page_finish(&m.page, path);
}
