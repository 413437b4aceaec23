/* SPDX-License-Identifier: MIT */
/* Values of a file as the model holds them: other element types, transposed matrices. */
#include "kernel/ieee.h"

#include <math.h>
#include <string.h>

#include "io/model_file.h"

/* IEEE binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
static double half(unsigned bits)
{
    const int exponent = (int)(bits >> 10 & 31);
    const double fraction = bits & 1023;
    double x = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);

    if (exponent == 31) x = fraction != 0 ? (double)NAN : (double)INFINITY;
    return bits >> 15 ? -x : x;
}

/* Element i as a number; bfloat16 is the upper half of an f32. */
static double element(const rn__stored *stored, int64_t i)
{
    const char *at =
        (const char *)stored->data + (size_t)i * rn__safetensors_size(stored->type);
    uint16_t bits = 0;
    uint32_t wide = 0;
    float f = 0;
    double d = 0;

    switch (stored->type) {
    case RN_F64:
        memcpy(&d, at, sizeof d);
        return d;
    case RN__F16:
        memcpy(&bits, at, sizeof bits);
        return half(bits);
    case RN__BF16:
        memcpy(&bits, at, sizeof bits);
        wide = (uint32_t)bits << 16;
        break;
    default:
        memcpy(&wide, at, sizeof wide);
    }
    memcpy(&f, &wide, sizeof f);
    return (double)f;
}

bool rn__load_fits(const rn_variable *v, const rn__stored *stored)
{
    const int64_t count = rn_shape_count(v->shape);

    if (stored->type != RN_F64 || v->type != RN_F32) return true;
    for (int64_t i = 0; i < count; i++) {
        const double x = element(stored, i);
        if (isfinite(x) && !isfinite((float)x)) return false;
    }
    return true;
}

void rn__load_copy(rn_variable *v, const rn__stored *stored, bool transposed)
{
    const int64_t count = rn_shape_count(v->shape);
    const int64_t rows = v->shape.size[0], columns = v->shape.size[1];

    transposed = transposed && v->shape.rank == 2;
    if ((int)v->type == stored->type && !transposed) {
        if (v->bytes) memcpy(v->data, stored->data, v->bytes);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        const int64_t from = transposed ? i % columns * rows + i / columns : i;
        const double x = element(stored, from);
        if (v->type == RN_F64)
            ((double *)v->data)[i] = x;
        else
            ((float *)v->data)[i] = (float)x;
    }
}
