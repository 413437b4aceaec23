/* SPDX-License-Identifier: MIT */
/*
 * Random orthonormal vectors, after G. W. Stewart, "The efficient generation of random
 * orthogonal matrices", SIAM J. Numer. Anal. 17 (1980).
 *
 * The Q of a QR decomposition of a Gaussian matrix is a product of reflections
 *
 *   H_j = I - v_j v_j^T,     |v_j|^2 = 2,     v_j zero before element j
 *
 * and the rest of the matrix after some reflections is still Gaussian. So each v_j is made
 * from normal numbers of its own, and no matrix is decomposed:
 *
 *   q_c = s_c H_0 H_1 .. H_c e_c         s_c the sign that makes R's diagonal positive
 *
 * Reflections are orthogonal up to rounding for any numbers, so the result is too.
 */
#include <math.h>
#include <string.h>

#include "nn/initializer.h"

enum { LANES = 8, BLOCK = 8 };

/* Summed in lanes, because the compiler must not reorder a single sum. */
static double dot(const double *x, const double *y, int64_t n)
{
    double lane[LANES] = {0}, total = 0;
    int64_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) lane[l] += x[i + l] * y[i + l];
    for (; i < n; i++) total += x[i] * y[i];
    for (int l = 0; l < LANES; l++) total += lane[l];
    return total;
}

/* y -= (v . y) v */
static void reflect(const double *v, double *y, int64_t n)
{
    const double c = dot(v, y, n);

    for (int64_t i = 0; i < n; i++) y[i] -= c * v[i];
}

/* Overwrites the Gaussian x with v = x + sign(x_0) |x| e_0, scaled. */
static void make_reflection(double *x, int64_t n)
{
    const double norm = sqrt(dot(x, x, n));

    x[0] += x[0] < 0 ? -norm : norm;

    const double square = dot(x, x, n), scale = square > 0 ? sqrt(2 / square) : 0;
    for (int64_t i = 0; i < n; i++) x[i] *= scale;
}

static void make_reflections(rn__stream stream, int64_t count, int64_t size, double *v)
{
    double n[2] = {0, 0};

    for (int64_t i = 0; i < count * size; i++) {
        if (i % 2 == 0) rn__normal_pair(stream, (uint64_t)(i / 2), n);
        v[i] = n[i % 2];
    }
    for (int64_t j = 0; j < count; j++) make_reflection(v + j * size + j, size - j);
}

/* q_c for c in first <= c < end, one after the other. A block at a time, so that a
 * reflection is read from memory once for all of them. */
static void accumulate(const double *v, int64_t size, int64_t first, int64_t end, double *q)
{
    memset(q, 0, (size_t)((end - first) * size) * sizeof *q);
    for (int64_t c = first; c < end; c++)
        q[(c - first) * size + c] = v[c * size + c] < 0 ? 1 : -1;
    for (int64_t j = end - 1; j >= 0; j--)
        for (int64_t c = j > first ? j : first; c < end; c++)
            reflect(v + j * size + j, q + (c - first) * size + j, size - j);
}

bool rn__orthonormal(rn_allocator allocator, rn__stream stream, int64_t count, int64_t size,
                     double *vectors)
{
    size_t bytes;

    if (!rn__multiply((size_t)size, BLOCK * sizeof(double), &bytes)) return false;

    double *block = (double *)rn__allocate(allocator, bytes);
    if (!block) return false;

    make_reflections(stream, count, size, vectors);
    /* From the end: earlier vectors do not need the later reflections, so the result can
     * overwrite these. */
    for (int64_t end = count; end > 0;) {
        const int64_t first = end > BLOCK ? end - BLOCK : 0;
        accumulate(vectors, size, first, end, block);
        memcpy(vectors + first * size, block,
               (size_t)((end - first) * size) * sizeof *block);
        end = first;
    }
    rn__free(allocator, block);
    return true;
}
