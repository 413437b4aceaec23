/* SPDX-License-Identifier: MIT */
/* Reads and scales the series of sunspots. */
#include "sunspots.h"

#include <math.h>
#include <stdlib.h>

static bool parse(series *r, const char *at, const char *path)
{
    char *end;

    for (int line = 1; *at; line++, at = end + 1) {
        const long year = strtol(at, &end, 10);
        if (line == 1) r->year = (int)year;
        bool ok = end != at && year == r->year + line - 1;
        for (int i = 0; i < 12 && ok; i++) {
            const double value = strtod(at = end, &end);
            ok = end != at && value >= 0 && value < 1e4;
            r->number[r->count++] = value;
        }
        if (!ok || *end != '\n')
            return complain("%s: line %d is not the next year and twelve numbers", path,
                            line);
    }
    r->train = r->count - HELD;
    return r->train >= 2 * STEPS || complain("%s: %d months are too few: %d are needed",
                                             path, r->count, 2 * STEPS + HELD);
}

/* Mean and deviation are those of the training part. */
static void scale(series *r)
{
    double sum = 0, squares = 0, recent = 0;

    for (int i = 0; i < r->train; i++) {
        sum += sqrt(r->number[i]);
        squares += r->number[i];
    }
    r->mean = sum / r->train;
    r->deviation = sqrt(squares / r->train - r->mean * r->mean) + 1e-9;
    for (int i = 0; i < r->count; i++) {
        r->z[i] = (float)((sqrt(r->number[i]) - r->mean) / r->deviation);
        recent += r->z[i] - (i < 12 ? 0 : r->z[i - 12]);
        r->smooth[i] = (float)(recent / (i < 12 ? i + 1 : 12));
    }
}

double series_unscale(const series *r, double z)
{
    const double root = z * r->deviation + r->mean;

    return root > 0 ? root * root : 0;
}

bool series_read(series *r, const settings *s)
{
    int bytes;
    char *file = file_read(s->data, &bytes);

    if (!file) return false;
    /* A number takes two bytes at least; a line that ends early may add twelve. */
    const size_t most = (size_t)bytes / 2 + 13;
    r->number = (double *)calloc(most, sizeof *r->number);
    r->z = (float *)calloc(most, sizeof *r->z);
    r->smooth = (float *)calloc(most, sizeof *r->smooth);
    bool ok = (r->number && r->z && r->smooth) || complain("out of memory");
    ok = ok && parse(r, file, s->data);
    if (ok) scale(r);
    free(file);
    return ok;
}

void series_free(series *r)
{
    free(r->number);
    free(r->z);
    free(r->smooth);
}
