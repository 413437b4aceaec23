/* SPDX-License-Identifier: MIT */
/* What comparisons share: broadcast operands of one type, a bool result. */
#ifndef RN_OPS_COMPARE_H
#define RN_OPS_COMPARE_H

#include "ops/op.h"

/* The shape rule of every comparison. Its kernel is that of the operands' type. */
const char *rn__compare_shape(rn_typing *typing);

#if !RN_ONCE

/* 0 or 1 in an integer of the element's size: so both fill vectors of the same lanes. */
#if defined(RN_VARIANT_BOOL)
typedef uint8_t rn__truth;
#elif RN_IS_REAL && RN_REAL == 64
typedef uint64_t rn__truth;
#else
typedef uint32_t rn__truth;
#endif

/* Compares n pairs, whole vectors where both steps are 1. */
typedef void rn__comparison(int64_t n, const element *x, int64_t sx, const element *y,
                            int64_t sy, rn__truth *z);

/* The map of a comparison. */
void R(rn__compare)(rn__comparison *pairs, int64_t n, const void *const *in,
                    const int64_t *step, void *out);

#endif

/* RN_COMPARE2(less, any, x < y): the operator's name, its kind and the condition. */
#define RN_COMPARE2(name, kind, condition)                                                 \
    RN_TEXT(#condition) RN_FOR_##kind(RN_COMPARE2_(name, condition))

#define RN_COMPARE2_(name, condition)                                                      \
    RN_INLINE rn__truth R(name##_of)(element x, element y)                                 \
    {                                                                                      \
        return (condition);                                                                \
    }                                                                                      \
                                                                                           \
    static void R(name##_pairs)(int64_t n, const element *x, int64_t sx, const element *y, \
                                int64_t sy, rn__truth *z)                                  \
    {                                                                                      \
        const int64_t whole = sx == 1 && sy == 1 ? n & -16 : 0;                            \
                                                                                           \
        RN_EACH(i, whole) z[i] = R(name##_of)(x[i], y[i]);                                 \
        RN_LEFT(i, whole, n, z[i] = R(name##_of)(x[i * sx], y[i * sy]))                    \
    }                                                                                      \
                                                                                           \
    void R(rn__map_##name)(RN_MAP_ARGUMENTS)                                               \
    {                                                                                      \
        (void)attributes;                                                                  \
        R(rn__compare)(R(name##_pairs), n, in, step, out);                                 \
    }

#endif
