/* SPDX-License-Identifier: MIT */
/*
 * Element-wise maps: the macros that make one of an expression.
 *
 * A map has loops over contiguous operands only. Operands with other steps are copied to
 * contiguous pieces (map.c), so that each variant has the vector code of an expression
 * once.
 *
 *   RN_MAP1, RN_MAP2     short expressions: a loop over whole vectors, and another over the
 *                        elements that are left. An operand may be repeated (step 0).
 *   RN_COMPARE2          the same with a bool as the result
 *   RN_LONG1, RN_LONG2   long expressions: a loop over whole vectors alone. What is left is
 *                        copied to a piece that is filled up.
 *
 * The arguments are the operator's name, its kind and an expression of x, or of x and y:
 * RN_MAP2(add, number, x + y). The kinds are in op.h, which includes this file.
 */
#ifndef RN_OPS_MAP_H
#define RN_OPS_MAP_H

#include "rondo/op.h"

#include <string.h>

#define RN_MAP_ARGUMENTS                                                                   \
    int64_t n, const void *const *in, const int64_t *step, void *out, const void *attributes

/*
 * Calls the map for one piece after the other, with every step 1 and no attributes. The
 * layout is made of the bytes of an element of the result and of up to three inputs, 0 for
 * one that there is not, and the number that n must be a multiple of.
 */
#define RN_LAYOUT(block, result, x, y, z)                                                  \
    ((unsigned)(block) << 16 | (unsigned)(result) << 12 | (unsigned)(x) << 8 |             \
     (unsigned)(y) << 4 | (unsigned)(z))

void rn__map_pieces(int64_t n, const void *const *in, const int64_t *step, void *out,
                    rn_map map, unsigned layout);

#define RN_LAYOUT_1       RN_LAYOUT(1, sizeof(element), sizeof(element), 0, 0)
#define RN_LAYOUT_2       RN_LAYOUT(1, sizeof(element), sizeof(element), sizeof(element), 0)
#define RN_LAYOUT_COMPARE RN_LAYOUT(1, 1, sizeof(element), sizeof(element), 0)
#define RN_LAYOUT_LONG1   (RN_LAYOUT_1 + RN_LAYOUT(RN_LANES(element) - 1, 0, 0, 0, 0))
#define RN_LAYOUT_LONG2   (RN_LAYOUT_2 + RN_LAYOUT(RN_LANES(element) - 1, 0, 0, 0, 0))

/* The iterations of the following loop are independent, even if y is x, so it can be
 * vectorised. */
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpass-failed" /* a loop that calls a function cannot */
#define RN_INDEPENDENT _Pragma("clang loop vectorize(assume_safety) interleave(disable)")
#define RN_ROLLED      _Pragma("clang loop vectorize(disable) unroll(disable)")
#else
#define RN_INDEPENDENT _Pragma("GCC ivdep")
#define RN_ROLLED      _Pragma("GCC unroll 1")
#endif
#define RN_EACH(i, n) RN_INDEPENDENT for (int64_t i = 0; i < (n); i++)

/* The elements of whole vectors, of the type of the smallest element. */
#define RN_LANES(type)    (VECTOR_BYTES / (int64_t)sizeof(type))
#define RN_WHOLE(n, type) ((n) & -RN_LANES(type))

/* One element after the other: for what whole vectors leave over. The empty statement keeps
 * GCC from vectorising the loop. */
#define RN_LEFT(i, from, n, statement)                                                     \
    RN_ROLLED for (int64_t i = (from); i < (n); i++)                                       \
    {                                                                                      \
        __asm__ volatile("");                                                              \
        statement;                                                                         \
    }

/* An operand that is repeated (step 0) as a vector's worth of the smallest elements, for
 * loops that take so many at once and do not advance it. */
#ifdef RN_VARIANT
static inline const element *R(rn__repeat)(element *room, const void *operand, int64_t step,
                                           int64_t n)
{
    const element *x = (const element *)operand;

    if (step != 0 || n < 16) return x;
    for (int i = 0; i < VECTOR_BYTES; i++) room[i] = x[0];
    return room;
}
#endif

/* The text of a map's expression, for the record. */
#if RN_ONCE
#define RN_TEXT(expression) static const char expression_text[] = expression;
#else
#define RN_TEXT(expression)
#endif

