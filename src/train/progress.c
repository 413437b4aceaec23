/* SPDX-License-Identifier: MIT */
/*
 * Progress: one line, updated in place on a terminal; elsewhere a new line from time to
 * time.
 *
 *   adding  [=========>           ]  45%  loss 0.0123  1:05 left
 */
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "kernel/ieee.h"
#include "rondo/train.h"

enum {
    BAR = 24,         /* width of the bar */
    COLUMNS = 80,     /* of a terminal of unknown width */
    LINE = 512,       /* longest line, with the 0 */
    LINES = 20,       /* printed in a whole run without a terminal */
    UNKNOWN_TOTAL = 5 /* seconds between lines when there is no total */
};

struct rn_progress {
    FILE *file;
    char *title;
    int64_t total, last_part;
    double start, last_time;
    double limit; /* seconds; 0: none */
    bool terminal, shown;
    size_t width; /* of the text on the terminal's line */
    char line[LINE];
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

rn_progress *rn_progress_new(FILE *file, const char *title, int64_t total)
{
    const rn_allocator a = {NULL, NULL};
    rn_progress *p = (rn_progress *)rn__new(a, sizeof *p);

    if (!p) return NULL;
    p->title = rn__copy_string(a, title ? title : "");
    if (!p->title) {
        rn__free(a, p);
        return NULL;
    }
    p->file = file;
    p->total = total > 0 ? total : 0;
    p->start = now();
    p->last_time = p->start - 1;
    p->terminal = file && isatty(fileno(file));
    return p;
}

void rn_progress_free(rn_progress *progress)
{
    const rn_allocator a = {NULL, NULL};

    if (!progress) return;
    rn_progress_end(progress);
    rn__free(a, progress->title);
    rn__free(a, progress);
}

double rn_progress_seconds(const rn_progress *progress)
{
    return progress ? now() - progress->start : 0;
}

void rn_progress_limit(rn_progress *progress, double seconds)
{
    if (progress) progress->limit = seconds > 0 && isfinite(seconds) ? seconds : 0;
}

/* The fraction that is done, of the steps or of the time; 0 if neither is limited. */
static double fraction(const rn_progress *p, int64_t done, double elapsed)
{
    const double steps = p->total ? (double)done / (double)p->total : 0;
    const double time = p->limit > 0 ? elapsed / p->limit : 0;

    return fmin(fmax(steps, time), 1);
}

/* ---- the line ---- */

static void append(char *line, const char *format, ...) RN_PRINTF(2, 3);

static void append(char *line, const char *format, ...)
{
    const size_t used = strlen(line);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line + used, LINE - used, format, arguments);
    va_end(arguments);
}

static void append_bar(char *line, double part)
{
    const int full = (int)(part * BAR);
    char bar[BAR + 1];

    memset(bar, '=', (size_t)full);
    memset(bar + full, ' ', (size_t)(BAR - full));
    if (full < BAR) bar[full] = '>';
    bar[BAR] = 0;
    append(line, "  [%s]", bar);
}

/* 0:07, 1:05, 2:13:59 */
static void append_time(char *line, double seconds, const char *what)
{
    const long long s = seconds < 1e9 ? (long long)(seconds + 0.5) : 1000000000;

    if (s >= 3600)
        append(line, "  %lld:%02lld:%02lld %s", s / 3600, s / 60 % 60, s % 60, what);
    else
        append(line, "  %lld:%02lld %s", s / 60, s % 60, what);
}

static void compose(rn_progress *p, int64_t done, const char *format, va_list arguments)
{
    const double elapsed = rn_progress_seconds(p);

    p->line[0] = 0;
    append(p->line, "%s", p->title);
    const double part = fraction(p, done, elapsed);
    if (p->total || p->limit > 0) {
        if (p->terminal) append_bar(p->line, part);
        append(p->line, "  %3d%%", (int)(100 * part));
    } else {
        append(p->line, "  %lld", (long long)done);
    }
    if (format) {
        append(p->line, "  ");
        const size_t used = strlen(p->line);
        vsnprintf(p->line + used, LINE - used, format, arguments);
    }
    if (part > 0 && part < 1)
        append_time(p->line, elapsed / part - elapsed, "left");
    else
        append_time(p->line, elapsed, "");
}

/* ---- showing it ---- */

static size_t columns(FILE *file)
{
#ifdef TIOCGWINSZ
    struct winsize size;

    if (!ioctl(fileno(file), TIOCGWINSZ, &size) && size.ws_col > 1) return size.ws_col;
#endif
    (void)file;
    return COLUMNS;
}

/* Overwrites the old line. It is cut so that it does not wrap, because a wrapped line
 * cannot be overwritten. */
static void rewrite(rn_progress *p)
{
    const size_t room = columns(p->file) - 1, old = p->width;

    if (strlen(p->line) > room) p->line[room] = 0;
    p->width = strlen(p->line);
    fprintf(p->file, "\r%s", p->line);
    for (size_t i = p->width; i < old && i < room; i++) fputc(' ', p->file);
    fflush(p->file);
}

/* The lines that a whole run should have printed by now. */
static int64_t lines(const rn_progress *p, int64_t done, double time)
{
    return (int64_t)(fraction(p, done, time - p->start) * LINES);
}

/* Whether another line is due; the last one always is. */
static bool due(const rn_progress *p, int64_t done, double time)
{
    const bool last = p->total && done >= p->total;

    if (p->terminal) return last || time - p->last_time >= 0.1;
    if (!p->total && p->limit <= 0)
        return !p->shown || time - p->last_time >= UNKNOWN_TOTAL;
    return lines(p, done, time) > p->last_part;
}

void rn_progress_show(rn_progress *progress, int64_t done, const char *format, ...)
{
    rn_progress *p = progress;
    const double time = now();
    va_list arguments;

    if (!p || !p->file) return;
    if (done < 0) done = 0;
    if (p->total && done > p->total) done = p->total;
    if (!due(p, done, time)) return;

    va_start(arguments, format);
    compose(p, done, format, arguments);
    va_end(arguments);
    p->last_time = time;
    p->last_part = lines(p, done, time);
    p->shown = true;
    if (p->terminal)
        rewrite(p);
    else
        fprintf(p->file, "%s\n", p->line);
}

void rn_progress_end(rn_progress *progress)
{
    if (!progress || !progress->file) return;
    if (progress->terminal && progress->width) fputc('\n', progress->file);
    progress->width = 0;
    fflush(progress->file);
}
