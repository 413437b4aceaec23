/* SPDX-License-Identifier: MIT */
/*
 * Element-wise maps: the macros that make one of an expression. Each variant has the vector
 * code of an expression once, or once for each operand that may be repeated.
 *
 *   RN_MAP1, RN_MAP2     short expressions: whole vectors if operands are contiguous or
 *                        repeated (step 0), and else, and for what is left, one element
 *                        after the other
 *   RN_COMPARE2          the same with a bool as the result
 *   RN_LONG1, RN_LONG2   long expressions: whole vectors alone. What is not contiguous or
 *                        is left over is copied first (map.c).
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

/* Calls the map of so many inputs with every step 1, n a multiple of `block` and no
 * attributes, for one piece of the operands after the other. All elements have `size`
 * bytes. */
void rn__map_pieces(int64_t n, const void *const *in, const int64_t *step, void *out,
                    rn_map map, int inputs, int64_t size, int64_t block);

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

/* What GCC knows of x here, it would make a copy of the following loop for. */
#define RN_UNKNOWN(x) __asm__("" : "+r"(x))

/* One element after the other. The empty statement keeps GCC from vectorising the loop. */
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
        const int64_t sx = step[0], whole = sx == 1 ? RN_WHOLE(n, element) : 0;            \
                                                                                           \
        (void)attributes;                                                                  \
        RN_EACH(i, whole) y[i] = R(name##_of)(x[i]);                                       \
        RN_LEFT(i, whole, n, y[i] = R(name##_of)(x[i * sx]))                               \
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
        const int64_t whole = RN_WHOLE(n, element);                                        \
        int64_t sx = step[0], sy = step[1], done = whole;                                  \
                                                                                           \
        (void)attributes;                                                                  \
        if (sx == 1 && sy == 1) {                                                          \
            RN_EACH(i, whole) z[i] = R(name##_of)(x[i], y[i]);                             \
        } else if (sx == 0 && sy == 1 && n > 0) {                                          \
            const element x0 = x[0];                                                       \
            RN_EACH(i, whole) z[i] = R(name##_of)(x0, y[i]);                               \
        } else if (sx == 1 && sy == 0 && n > 0) {                                          \
            const element y0 = y[0];                                                       \
            RN_EACH(i, whole) z[i] = R(name##_of)(x[i], y0);                               \
        } else {                                                                           \
            done = 0;                                                                      \
        }                                                                                  \
        RN_UNKNOWN(sx);                                                                    \
        RN_UNKNOWN(sy);                                                                    \
        RN_LEFT(i, done, n, z[i] = R(name##_of)(x[i * sx], y[i * sy]))                     \
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
        const int64_t whole = ((sx | sy) & ~(int64_t)1) == 0 ? n : 0;                      \
        _Alignas(VECTOR_BYTES) element x0[VECTOR_BYTES], y0[VECTOR_BYTES];                 \
        const element *x = R(rn__repeat)(x0, in[0], sx, whole);                            \
        const element *y = R(rn__repeat)(y0, in[1], sy, whole);                            \
        uint8_t *z = (uint8_t *)out, *end = z + n;                                         \
                                                                                           \
        (void)attributes;                                                                  \
        for (; whole > 0 && end - z >= VECTOR_BYTES; z += VECTOR_BYTES) {                  \
            RN_EACH(j, VECTOR_BYTES) z[j] = R(name##_of)(x[j], y[j]);                      \
            x += sx * VECTOR_BYTES, y += sy * VECTOR_BYTES;                                \
        }                                                                                  \
        for (; whole > 0 && VECTOR_BYTES > 16 && end - z >= 16; z += 16) {                 \
            RN_EACH(j, 16) z[j] = R(name##_of)(x[j], y[j]);                                \
            x += sx * 16, y += sy * 16;                                                    \
        }                                                                                  \
        RN_LEFT(i, 0, end - z, z[i] = R(name##_of)(x[i * sx], y[i * sy]))                  \
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
            rn__map_pieces(n, in, step, out, R(rn__map_##name), 1, sizeof(element),        \
                           RN_LANES(element));                                             \
            return;                                                                        \
        }                                                                                  \
        RN_EACH(i, whole) y[i] = R(name##_of)(x[i]);                                       \
    }

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
            rn__map_pieces(n, in, step, out, R(rn__map_##name), 2, sizeof(element),        \
                           RN_LANES(element));                                             \
            return;                                                                        \
        }                                                                                  \
        RN_EACH(i, whole) z[i] = R(name##_of)(x[i], y[i]);                                 \
    }

#endif
