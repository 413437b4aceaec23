/* SPDX-License-Identifier: MIT */
/* A history as CSV, and as a picture. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/pattern.h"
#include "base/text.h"
#include "fit/history.h"
#include "kernel/ieee.h"
#include "rondo/file.h"
#include "rondo/train.h"

char *rn__decimal(double value, char text[RN__DECIMAL])
{
    char *to = text;

    if (!isfinite(value))
        return strcpy(text, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, RN__DECIMAL, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    /* What is no digit, sign or e is the locale's point, of one byte or more. */
    for (const char *from = text; *from; from++)
        if (strchr("0123456789+-e", *from))
            *to++ = *from;
        else if (to == text || to[-1] != '.')
            *to++ = '.';
    *to = 0;
    return text;
}

static void write_table(rn__text *text, const rn_history *h)
{
    char number[RN__DECIMAL];

    for (int64_t row = -1; row < h->rows; row++)
        for (int i = 0; i < h->columns; i++)
            rn__text_add(text, "%s%s",
                         row < 0 ? h->column[i].name
                                 : rn__decimal(h->column[i].value[row], number),
                         i + 1 < h->columns ? "," : "\n");
}

rn_status rn_history_save(rn_history *h, const char *path)
{
    rn__text text = {NULL, 0, 0};

    if (!h) return RN_INVALID;
    write_table(&text, h);
    text = (rn__text){(char *)rn__allocate(h->allocator, text.used + 1), text.used + 1, 0};
    if (!text.at) return rn__history_fail(h, RN_NO_MEMORY, "history_save: out of memory");
    write_table(&text, h);
    const rn_status status =
        rn_file_write(path, text.at, text.used, h->error, sizeof h->error);
    rn__free(h->allocator, text.at);
    return status;
}

/* The curves of the columns that the list names. Returns how many. */
static int choose(const rn_history *h, const double *x, const char *list, rn_curve *curve)
{
    const char *pattern;
    size_t bytes;
    int count = 0;

    while (rn__pattern_next(&list, &pattern, &bytes))
        for (int i = 0; i < h->columns; i++) {
            const rn__column *c = &h->column[i];
            bool known = c->value == x || !rn__pattern_matches(pattern, bytes, c->name);
            for (int k = 0; k < count && !known; k++) known = curve[k].y == c->value;
            if (!known) curve[count++] = (rn_curve){c->name, x, c->value, h->rows};
        }
    return count;
}

rn_status rn_history_plot(rn_history *h, const char *path, const char *title, const char *x,
                          const char *columns)
{
    if (!h) return RN_INVALID;
    const int at = x ? rn__history_find(h, x) : -1;
    if (!path || at < 0 || !columns)
        return rn__history_fail(h, RN_INVALID,
                                path ? "history_plot: no column: %.200s"
                                     : "history_plot: no path, %.200s",
                                x && columns ? x : "NULL");
    rn_curve *curve = (rn_curve *)rn__new(h->allocator, (size_t)h->columns * sizeof *curve);
    if (!curve) return rn__history_fail(h, RN_NO_MEMORY, "history_plot: out of memory");
    const int count = choose(h, h->column[at].value, columns, curve);
    rn_status status = count ? rn_plot_svg(path, title, x, "", curve, count) : RN_INVALID;
    if (count == 0)
        rn__history_fail(h, status, "history_plot: no column: %.200s", columns);
    else if (status == RN_NO_MEMORY)
        rn__history_fail(h, status, "history_plot: out of memory");
    else if (status != RN_OK)
        rn_file_check(path, h->error, sizeof h->error);
    rn__free(h->allocator, curve);
    return status;
}
