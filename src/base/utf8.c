/* SPDX-License-Identifier: MIT */
/* Validation of UTF-8, RFC 3629. */
#include "base/utf8.h"

/* Length of the sequence that begins with this byte; 0 if none does. */
static size_t sequence(unsigned char first)
{
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first < 0xE0) return 2;
    if (first >= 0xE0 && first < 0xF0) return 3;
    if (first >= 0xF0 && first < 0xF5) return 4;
    return 0;
}

/* The second byte excludes overlong forms, surrogates and values above U+10FFFF. */
static bool second_fits(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xE0:
        return second >= 0xA0;
    case 0xED:
        return second < 0xA0;
    case 0xF0:
        return second >= 0x90;
    case 0xF4:
        return second < 0x90;
    default:
        return true;
    }
}

bool rn__utf8_valid(const char *text, size_t bytes)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + bytes;

    while (at < end) {
        const size_t length = sequence(*at);

        if (length == 0 || length > (size_t)(end - at)) return false;
        for (size_t i = 1; i < length; i++)
            if ((at[i] & 0xC0) != 0x80) return false;
        if (length > 1 && !second_fits(at[0], at[1])) return false;
        at += length;
    }
    return true;
}
