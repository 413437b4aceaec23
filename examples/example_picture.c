/* SPDX-License-Identifier: MIT */
/* Pictures of the examples, as SVG. */
#include "example.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void picture_begin(picture *p, int width, int height)
{
    p->file = open_memstream(&p->bytes, &p->count);
    if (!p->file) return;
    fprintf(p->file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
            width, height, width, height);
}

/* Tenths, with a point in every locale. */
static void number(picture *p, const char *before, double value, const char *after)
{
    const long tenths = (long)(value * 10 + (value < 0 ? -0.5 : 0.5));
    const long size = labs(tenths);

    fprintf(p->file, "%s%s%ld", before, tenths < 0 ? "-" : "", size / 10);
    if (size % 10) fprintf(p->file, ".%ld", size % 10);
    fputs(after, p->file);
}

void picture_box(picture *p, double x, double y, double width, double height,
                 const char *colour)
{
    if (!p->file) return;
    number(p, "<rect x=\"", x, "\"");
    number(p, " y=\"", y, "\"");
    number(p, " width=\"", width, "\"");
    number(p, " height=\"", height, "\"");
    fprintf(p->file, " fill=\"%s\"/>\n", colour);
}

/* Bytes that XML or ASCII do not have become question marks. */
static void escaped(FILE *file, const char *bytes, size_t count)
{
    for (; count > 0; bytes++, count--) {
        if (*bytes == '&')
            fputs("&amp;", file);
        else if (*bytes == '<')
            fputs("&lt;", file);
        else
            fputc(*bytes < ' ' || *bytes > '~' ? '?' : *bytes, file);
    }
}

void picture_text(picture *p, double x, double y, int size, const char *anchor,
                  const char *colour, const char *format, ...)
{
    char text[400];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!p->file) return;
    number(p, "<text x=\"", x, "\"");
    number(p, " y=\"", y, "\"");
    fprintf(p->file, " font-size=\"%d\"", size);
    if (strcmp(anchor, "start") != 0) fprintf(p->file, " text-anchor=\"%s\"", anchor);
    fprintf(p->file, " fill=\"%s\">", colour);
    escaped(p->file, text, strlen(text));
    fputs("</text>\n", p->file);
}

void picture_code_begin(picture *p, double x, double y)
{
    if (!p->file) return;
    number(p, "<text xml:space=\"preserve\" font-family=\"monospace\" x=\"", x, "\"");
    number(p, " y=\"", y, "\" font-size=\"12\">");
}

void picture_code_span(picture *p, const char *colour, bool underlined, const char *bytes,
                       int count)
{
    if (!p->file) return;
    fprintf(p->file, "<tspan fill=\"%s\"%s>", colour,
            underlined ? " text-decoration=\"underline\" font-weight=\"bold\"" : "");
    escaped(p->file, bytes, (size_t)count);
    fputs("</tspan>", p->file);
}

void picture_code_end(picture *p)
{
    if (p->file) fputs("</text>\n", p->file);
}

/* One path for all runs of pixels of a level. */
static void draw_level(picture *p, const int32_t *pixel, int level)
{
    const int grey = 15 - level * 15 / (LEVELS - 1);
    bool any = false;

    for (int i = 0; i < PIXELS; i++) {
        const int x = i % COLUMNS;
        int run = 0;
        if (pixel[i] != level || (x > 0 && pixel[i - 1] == level)) continue;
        while (x + run < COLUMNS && pixel[i + run] == level) run++;
        fprintf(p->file, "%sM%d %dh%dv1h-%dz", any ? "" : "<path d=\"", x, i / COLUMNS, run,
                run);
        any = true;
    }
    if (any) fprintf(p->file, "\" fill=\"#%x%x%x\"/>", grey, grey, grey);
}

void picture_digit(picture *p, double x, double y, double scale, const int32_t *pixel)
{
    if (!p->file) return;
    number(p, "<g shape-rendering=\"crispEdges\" transform=\"translate(", x, " ");
    number(p, "", y, ")");
    number(p, " scale(", scale, ")\">");
    for (int level = 1; level < LEVELS; level++) draw_level(p, pixel, level);
    fputs("</g>\n", p->file);
}

bool picture_written(const settings *s, rn_status status)
{
    if (status != RN_OK) return complain("%s: cannot be written", s->picture);
    printf("picture in %s\n", s->picture);
    return true;
}

bool picture_end(picture *p, const settings *s)
{
    char why[700] = "out of memory";
    bool ok = p->file && fputs("</svg>\n", p->file) >= 0;

    if (p->file) ok = fclose(p->file) == 0 && ok;
    ok = ok && rn_file_write(s->picture, p->bytes, p->count, why, sizeof why) == RN_OK;
    free(p->bytes);
    return ok ? picture_written(s, RN_OK) : complain("%s", why);
}
