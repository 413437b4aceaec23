/* SPDX-License-Identifier: MIT */
/* Searching values for what is not finite. */
#include "backend/values.h"

#include <math.h>
#include <string.h>

double rn__values_read(rn_type type, const void *data, int64_t index)
{
    switch (type) {
    case RN_F32:
        return (double)((const float *)data)[index];
    case RN_F64:
        return ((const double *)data)[index];
    case RN_I32:
        return ((const int32_t *)data)[index];
    case RN_BOOL:
        return ((const uint8_t *)data)[index];
    }
    return 0;
}

/* ---- fast, to know whether there is anything ---- */

/* An exponent of ones only is that of an infinity or a NaN; adding one carries out of
 * it. */
static bool finite_f32(const void *data, int64_t n)
{
    const char *at = (const char *)data;
    uint32_t carry = 0, bits;

    for (int64_t i = 0; i < n; i++) {
        memcpy(&bits, at + i * 4, sizeof bits);
        carry |= (bits & 0x7fffffff) + 0x00800000;
    }
    return carry >> 31 == 0;
}

static bool finite_f64(const void *data, int64_t n)
{
    const char *at = (const char *)data;
    uint64_t carry = 0, bits;

    for (int64_t i = 0; i < n; i++) {
        memcpy(&bits, at + i * 8, sizeof bits);
        carry |= (bits & 0x7fffffffffffffff) + 0x0010000000000000;
    }
    return carry >> 63 == 0;
}

bool rn__values_finite(const rn_array *array)
{
    const bool dense = array->rank == 0 || (array->rank == 1 && (array->stride[0] == 1));
    const int64_t n = array->rank ? array->size[0] : 1;

    if (array->type != RN_F32 && array->type != RN_F64) return true;
    if (!dense) return rn__values_first(array, false) < 0;
    return array->type == RN_F32 ? finite_f32(array->data, n) : finite_f64(array->data, n);
}

/* ---- slow, to know where ---- */

/* Where element i lies, counted in elements from the first. */
static int64_t index_of(const rn_array *array, int64_t i)
{
    int64_t index = 0;

    for (int axis = array->rank - 1; axis >= 0; axis--) {
        index += i % array->size[axis] * array->stride[axis];
        i /= array->size[axis];
    }
    return index;
}

static int64_t count_of(const rn_array *array)
{
    return rn_shape_count(rn_shape_of(array->rank, array->size));
}

double rn__values_at(const rn_array *array, int64_t i)
{
    return rn__values_read(array->type, array->data, index_of(array, i));
}

int64_t rn__values_first(const rn_array *array, bool nan)
{
    const int64_t n = count_of(array);

    if (array->type != RN_F32 && array->type != RN_F64) return -1;
    for (int64_t i = 0; i < n; i++) {
        const double value = rn__values_at(array, i);
        if (nan ? isnan(value) : !isfinite(value)) return i;
    }
    return -1;
}

int64_t rn__values_largest(const rn_array *array)
{
    const int64_t n = count_of(array);
    double most = -1;
    int64_t best = rn__values_first(array, false);

    for (int64_t i = 0; best < 0 && i < n; i++)
        most = fmax(most, fabs(rn__values_at(array, i)));
    for (int64_t i = 0; best < 0 && i < n; i++)
        if (fabs(rn__values_at(array, i)) == most) best = i;
    return best;
}
