/* SPDX-License-Identifier: MIT */
/*
 * Curves as an SVG image: title, axes with round ticks, a grid, a legend.
 *
 * Numbers are written by hand, because printf's decimal point depends on the locale.
 */
#include "io/plot.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "io/file.h"
#include "rondo/train.h"

enum {
    WIDTH = 720,
    HEIGHT = 420,
    LEFT = 76, /* margins around the frame */
    RIGHT = 24,
    TOP = 48,
    BOTTOM = 60,
    LEGEND_ROW = 20
};

static const char *const colours[] = {"#0b6fb8", "#d1495b", "#2e8b57", "#b8860b",
                                      "#6a4fb3", "#3f8f9b", "#a0522d", "#555555"};
enum { COLOURS = sizeof colours / sizeof colours[0] };

typedef struct picture {
    FILE *file;
    rn__axis x, y;
} picture;

/* ---- text ---- */

/* Length of the UTF-8 character at `text`; 0 if it is not valid or XML forbids it. */
static size_t character(const char *text)
{
    if (!strncmp(text, "\xef\xbf\xbe", 3) || !strncmp(text, "\xef\xbf\xbf", 3)) return 0;
    for (size_t bytes = 1; bytes <= 4; bytes++)
        if (rn__utf8_valid(text, bytes)) return bytes;
    return 0;
}

/* Text with XML's special characters escaped, control characters, which XML forbids, as
 * blanks, and bytes that are not valid UTF-8 as U+FFFD. */
static void write_text(FILE *file, const char *text)
{
    while (text && *text) {
        const size_t bytes = character(text);

        if (*text == '&')
            fputs("&amp;", file);
        else if (*text == '<')
            fputs("&lt;", file);
        else if (*text == '>')
            fputs("&gt;", file);
        else if (*text == '"')
            fputs("&quot;", file);
        else if ((unsigned char)*text < 0x20)
            fputc(' ', file);
        else if (bytes)
            fwrite(text, 1, bytes, file);
        else
            fputs("\xef\xbf\xbd", file);
        text += bytes ? bytes : 1;
    }
}

/* A coordinate with two decimals. */
static void write_number(FILE *file, double value)
{
    const long long hundredths = llround(value * 100);
    const long long size = hundredths < 0 ? -hundredths : hundredths;

    fprintf(file, "%s%lld.%02lld", hundredths < 0 ? "-" : "", size / 100, size % 100);
}

/* ---- coordinates on the page ---- */

static double page_x(const picture *p, double x)
{
    return LEFT + (x - p->x.low) / (p->x.high - p->x.low) * (WIDTH - LEFT - RIGHT);
}

static double page_y(const picture *p, double y)
{
    return HEIGHT - BOTTOM -
           (y - p->y.low) / (p->y.high - p->y.low) * (HEIGHT - TOP - BOTTOM);
}

static bool usable(const rn_curve *curve, int64_t i)
{
    return isfinite(curve->x[i]) && isfinite(curve->y[i]);
}

static void widen(double value, double *low, double *high)
{
    if (value < *low) *low = value;
    if (value > *high) *high = value;
}

static void choose_axes(picture *p, const rn_curve *curves, int count)
{
    double x[2] = {HUGE_VAL, -HUGE_VAL}, y[2] = {HUGE_VAL, -HUGE_VAL};

    for (int c = 0; c < count; c++)
        for (int64_t i = 0; i < curves[c].points; i++) {
            if (!usable(&curves[c], i)) continue;
            widen(curves[c].x[i], &x[0], &x[1]);
            widen(curves[c].y[i], &y[0], &y[1]);
        }
    if (x[0] > x[1]) x[0] = y[0] = 0, x[1] = y[1] = 1;
    /* A range that overflows f64 is drawn in part. */
    p->x = rn__axis_over(fmax(x[0], -1e300), fmin(x[1], 1e300), 7);
    p->y = rn__axis_over(fmax(y[0], -1e300), fmin(y[1], 1e300), 6);
}

/* ---- parts of the picture ---- */

static void draw_line(const picture *p, double x0, double y0, double x1, double y1)
{
    const double at[4] = {x0, y0, x1, y1};
    static const char *const names[4] = {"x1", "y1", "x2", "y2"};

    fputs("<line", p->file);
    for (int i = 0; i < 4; i++) {
        fprintf(p->file, " %s=\"", names[i]);
        write_number(p->file, at[i]);
        fputc('"', p->file);
    }
    fputs(" stroke=\"#dddddd\"/>\n", p->file);
}

static void draw_text(const picture *p, double x, double y, const char *attributes,
                      const char *text)
{
    fputs("<text x=\"", p->file);
    write_number(p->file, x);
    fputs("\" y=\"", p->file);
    write_number(p->file, y);
    fprintf(p->file, "\" %s>", attributes);
    write_text(p->file, text);
    fputs("</text>\n", p->file);
}

