/* SPDX-License-Identifier: MIT */
/* UTF-8, RFC 3629. */
#include "base/utf8.h"

#include <string.h>

/* Length of the sequence that begins with this byte; 0 if none does. */
static int sequence(unsigned char first)
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

int rn__utf8_next(const char *text, const char *end, uint32_t *code)
{
    const unsigned char *at = (const unsigned char *)text;
    const int length = sequence(*at);
    uint32_t c = (uint32_t)*at & (length == 1 ? 0x7Fu : 0x7Fu >> length);

    if (length == 0) return -1;
    for (int i = 1; i < length; i++) {
        if (text + i == end) return 0;
        if ((at[i] & 0xC0) != 0x80 || (i == 1 && !second_fits(*at, at[1]))) return -i;
        c = c << 6 | (at[i] & 0x3Fu);
    }
    *code = c;
    return length;
}

bool rn__utf8_valid(const char *text, size_t bytes)
{
    const char *at = text, *end = text + bytes;
    uint32_t code;

    while (at < end) {
        uint64_t eight;
        while (end - at >= 8 && (memcpy(&eight, at, 8), !(eight & 0x8080808080808080u)))
            at += 8;
        if (at == end) break;
        const int length = rn__utf8_next(at, end, &code);
        if (length <= 0) return false;
        at += length;
    }
    return true;
}
