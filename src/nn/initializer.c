/* SPDX-License-Identifier: MIT */
/*
 * Initial values of weights.
 *
 * Number i of a weight's stream is Philox of the counter (i / 2, hash of the full name)
 * under the model's seed as key. It depends on nothing else.
 */
#include "nn/initializer.h"

#include <math.h>

#include "base/hash.h"
#include "kernel/philox.h"
#include "nn/name.h"

void rn__uniform_pair(rn__stream stream, uint64_t pair, double out[2])
{
    const uint32_t key[2] = {(uint32_t)stream.seed, (uint32_t)(stream.seed >> 32)};
    uint32_t word[4] = {(uint32_t)pair, (uint32_t)(pair >> 32), (uint32_t)stream.name,
                        (uint32_t)(stream.name >> 32)};

    rn__philox(word, key, word);
    for (int i = 0; i < 2; i++) {
        const uint64_t bits = ((uint64_t)word[2 * i] << 32) | word[2 * i + 1];
        out[i] = (double)(bits >> 11) * 0x1p-53;
    }
}

/* Box and Muller 1958. 1 - u is never 0. */
void rn__normal_pair(rn__stream stream, uint64_t pair, double out[2])
{
    double u[2];

    rn__uniform_pair(stream, pair, u);

    const double radius = sqrt(-2 * log(1 - u[0])), angle = 6.283185307179586477 * u[1];
    out[0] = radius * cos(angle);
    out[1] = radius * sin(angle);
}

/* A weight as a matrix [in, out]: the last axis is `out`, all others are `in`. */
typedef struct matrix {
    int64_t in, out, count;
} matrix;

static matrix matrix_of(rn_shape shape)
{
    matrix m = {1, 1, 1};

    for (int i = 0; i < shape.rank; i++) {
        if (i + 1 < shape.rank) m.in *= shape.size[i];
        m.count *= shape.size[i];
    }
    if (shape.rank > 0) m.out = shape.size[shape.rank - 1];
    return m;
}

static void put(rn_variable *variable, int64_t i, double value)
{
    if (variable->type == RN_F64)
        ((double *)variable->data)[i] = value;
    else
        ((float *)variable->data)[i] = (float)value;
}

static bool constant(rn_variable *variable, int64_t count, double value)
{
    for (int64_t i = 0; i < count; i++) put(variable, i, value);
    return true;
}

static bool uniform(rn_variable *variable, rn__stream stream, int64_t count, double scale)
{
    double u[2] = {0, 0};

    for (int64_t i = 0; i < count; i++) {
        if (i % 2 == 0) rn__uniform_pair(stream, (uint64_t)(i / 2), u);
        put(variable, i, (2 * u[i % 2] - 1) * scale);
    }
    return true;
}

static bool normal(rn_variable *variable, rn__stream stream, int64_t count, double scale)
{
    double n[2] = {0, 0};

    for (int64_t i = 0; i < count; i++) {
        if (i % 2 == 0) rn__normal_pair(stream, (uint64_t)(i / 2), n);
        put(variable, i, n[i % 2] * scale);
    }
    return true;
}

static bool identity(rn_variable *variable, int64_t count, double scale)
{
    const rn_shape s = variable->shape;
    const int64_t columns = s.rank > 0 ? s.size[s.rank - 1] : 1;
    const int64_t rows = s.rank > 1 ? s.size[s.rank - 2] : 0;

    for (int64_t i = 0; i < count; i++)
        put(variable, i, rows == 0 || i % columns == i / columns % rows ? scale : 0);
    return true;
}

/* The shorter side decides whether rows or columns are the orthonormal vectors. */
static bool orthogonal(rn_variable *variable, rn__stream stream, matrix m, double scale)
{
    const bool columns = m.in >= m.out;
    const int64_t vectors = columns ? m.out : m.in, size = columns ? m.in : m.out;
    size_t bytes;

    if (!rn__multiply((size_t)m.count, sizeof(double), &bytes)) return false;
    if (bytes == 0) return true;

    double *q = (double *)rn__allocate(variable->allocator, bytes);
    if (!q) return false;

    const bool done = rn__orthonormal(variable->allocator, stream, vectors, size, q);
    for (int64_t r = 0; done && r < m.in; r++)
        for (int64_t c = 0; c < m.out; c++)
            put(variable, r * m.out + c, scale * q[columns ? c * size + r : r * size + c]);
    rn__free(variable->allocator, q);
    return done;
}

bool rn__initialize(rn_variable *variable, rn_init init, uint64_t seed)
{
    const rn__stream stream = {seed, rn__hash(variable->name)};
    const matrix m = matrix_of(variable->shape);
    const double scale = init.scale != 0 ? init.scale : 1;
    const double in = (double)m.in, out = (double)m.out;

    switch (init.kind) {
    case RN_INIT_ZEROS:
        return true;
    case RN_INIT_CONSTANT:
        return constant(variable, m.count, init.scale);
    case RN_INIT_UNIFORM:
        return uniform(variable, stream, m.count, scale);
    case RN_INIT_NORMAL:
        return normal(variable, stream, m.count, scale);
    case RN_INIT_GLOROT_UNIFORM:
        return uniform(variable, stream, m.count, scale * sqrt(6 / (in + out)));
    case RN_INIT_GLOROT_NORMAL:
        return normal(variable, stream, m.count, scale * sqrt(2 / (in + out)));
    case RN_INIT_HE_UNIFORM:
        return uniform(variable, stream, m.count, scale * sqrt(6 / in));
    case RN_INIT_HE_NORMAL:
        return normal(variable, stream, m.count, scale * sqrt(2 / in));
    case RN_INIT_ORTHOGONAL:
        return orthogonal(variable, stream, m, scale);
    case RN_INIT_LECUN_UNIFORM:
        return uniform(variable, stream, m.count, scale * sqrt(3 / in));
    case RN_INIT_LECUN_NORMAL:
        return normal(variable, stream, m.count, scale * sqrt(1 / in));
    case RN_INIT_IDENTITY:
        return identity(variable, m.count, scale);
    }
    return true;
}