static void draw_grid(const picture *p)
{
    char label[80];

    for (int64_t i = p->x.first; i <= p->x.last; i++) {
        const double x = page_x(p, rn__axis_value(&p->x, i));
        draw_line(p, x, TOP, x, HEIGHT - BOTTOM);
        rn__axis_label(&p->x, i, label, sizeof label);
        draw_text(p, x, HEIGHT - BOTTOM + 18, "text-anchor=\"middle\"", label);
    }
    for (int64_t i = p->y.first; i <= p->y.last; i++) {
        const double y = page_y(p, rn__axis_value(&p->y, i));
        draw_line(p, LEFT, y, WIDTH - RIGHT, y);
        rn__axis_label(&p->y, i, label, sizeof label);
        draw_text(p, LEFT - 8, y + 4, "text-anchor=\"end\"", label);
    }
}

static void draw_frame(const picture *p, const char *title, const char *x_label,
                       const char *y_label)
{
    char turned[96];
    const int middle_x = (LEFT + WIDTH - RIGHT) / 2, middle_y = (TOP + HEIGHT - BOTTOM) / 2;

    fprintf(p->file,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" "
            "stroke=\"#888888\"/>\n",
            LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    draw_text(p, middle_x, 28, "text-anchor=\"middle\" font-size=\"16\"", title);
    draw_text(p, middle_x, HEIGHT - 16, "text-anchor=\"middle\"", x_label);
    snprintf(turned, sizeof turned,
             "text-anchor=\"middle\" transform=\"rotate(-90 18 %d)\"", middle_y);
    draw_text(p, 18, middle_y, turned, y_label);
}

/* A point that is not finite interrupts the line. A single point is a dot, because lines
 * have round ends. */
static void draw_curve(const picture *p, const rn_curve *curve, const char *colour)
{
    bool open = false;

    fprintf(p->file,
            "<path fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\" "
            "stroke-linejoin=\"round\" stroke-linecap=\"round\" d=\"",
            colour);
    for (int64_t i = 0; i < curve->points; i++) {
        const bool good = usable(curve, i);
        if (good) {
            fputs(open ? " L" : " M", p->file);
            write_number(p->file, page_x(p, curve->x[i]));
            fputc(' ', p->file);
            write_number(p->file, page_y(p, curve->y[i]));
            if (!open) fputs(" h0", p->file);
        }
        open = good;
    }
    fputs("\"/>\n", p->file);
}

/* The legend: at the right, above the curves, on a translucent ground. */
static void draw_legend(const picture *p, const rn_curve *curves, int count)
{
    size_t longest = 0;

    for (int i = 0; i < count; i++) {
        const size_t length = curves[i].label ? strlen(curves[i].label) : 0;
        if (length > longest) longest = length;
    }
    if (longest == 0) return;

    const int width = 44 + 7 * (int)(longest < 60 ? longest : 60);
    const int left = WIDTH - RIGHT - 10 - width, top = TOP + 10;

    fprintf(p->file,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#ffffff\" "
            "fill-opacity=\"0.85\" stroke=\"#cccccc\"/>\n",
            left, top, width, count * LEGEND_ROW + 8);
    for (int i = 0; i < count; i++) {
        const int y = top + 4 + LEGEND_ROW / 2 + i * LEGEND_ROW;
        fprintf(p->file, "<path stroke=\"%s\" stroke-width=\"2.5\" d=\"M%d %dh20\"/>\n",
                colours[i % COLOURS], left + 8, y);
        draw_text(p, left + 34, y + 4, "text-anchor=\"start\"", curves[i].label);
    }
}

static void draw(const picture *p, const char *title, const char *x_label,
                 const char *y_label, const rn_curve *curves, int count)
{
    fprintf(p->file,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n"
            "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT, WIDTH, HEIGHT);
    draw_grid(p);
    for (int i = 0; i < count; i++) draw_curve(p, &curves[i], colours[i % COLOURS]);
    draw_frame(p, title, x_label, y_label);
    draw_legend(p, curves, count);
    fputs("</svg>\n", p->file);
}

static bool valid(const char *path, const rn_curve *curves, int count)
{
    if (!path || count < 0 || (count > 0 && !curves)) return false;
    for (int i = 0; i < count; i++)
        if (curves[i].points < 0 || (curves[i].points && (!curves[i].x || !curves[i].y)))
            return false;
    return true;
}

rn_status rn_plot_svg(const char *path, const char *title, const char *x_label,
                      const char *y_label, const rn_curve *curves, int count)
{
    const rn_allocator a = {NULL, NULL};
    char *text = NULL;
    rn__piece piece = {NULL, 0};
    rn__fault fault = {""};
    picture p;

    if (!valid(path, curves, count)) return RN_INVALID;
    p.file = open_memstream(&text, &piece.bytes);
    if (!p.file) return RN_NO_MEMORY;
    choose_axes(&p, curves, count);
    draw(&p, title, x_label, y_label, curves, count);
    const bool drawn = !ferror(p.file);
    const bool whole = fclose(p.file) == 0 && drawn;
    piece.data = text;
    const rn_status status =
        whole ? rn__file_replace(a, path, &piece, 1, &fault) : RN_NO_MEMORY;
    free(text);
    return status;
}