#define RN_MAP1(name, kind, expression)                                                    \
    RN_TEXT(#expression) RN_FOR_##kind(RN_MAP1_(name, expression))

#define RN_MAP1_(name, expression)                                                         \
    RN_INLINE element R(name##_of)(element x)                                              \
    {                                                                                      \
        return (element)(expression);                                                      \
    }                                                                                      \
                                                                                           \
    void R(rn__map_##name)(RN_MAP_ARGUMENTS)                                               \
    {                                                                                      \
        const element *x = (const element *)in[0];                                         \
        element *y = (element *)out;                                                       \
        const int64_t whole = RN_WHOLE(n, element);                                        \
                                                                                           \
        if (step[0] != 1 && n > 1) {                                                       \
            rn__map_pieces(n, in, step, out, R(rn__map_##name), RN_LAYOUT_1);              \
            return;                                                                        \
        }                                                                                  \
        RN_EACH(i, whole) y[i] = R(name##_of)(x[i]);                                       \
        RN_LEFT(i, whole, n, y[i] = R(name##_of)(x[i]))                                    \
    }

#define RN_MAP2(name, kind, expression)                                                    \
    RN_TEXT(#expression) RN_FOR_##kind(RN_MAP2_(name, expression))

#define RN_MAP2_(name, expression)                                                         \
    RN_INLINE element R(name##_of)(element x, element y)                                   \
    {                                                                                      \
        return (element)(expression);                                                      \
    }                                                                                      \
                                                                                           \
    void R(rn__map_##name)(RN_MAP_ARGUMENTS)                                               \
    {                                                                                      \
        const element *x = (const element *)in[0], *y = (const element *)in[1];            \
        element *z = (element *)out;                                                       \
        const int64_t whole = RN_WHOLE(n, element), sx = step[0], sy = step[1];            \
                                                                                           \
        if (n > 0 && sx == 0 && sy == 1) {                                                 \
            const element x0 = x[0];                                                       \
            RN_EACH(i, whole) z[i] = R(name##_of)(x0, y[i]);                               \
            RN_LEFT(i, whole, n, z[i] = R(name##_of)(x0, y[i]))                            \
        } else if (n > 0 && sx == 1 && sy == 0) {                                          \
            const element y0 = y[0];                                                       \
            RN_EACH(i, whole) z[i] = R(name##_of)(x[i], y0);                               \
            RN_LEFT(i, whole, n, z[i] = R(name##_of)(x[i], y0))                            \
        } else if ((sx == 1 && sy == 1) || n == 1) {                                       \
            RN_EACH(i, whole) z[i] = R(name##_of)(x[i], y[i]);                             \
            RN_LEFT(i, whole, n, z[i] = R(name##_of)(x[i], y[i]))                          \
        } else {                                                                           \
            rn__map_pieces(n, in, step, out, R(rn__map_##name), RN_LAYOUT_2);              \
        }                                                                                  \
    }

#define RN_COMPARE2(name, kind, expression)                                                \
    RN_TEXT(#expression) RN_FOR_##kind(RN_COMPARE2_(name, expression))

#define RN_COMPARE2_(name, expression)                                                     \
    RN_INLINE uint8_t R(name##_of)(element x, element y)                                   \
    {                                                                                      \
        return (uint8_t)(expression);                                                      \
    }                                                                                      \
                                                                                           \
    void R(rn__map_##name)(RN_MAP_ARGUMENTS)                                               \
    {                                                                                      \
        const int64_t sx = step[0], sy = step[1];                                          \
        _Alignas(VECTOR_BYTES) element x0[VECTOR_BYTES], y0[VECTOR_BYTES];                 \
        const element *x = R(rn__repeat)(x0, in[0], sx, n);                                \
        const element *y = R(rn__repeat)(y0, in[1], sy, n);                                \
        uint8_t *z = (uint8_t *)out, *end = z + n;                                         \
                                                                                           \
        if (n > 1 && ((sx | sy) & ~(int64_t)1)) {                                          \
            rn__map_pieces(n, in, step, out, R(rn__map_##name), RN_LAYOUT_COMPARE);        \
            return;                                                                        \
        }                                                                                  \
        for (; end - z >= VECTOR_BYTES; z += VECTOR_BYTES) {                               \
            RN_EACH(j, VECTOR_BYTES) z[j] = R(name##_of)(x[j], y[j]);                      \
            x += sx * VECTOR_BYTES, y += sy * VECTOR_BYTES;                                \
        }                                                                                  \
        for (; VECTOR_BYTES > 16 && end - z >= 16; z += 16) {                              \
            RN_EACH(j, 16) z[j] = R(name##_of)(x[j], y[j]);                                \
            x += sx * 16, y += sy * 16;                                                    \
        }                                                                                  \
        for (; z < end; z++, x += sx, y += sy) {                                           \
            __asm__ volatile("");                                                          \
            *z = R(name##_of)(*x, *y);                                                     \
        }                                                                                  \
    }

#define RN_LONG1(name, kind, expression)                                                   \
    RN_TEXT(#expression) RN_FOR_##kind(RN_LONG1_(name, expression))

#define RN_LONG1_(name, expression)                                                        \
    RN_INLINE element R(name##_of)(element x)                                              \
    {                                                                                      \
        return (element)(expression);                                                      \
    }                                                                                      \
                                                                                           \
    void R(rn__map_##name)(RN_MAP_ARGUMENTS)                                               \
    {                                                                                      \
        const element *x = (const element *)in[0];                                         \
        element *y = (element *)out;                                                       \
        const int64_t whole = RN_WHOLE(n, element);                                        \
                                                                                           \
        if (step[0] != 1 || whole != n) {                                                  \
            rn__map_pieces(n, in, step, out, R(rn__map_##name), RN_LAYOUT_LONG1);          \
            return;                                                                        \
        }                                                                                  \
        RN_EACH(i, whole) y[i] = R(name##_of)(x[i]);                                       \
    }

/* RN_LONG1_FAR(sin, real, R(sin)(x), far(x), other(x)): the same where far(x) is false.
 * Where it is true, which is rare, other(x), which may be a call. */
#define RN_LONG1_FAR(name, kind, expression, far, other)                                   \
    RN_TEXT(#expression) RN_FOR_##kind(RN_LONG1_FAR_(name, expression, far, other))

#define RN_LONG1_FAR_(name, expression, far, other)                                        \
    RN_INLINE element R(name##_of)(element x)                                              \
    {                                                                                      \
        return (element)(expression);                                                      \
    }                                                                                      \
                                                                                           \
    /* n whole vectors */                                                                  \
    static void R(name##_some)(int64_t n, const element *from, element *y)                 \
    {                                                                                      \
        element kept[RN_FAR_PIECE];                                                        \
        int any = 0;                                                                       \
                                                                                           \
        RN_EACH(i, RN_WHOLE(n, element))                                                   \
        {                                                                                  \
            const element x = from[i];                                                     \
            any |= (far);                                                                  \
        }                                                                                  \
        if (any) memcpy(kept, from, (size_t)n * sizeof *kept);                             \
        RN_EACH(i, RN_WHOLE(n, element)) y[i] = R(name##_of)(from[i]);                     \
        for (int64_t i = 0; any && i < n; i++) {                                           \
            const element x = kept[i];                                                     \
            if (far) y[i] = (other);                                                       \
        }                                                                                  \
    }                                                                                      \
                                                                                           \
    void R(rn__map_##name)(RN_MAP_ARGUMENTS)                                               \
    {                                                                                      \
        const element *x = (const element *)in[0];                                         \
        element *y = (element *)out;                                                       \
                                                                                           \
        if (step[0] != 1 || RN_WHOLE(n, element) != n) {                                   \
            rn__map_pieces(n, in, step, out, R(rn__map_##name), RN_LAYOUT_LONG1);          \
            return;                                                                        \
        }                                                                                  \
        for (int64_t i = 0; i < n; i += RN_FAR_PIECE)                                      \
            R(name##_some)(n - i < RN_FAR_PIECE ? n - i : RN_FAR_PIECE, x + i, y + i);     \
    }
enum { RN_FAR_PIECE = 256 };

#define RN_LONG2(name, kind, expression)                                                   \
    RN_TEXT(#expression) RN_FOR_##kind(RN_LONG2_(name, expression))

#define RN_LONG2_(name, expression)                                                        \
    RN_INLINE element R(name##_of)(element x, element y)                                   \
    {                                                                                      \
        return (element)(expression);                                                      \
    }                                                                                      \
                                                                                           \
    void R(rn__map_##name)(RN_MAP_ARGUMENTS)                                               \
    {                                                                                      \
        const element *x = (const element *)in[0], *y = (const element *)in[1];            \
        element *z = (element *)out;                                                       \
        const int64_t whole = RN_WHOLE(n, element);                                        \
                                                                                           \
        if (step[0] != 1 || step[1] != 1 || whole != n) {                                  \
            rn__map_pieces(n, in, step, out, R(rn__map_##name), RN_LAYOUT_LONG2);          \
            return;                                                                        \
        }                                                                                  \
        RN_EACH(i, whole) z[i] = R(name##_of)(x[i], y[i]);                                 \
    }

#endif
