/* SPDX-License-Identifier: MIT */
/*
 * Central differences over steps h, h/2, h/4, ..., each window of four extrapolated to step
 * 0 (Romberg): the error is then of order h^8. Large steps lose to curvature, which shows
 * in how far an extrapolation moves, small ones to the function's noise, which is measured.
 * The window is taken whose error bound, of both together, is the smallest.
 */
#include "check/numeric.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

enum { STEPS = 44, WINDOW = 4 };

/* The longest step, in eighths of the scale. Not 1: a wave whose length is a power of two,
 * as in an encoding of positions, does not show over steps that are multiples of it. Few
 * binary digits: by these most x move without rounding. */
static const double longest = 0x1.7a8p-1;

/* So many standard deviations are sure enough. */
static const double sure = 20;

/* What the window with this finest step says. */
typedef struct window {
    double h, value;
    double bend;  /* what curvature may have moved it by; NaN: cannot be said */
    double least; /* the noise of one value, if it were but the rounding of that value */
} window;

typedef struct ladder {
    rn__function f;
    void *data;
    double d[WINDOW]; /* differences, of the finest step first */
    window at[STEPS];
    int count;
} ladder;

/* The extrapolation of d[0..3]; *moved is by how much its last stage changed it. */
static double extrapolate(const double *d, double *moved)
{
    double r[WINDOW], before = 0;

    for (int i = 0; i < WINDOW; i++) r[i] = d[i];
    for (int stage = 1; stage < WINDOW; stage++) {
        const double power = ldexp(1, 2 * stage);
        before = r[0];
        for (int i = 0; i + stage < WINDOW; i++)
            r[i] = (power * r[i] - r[i + 1]) / (power - 1);
    }
    *moved = fabs(r[0] - before);
    return r[0];
}

/* One step down. */
static bool descend(ladder *l, double h)
{
    double up, down, moved;

    if (!l->f(l->data, h, &up) || !l->f(l->data, -h, &down)) return false;
    for (int i = WINDOW - 1; i > 0; i--) l->d[i] = l->d[i - 1];
    l->d[0] = (up - down) / (2 * h);

    window *w = &l->at[l->count];
    const double before = l->count ? w[-1].value : NAN;
    *w = (window){.h = h, .value = extrapolate(l->d, &moved)};
    w->bend = moved + fabs(w->value - before);
    w->least = fmax(fmax(fabs(up), fabs(down)) * (DBL_EPSILON / 2), DBL_TRUE_MIN);
    l->count++;
    return true;
}

static double bound(const window *w, double noise)
{
    return w->bend + sure * fmax(noise, w->least) / w->h;
}

/* The window of the smallest bound; NULL when there is none. */
static const window *best_of(const ladder *l, double noise)
{
    const window *best = NULL;

    for (int i = 0; i < l->count; i++)
        if (bound(&l->at[i], noise) < (best ? bound(best, noise) : (double)INFINITY))
            best = &l->at[i];
    return best;
}

/* Measures the noise where the best window is. More noise asks for longer steps, where it
 * may be another. */
static bool find_noise(const ladder *l, const window **best, double *noise)
{
    for (int i = 0; *best && i < 2; i++) {
        const double h = (*best)->h;
        double up, down;
        /* Not powers of two, and at two places: rounding errors at even distances make
         * patterns that differences may not see. */
        if (!rn__noise(l->f, l->data, h, h * 0x1.7a8p-13, &up) ||
            !rn__noise(l->f, l->data, h * -0.87, h * 0x1.2d4p-13, &down))
            return false;
        *noise = fmax(*noise, fmax(up, down));
        *best = best_of(l, *noise);
        if (!*best || (*best)->h <= 4 * h) break;
    }
    return true;
}

bool rn__clear(const rn__derivative *d)
{
    return d->error <= 1e-3 * fabs(d->value);
}

bool rn__sharp(const rn__derivative *d)
{
    return d->error <= 1e-8 * fabs(d->value);
}

bool rn__differentiate(rn__function f, void *data, rn__steps steps, rn__derivative *out)
{
    ladder l = {.f = f, .data = data, .d = {NAN, NAN, NAN, NAN}};
    const window *best = NULL;
    double noise = steps.noise, h = longest * steps.scale / 8;

    for (; l.count < STEPS && h >= steps.shortest; h /= 2) {
        if (!descend(&l, h)) return false;
        best = best_of(&l, noise);
        if (best && sure * fmax(noise, l.at[l.count - 1].least) / h >= bound(best, noise))
            break;
    }
    *out = (rn__derivative){NAN, INFINITY, h, noise, false, true};
    if (!find_noise(&l, &best, &noise)) return false;
    if (!best) return true;
    const double error = bound(best, noise);
    const bool settled = best->bend <= error - best->bend;
    *out = (rn__derivative){best->value, error, best->h, noise, settled, false};
    out->bent = best->bend > 1e-3 * fabs(best->value) && !settled;
    /* Where extrapolation does not settle, how far it moves says little. */
    if (out->bent) out->error *= 10;
    return true;
}

rn__derivative rn__better(rn__derivative fine, rn__derivative coarse)
{
    if (isnan(fine.value) || isnan(coarse.value)) return isnan(fine.value) ? coarse : fine;
    const double apart = fabs(fine.value - coarse.value);
    if (apart <= fine.error + coarse.error)
        return fine.error <= coarse.error ? fine : coarse;
    if (!rn__clear(&fine)) fine.error += apart + coarse.error;
    return fine;
}
