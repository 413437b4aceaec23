/* SPDX-License-Identifier: MIT */
/*
 * Numbers read from text: w 10^e with an integer w.
 *
 * w < 2^53, |e| <= 22     both are exact as doubles, so one operation rounds correctly
 *                         (Clinger 1990)
 * w < 2^64, -19 <= e < 0  the quotient of integers, of 64 bits with a sticky last one
 * else                    the C library's strtod, in the C locale
 */
#include "io/number.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT = 22, QUOTIENT = 19, DIGITS = 19, LONGEST = 1100 };

static const double power[EXACT + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

typedef struct parts {
    uint64_t w;
    int digits; /* in w, without leading zeros */
    int64_t e;
    bool negative;
} parts;

static bool is_digit(char c)
{
    return (unsigned)(unsigned char)c - '0' < 10;
}

static const char *read_exponent(const char *at, const char *end, int64_t *e)
{
    const bool sign = at + 1 < end && (at[1] == '-' || at[1] == '+');
    const char *digit = at + 1 + sign;
    int64_t value = 0;

    if (digit >= end) return at;
    for (at = digit; at < end && is_digit(*at); at++)
        if (value < 1000000) value = 10 * value + (*at - '0');
    if (at > digit) *e += sign && digit[-1] == '-' ? -value : value;
    return at > digit ? at : digit - 1 - sign;
}

/* False if the text is no number. */
static bool split(const char *at, const char *end, parts *p)
{
    const char *point = NULL, *first;

    *p = (parts){0};
    if (at < end && (*at == '-' || *at == '+')) p->negative = *at++ == '-';
    for (first = at; at < end; at++) {
        if (*at == '.' && !point) {
            point = at;
            continue;
        }
        if (!is_digit(*at)) break;
        if (p->digits < DIGITS) p->w = 10 * p->w + (uint64_t)(*at - '0');
        p->digits += p->w > 0;
    }
    if (at - first - (point != NULL) == 0) return false;
    if (point) p->e = -(at - point - 1);
    if (at < end && (*at == 'e' || *at == 'E')) at = read_exponent(at, end, &p->e);
    return at == end;
}

#ifdef __SIZEOF_INT128__
/* w / 10^k, for w > 0 and 0 < k <= QUOTIENT. */
static double divide(uint64_t w, int k)
{
    __extension__ typedef unsigned __int128 wide;
    uint64_t divisor = 1;

    for (int i = 0; i < k; i++) divisor *= 10;
    const int left = __builtin_clzll(w), more = __builtin_clzll(divisor);
    w <<= left;
    divisor <<= more;
    /* Between 2^62 and 2^64. */
    const wide top = (wide)w << 63;
    const uint64_t quotient = (uint64_t)(top / divisor);
    const bool rest = quotient * (wide)divisor != top;
    return ldexp((double)(quotient | rest), more - left - 63);
}
#endif

/* The C library's; text is checked already. */
static bool read_slowly(const char *text, size_t bytes, double *value)
{
    char copy[LONGEST];
    const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);

    if (bytes >= sizeof copy || !c) {
        if (c) freelocale(c);
        return false;
    }
    memcpy(copy, text, bytes);
    copy[bytes] = 0;
    const locale_t before = uselocale(c);
    *value = strtod(copy, NULL);
    uselocale(before);
    freelocale(c);
    return isfinite(*value);
}

bool rn__number_read(const char *text, size_t bytes, double *value)
{
    parts p;

    if (!split(text, text + bytes, &p)) return false;
    if (p.digits > DIGITS) return read_slowly(text, bytes, value);
    if (p.w == 0) {
        *value = 0;
    } else if (p.w >> 53 == 0 && p.e >= -EXACT && p.e <= EXACT) {
        *value = p.e < 0 ? (double)p.w / power[-p.e] : (double)p.w * power[p.e];
#ifdef __SIZEOF_INT128__
    } else if (p.e >= -QUOTIENT && p.e < 0) {
        *value = divide(p.w, (int)-p.e);
#endif
    } else {
        return read_slowly(text, bytes, value);
    }
    if (p.negative) *value = -*value;
    return true;
}
