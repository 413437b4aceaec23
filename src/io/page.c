/* SPDX-License-Identifier: MIT */
/* Text of a picture that grows in memory and becomes a file. */
#include "io/page.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "io/file.h"

static void append(rn__page *p, const char *text, size_t bytes)
{
    if (p->failed) return;
    if (bytes > p->capacity - p->used) {
        const size_t capacity = 2 * p->capacity + bytes + 1000;
        char *more = (char *)rn__resize(p->allocator, p->at, capacity);
        if (!more) {
            p->failed = true;
            return;
        }
        p->at = more;
        p->capacity = capacity;
    }
    memcpy(p->at + p->used, text, bytes);
    p->used += bytes;
}

static void append_string(rn__page *p, const char *text)
{
    append(p, text, strlen(text));
}

/* Length of the UTF-8 character at `text`; 0 if it is not valid or XML forbids it. */
static size_t character(const char *text)
{
    if (!strncmp(text, "\xef\xbf\xbe", 3) || !strncmp(text, "\xef\xbf\xbf", 3)) return 0;
    for (size_t bytes = 1; bytes <= 4; bytes++)
        if (rn__utf8_valid(text, bytes)) return bytes;
    return 0;
}

/* What stands for a special character; NULL: itself. Graphviz, too, reads entities. */
static const char *escape(const rn__page *p, unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\\':
        return p->dot ? "\\\\" : NULL;
    default:
        return c < 0x20 || c == 0x7f ? " " : NULL;
    }
}

static void append_name(rn__page *p, const char *text)
{
    while (text && *text) {
        const size_t bytes = character(text);
        const char *other = bytes ? escape(p, (unsigned char)*text) : "\xef\xbf\xbd";

        append(p, other ? other : text, other ? strlen(other) : bytes);
        text += bytes ? bytes : 1;
    }
}

/* At most two decimals. Of what is not finite or too large, an end of the range. */
static void append_number(rn__page *p, double value)
{
    const long long hundredths =
        llround(100 * (value > -1e12 ? (value < 1e12 ? value : 1e12) : -1e12));
    const long long size = hundredths < 0 ? -hundredths : hundredths;
    char text[40];
    int length = snprintf(text, sizeof text, "%s%lld.%02lld", hundredths < 0 ? "-" : "",
                          size / 100, size % 100);

    while (text[length - 1] == '0') length--;
    if (text[length - 1] == '.') length--;
    append(p, text, (size_t)length);
}

void rn__page_put(rn__page *p, const char *format, ...)
{
    va_list arguments;
    char text[24];

    va_start(arguments, format);
    while (*format) {
        const size_t plain = strcspn(format, "%");
        append(p, format, plain);
        format += plain;
        if (!*format) break;
        if (format[1] == 'd') {
            snprintf(text, sizeof text, "%d", va_arg(arguments, int));
            append_string(p, text);
        } else if (format[1] == 'f') {
            append_number(p, va_arg(arguments, double));
        } else {
            append_name(p, va_arg(arguments, const char *));
        }
        format += 2;
    }
    va_end(arguments);
}

void rn__page_begin(rn__page *p, double width, double height)
{
    rn__page_put(p,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%f\" height=\"%f\" "
                 "viewBox=\"0 0 %f %f\" font-family=\"sans-serif\" font-size=\"12\">\n"
                 "<rect width=\"%f\" height=\"%f\" fill=\"#ffffff\"/>\n",
                 width, height, width, height, width, height);
}

rn_status rn__page_finish(rn__page *p, const char *path)
{
    const rn__piece piece = {p->at, p->used};
    rn__fault fault = {""};
    const rn_status status =
        p->failed ? RN_NO_MEMORY : rn__file_replace(p->allocator, path, &piece, 1, &fault);

    rn__free(p->allocator, p->at);
    p->at = NULL;
    return status;
}

int rn__text_length(const char *text)
{
    int length = 0;

    for (; text && *text && length < 100000; text++)
        length += ((unsigned char)*text & 0xc0) != 0x80;
    return length;
}

double rn__text_width(const char *text, double size)
{
    return 0.6 * size * rn__text_length(text);
}
